using Pqf.Testing;

namespace Pqf.Cli.Tests;

/// <summary>Settings for the images of <see cref="IdxFiles"/>.</summary>
static class TestImages
{
    /// <summary>Settings of a network for them, which trains in milliseconds a step.</summary>
    public static readonly string[] Network =
    [
        "--model.arch",
        "resnet20",
        "--model.width",
        "4",
        "--preprocessing.resize",
        "8",
        "--preprocessing.crop",
        "8",
        "--preprocessing.padding",
        "1",
        "--dataloader.batch_size",
        "8",
        "--device",
        "host",
    ];

    /// <summary>Settings under which such a network is compressed in no time.</summary>
    public static readonly string[] QuickCompression =
    [
        "--model.compression_parameters.k",
        "16",
        "--model.compression_parameters.k_means_n_iters",
        "2",
        "--model.sls_iterations",
        "50",
    ];

    /// <summary>Trains such a network, not compressed, on the images of <c>idx</c> in a folder.</summary>
    /// <param name="folder">Where the images are and the results go.</param>
    /// <param name="output">Name of the results' folder.</param>
    /// <param name="more">Arguments besides.</param>
    public static CliResult Train(TemporaryFolder folder, string output, params IEnumerable<string> more) =>
        Cli.Run([
            "train-resnet",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            "--model.compress",
            "false",
            .. Network,
            .. more,
        ]);
}

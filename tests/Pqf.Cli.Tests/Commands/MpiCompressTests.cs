using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Compressions by several processes under the launchers of MPI libraries.</summary>
public sealed class MpiCompressTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public MpiCompressTests() => TestDetectors.Write(folder.File("net.safetensors"));

    public void Dispose() => folder.Dispose();

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi)]
    [InlineData(MpiProgram.Mpich)]
    public void Ranks_write_the_files_of_one_process(string launcher)
    {
        MpiProgram.Found(launcher);
        TestNetworks.WriteImages(folder.File("photographs"));
        string[] more = ["--calibrate", folder.File("photographs"), "--format", "pqf,pth"];
        string alone = MpiProgram.Alone(Compress("alone", more)).WithoutProblems().Out;
        var result = MpiProgram.Run(launcher, 2, Compress("ranks", more)).WithoutProblems();
        Assert.Equal(alone.Replace("alone", "ranks", StringComparison.Ordinal), result.Out);
        Assert.Equal(Names("alone"), Names("ranks"));
        foreach (string name in Names("alone").Where(name => name.StartsWith("maskrcnn", StringComparison.Ordinal)))
            Assert.Equal(File.ReadAllBytes(folder.File($"alone/{name}")), File.ReadAllBytes(folder.File($"ranks/{name}")));
        // The last column has the seconds.
        string[] layers = File.ReadAllLines(folder.File("ranks/layers.csv"));
        Assert.Equal(File.ReadAllLines(folder.File("alone/layers.csv")).Select(WithoutSeconds), layers.Select(WithoutSeconds));
    }

    [Fact]
    public void A_rank_with_another_network_is_named()
    {
        MpiProgram.Found(MpiProgram.OpenMpi);
        File.WriteAllBytes(folder.File("other.safetensors"), [.. File.ReadAllBytes(folder.File("net.safetensors")), 0]);
        var result = MpiProgram.Run(
            MpiProgram.Start(
                MpiProgram.Found(MpiProgram.OpenMpi),
                [
                    "-np",
                    "1",
                    .. MpiProgram.Program(Compress("out")),
                    ":",
                    "-np",
                    "1",
                    .. MpiProgram.Program(Compress("out", network: "other.safetensors")),
                ]
            )
        );
        Assert.NotEqual(0, result.Code);
        Assert.StartsWith("error: configuration: rank 1: expected what rank 0 has (", result.Errors.Single(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    static string WithoutSeconds(string line) => line[..line.LastIndexOf(',')];

    IEnumerable<string> Names(string output) => Directory.GetFiles(folder.File(output)).Select(path => Path.GetFileName(path)).Order();

    string[] Compress(string output, string[]? more = null, string network = "net.safetensors") =>
        [
            "compress",
            "--quiet",
            "--device",
            "host",
            "--weights",
            folder.File(network),
            "--output",
            folder.File(output),
            .. TestImages.QuickCompression,
            "--model.maskrcnn.min_size",
            "64",
            "--model.maskrcnn.max_size",
            "96",
            .. more ?? [],
        ];
}

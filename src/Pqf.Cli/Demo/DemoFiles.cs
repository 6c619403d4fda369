using System.IO.Compression;
using Pqf.Cli.Configuration;
using Pqf.Compression.Data;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Demo;

/// <summary>What <c>pqf demo</c> runs on: files within the program, made by <c>bench -- demo-files</c>.</summary>
/// <remarks>
/// The network is resnet20 of width 32, trained by <c>pqf train-resnet --config config/train_fashion.yaml</c>, its values rounded to half
/// precision so that they compress. The images
/// are the first of Fashion-MNIST's training and test images (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747; MIT licence).
/// </remarks>
static class DemoFiles
{
    const string Prefix = "Pqf.Cli.Demo.";

    /// <summary>Settings, as a configuration file holds them: config/demo.yaml.</summary>
    public static string Config => Presets.Text("demo.yaml");

    /// <summary>Writes the dense network as a <c>.pqf</c> file.</summary>
    public static Result<Unit, PqfError> WriteDense(string path) =>
        AtomicFile.Write(
            path,
            file =>
            {
                using var dense = new GZipStream(Open("dense.pqf.gz"), CompressionMode.Decompress);
                dense.CopyTo(file);
            }
        );

    /// <summary>Training images and test images.</summary>
    public static Result<TrainingSets, PqfError> Images() =>
        Read("train").Bind(train => Read("test").Map(test => new TrainingSets(train, test)));

    static Result<ImageSet, PqfError> Read(string part) =>
        Read($"{part}-images.idx.gz", 3)
            .Bind(images =>
                Read($"{part}-labels.idx.gz", 1)
                    .Map<ImageSet>(labels => new ImageSet.Grey(images.Lengths[1], images.Lengths[2], images.Values, labels.Values))
            );

    static Result<IdxFile, PqfError> Read(string name, int axisCount)
    {
        using var stream = Open(name);
        return IdxFile.Read(stream, name, axisCount);
    }

    static Stream Open(string name) => typeof(DemoFiles).Assembly.GetManifestResourceStream(Prefix + name)!; // part of the build
}

using Pqf.Cli;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Images;
using Pqf.Nets.Coco;
using Pqf.Nets.Images;
using Pqf.Properties.Fuzzing;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Properties;

/// <summary>A damaged file is read or is an error: no reader crashes, hangs, or takes memory out of proportion, whatever the file
/// holds.</summary>
public class ReaderProperties
{
    [Fact]
    public void Safetensors_files() => ReaderRun.Check(new Reader("safetensors", TensorOriginals.AllSafetensors, ReadTensors));

    [Fact]
    public void PyTorch_archives() => ReaderRun.Check(new Reader("zip", TensorOriginals.AllZips, ReadTensors));

    [Fact]
    public void PyTorch_legacy_files() => ReaderRun.Check(new Reader("legacy", TensorOriginals.AllLegacy, ReadTensors));

    [Fact]
    public void ONNX_models() => ReaderRun.Check(new Reader("onnx", TensorOriginals.AllOnnx, ReadTensors));

    [Fact]
    public void Files_of_networks()
    {
        using var device = new HostDevice(1);
        ReaderRun.Check(
            new Reader("network", TensorOriginals.Networks(), path => ReadNetwork(path, device))
            {
                BytesAlways = 32 << 20, // the graphs of all known networks, which a file is compared with a few times
            }
        );
    }

    [Fact]
    public void Models_of_any_graph() => CheckGraphs("graph", GraphOriginals.Models(), WireDamage.Of);

    [Fact]
    public void Files_of_compressed_graphs() => CheckGraphs("pqf2", GraphOriginals.Compressed(), null);

    static void CheckGraphs(string name, IReadOnlyList<byte[]> originals, Func<byte[], RngKey, byte[]>? rewrite)
    {
        using var device = new HostDevice(1);
        ReaderRun.Check(
            new Reader(
                name,
                originals,
                path =>
                {
                    string? problem = Load(path, device);
                    Assert.Equal(0, device.LiveBuffers);
                    return problem;
                }
            )
            {
                Rewrite = rewrite,
                BytesAlways = 32 << 20, // as for the files of networks
            }
        );
    }

    [Fact]
    public void Configurations()
    {
        byte[][] files =
        [
            .. Directory
                .GetFiles(Path.Combine(SharedData.Repository, "config"), "*.yaml")
                .Order(StringComparer.Ordinal)
                .Select(File.ReadAllBytes),
        ];
        ReaderRun.Check(new Reader("yaml", files, path => ErrorOf(ConfigLoader.Load(path, []))));
    }

    [Fact]
    public void Images()
    {
        var preprocessing = new Preprocessing { Resize = 20, Crop = 16 };
        float[] input = new float[Preprocess.InputCount(preprocessing)];
        // Four bytes a pixel, of 64 pixels a byte and of 8 million in any file: an image may be blank. Rented memory comes in powers of
        // two.
        ReaderRun.Check(
            new Reader("image", ImageOriginals.All, path => ErrorOf(ImageDecoder.ToInput(path, preprocessing, input)))
            {
                BytesPerByte = 600,
                BytesAlways = 68 << 20,
            }
        );
    }

    [Fact]
    public void COCO_instances() =>
        ReaderRun.Check(
            new Reader(
                "coco",
                CocoOriginals.All,
                path =>
                {
                    using var stream = File.OpenRead(path);
                    return ErrorOf(
                        CocoReader
                            .ReadInstances(stream, path)
                            .Map(data =>
                                data.Images.Sum(image =>
                                    data.AnnotationsOf(image.Id).Sum(item => item.Segmentation.ToRle(image.Height, image.Width).Area)
                                )
                            )
                    );
                }
            )
        );

    static string? ErrorOf<T>(Result<T, PqfError> result) => result.Match(_ => (string?)null, error => error.Message);

    static string? ReadTensors(string path) =>
        ErrorOf(
            TensorFiles
                .Open(path)
                .Map(file =>
                {
                    using (file)
                        return file.Tensors.Sum(tensor => ReadValues(tensor));
                })
        );

    static long ReadValues(StoredTensor tensor)
    {
        try
        {
            return tensor.ToSingles().LongLength;
        }
        catch (InvalidDataException) // the documented answer to a number that no single holds
        {
            return 0;
        }
    }

    static string? ReadNetwork(string path, HostDevice device)
    {
        string? problem = Load(path, device);
        Assert.Equal(0, device.LiveBuffers);
        var terminal = new Terminal(TextWriter.Null, new StringWriter(), false, TimeProvider.System, CancellationToken.None);
        var code = CommandLine.Run(["inspect", path, "--threads", "1"], terminal);
        // A network of two channels, say, is whole, but wants settings that nobody gave.
        Assert.True(code is ExitCode.Success or ExitCode.Failure or ExitCode.Usage, $"inspect: {code}: {terminal.Error}");
        return problem;
    }

    static string? Load(string path, HostDevice device)
    {
        using var scope = device.BeginScope();
        return ErrorOf(Network.Load(path, device));
    }
}

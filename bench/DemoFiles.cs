using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using Pqf.Compression.Model;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Bench;

/// <summary>Makes the files within the program that <c>pqf demo</c> runs on.</summary>
static class DemoFiles
{
    // Together with the network some 7 MB.
    const int TrainCount = 8000,
        TestCount = 3000;

    /// <summary>Writes the network, its values rounded to half precision so that gzip halves them, and the first images of both
    /// sets.</summary>
    /// <param name="weights">The trained network, <c>.pqf</c>.</param>
    /// <param name="images">Folder of Fashion-MNIST's four files.</param>
    /// <param name="folder">Where the files go: <c>src/Pqf.Cli/Demo</c>.</param>
    public static Result<Unit, PqfError> Write(string weights, string images, string folder) =>
        WriteNetwork(weights, Path.Combine(folder, "dense.pqf.gz"))
            .Bind(_ => WriteFirst(images, "train-images-idx3-ubyte.gz", TrainCount, 3, folder, "train-images.idx.gz"))
            .Bind(_ => WriteFirst(images, "train-labels-idx1-ubyte.gz", TrainCount, 1, folder, "train-labels.idx.gz"))
            .Bind(_ => WriteFirst(images, "t10k-images-idx3-ubyte.gz", TestCount, 3, folder, "test-images.idx.gz"))
            .Bind(_ => WriteFirst(images, "t10k-labels-idx1-ubyte.gz", TestCount, 1, folder, "test-labels.idx.gz"));

    static Result<Unit, PqfError> WriteNetwork(string from, string to)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        string plain = to + ".plain";
        return TensorFiles
            .Open(from)
            .Bind(file =>
            {
                using (file)
                    return PqfModel.From(file, device);
            })
            .Bind(model => (model with { Parameters = Rounded(model.Parameters) }).Write(plain))
            .Bind(_ =>
                WriteCompressed(
                    to,
                    stream =>
                    {
                        using (var file = File.OpenRead(plain))
                            file.CopyTo(stream);
                        File.Delete(plain);
                    }
                )
            );
    }

    static Parameters Rounded(Parameters parameters) =>
        new(
            parameters.Values.ToImmutableDictionary(
                pair => pair.Key,
                pair =>
                    pair.Value.Match<Weight>(
                        dense => new Weight.Dense(
                            Tensor<float>.From(
                                dense.Value.Device,
                                dense.Shape,
                                [.. dense.Value.ToArray().Select(value => (float)(Half)value)]
                            )
                        ),
                        quantised => quantised
                    )
            )
        );

    /// <summary>An IDX file of the first entries of another.</summary>
    static Result<Unit, PqfError> WriteFirst(string source, string name, int count, int axisCount, string folder, string target)
    {
        using var file = new GZipStream(File.OpenRead(Path.Combine(source, name)), CompressionMode.Decompress);
        byte[] header = new byte[4 + (4 * axisCount)];
        file.ReadExactly(header);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), count);
        int entry = Enumerable
            .Range(1, axisCount - 1)
            .Aggregate(1, (product, axis) => product * BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 + (4 * axis))));
        byte[] entries = new byte[count * entry];
        file.ReadExactly(entries);
        return WriteCompressed(
            Path.Combine(folder, target),
            stream =>
            {
                stream.Write(header);
                stream.Write(entries);
            }
        );
    }

    static Result<Unit, PqfError> WriteCompressed(string path, Action<Stream> write) =>
        AtomicFile.Write(
            path,
            file =>
            {
                using var gzip = new GZipStream(file, CompressionLevel.SmallestSize, leaveOpen: true);
                write(gzip);
            }
        );
}

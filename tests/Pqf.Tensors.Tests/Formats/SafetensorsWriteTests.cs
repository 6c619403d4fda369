using System.Text;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class SafetensorsWriteTests : IDisposable
{
    static readonly Dictionary<string, string> NoMetadata = [];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_type_and_shape_is_read_back()
    {
        var samples = TensorSamples.Of(RngKey.FromSeed(1), Enum.GetValues<DType>());
        var metadata = new Dictionary<string, string> { ["name"] = "\"quoted\", ü, 漢字, 😀", ["empty"] = "" };
        Safetensors.Write(folder.File("a"), samples, metadata).Value();
        using var file = TensorFiles.Open(folder.File("a")).Value();

        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(samples.Count, file.Tensors.Count);
        foreach (var sample in samples)
        {
            var read = file.ByName[sample.Name];
            Assert.Equal(sample.Type, read.Type);
            Assert.Equal(sample.Shape, read.Shape);
            Assert.Equal(TensorSamples.BytesOf(sample), TensorSamples.BytesOf(read));
        }
    }

    [Fact]
    public void Bytes_are_those_of_the_format()
    {
        StoredTensor[] tensors = [StoredTensor.FromValues<byte>("b", DType.U8, [3], [1, 2, 3]), StoredTensor.FromSingles("a", [1], [1.5f])];
        Safetensors.Write(folder.File("a"), tensors, new Dictionary<string, string> { ["k"] = "v" }).Value();
        const string Header =
            """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}     """;
        Assert.Equal(
            [(byte)Header.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(Header), 0, 0, 0xC0, 0x3F, 1, 2, 3],
            File.ReadAllBytes(folder.File("a"))
        );
        Assert.Equal(0, Header.Length % 8);
    }

    [Fact]
    public void A_name_twice_is_an_error_and_leaves_no_file()
    {
        StoredTensor[] tensors = [StoredTensor.FromSingles("a", [], [1]), StoredTensor.FromSingles("a", [], [1])];
        Assert.Equal($"{folder.File("f")}: a: occurs twice", Safetensors.Write(folder.File("f"), tensors, NoMetadata).ErrorMessage());
        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public void The_name_of_the_metadata_is_an_error() =>
        Assert.Equal(
            $"{folder.File("f")}: __metadata__: this name is kept for metadata",
            Safetensors.Write(folder.File("f"), [StoredTensor.FromSingles("__metadata__", [], [1])], NoMetadata).ErrorMessage()
        );

    [Fact]
    public void Tensors_of_a_file_are_copied_without_loading_it()
    {
        float[] values = new float[25_000_000]; // 100 MB
        for (int i = 0; i < values.Length; i++)
            values[i] = i;
        Safetensors
            .Write(
                folder.File("a"),
                Enumerable
                    .Range(0, 10)
                    .Select(i => StoredTensor.FromSingles($"{i}", [2_500_000], values[(i * 2_500_000)..((i + 1) * 2_500_000)])),
                NoMetadata
            )
            .Value();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        using var file = TensorFiles.Open(folder.File("a")).Value();
        float[] destination = new float[2_500_000];
        foreach (var tensor in file.Tensors)
        {
            tensor.ReadSingles(destination);
            Assert.Equal(2_500_000f * int.Parse(tensor.Name), destination[0]);
        }

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 11_000_000); // one destination of 10 MB
    }

    [Fact]
    public void Python_reads_our_file()
    {
        var samples = TensorSamples.Of(RngKey.FromSeed(2), Enum.GetValues<DType>());
        Safetensors.Write(folder.File("a"), samples, new Dictionary<string, string> { ["k"] = "v" }).Value();
        string output = Python.Run(
            "json",
            """
            import json, sys
            data = open(sys.argv[1], 'rb').read()
            n = int.from_bytes(data[:8], 'little')
            header = json.loads(data[8:8 + n])
            print(header.pop('__metadata__')['k'])
            for name, t in sorted(header.items()):
                b, e = t['data_offsets']
                print(name, t['dtype'], t['shape'], data[8 + n + b:8 + n + e].hex())
            """,
            folder.File("a")
        );
        var expected = samples
            .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .Select(tensor =>
                $"{tensor.Name} {tensor.Type.ToString().ToUpperInvariant()} {tensor.Shape} "
                + $"{Convert.ToHexStringLower(TensorSamples.BytesOf(tensor))}"
            );
        Assert.Equal(["v", .. expected], output.TrimEnd('\n').Split('\n'));
    }
}

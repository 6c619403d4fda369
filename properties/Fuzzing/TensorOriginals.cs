using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using Pqf.Compression;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;

namespace Pqf.Properties.Fuzzing;

/// <summary>Small whole tensor files of every kind that is read, most of them by this project's writers.</summary>
static class TensorOriginals
{
    static readonly DType[] TorchTypes =
    [
        DType.Bool,
        DType.U8,
        DType.I8,
        DType.I16,
        DType.I32,
        DType.I64,
        DType.F16,
        DType.BF16,
        DType.F32,
        DType.F64,
    ];

    /// <summary>A ResNet-18 of three classes, its layers in blocks so long that the file is small.</summary>
    public static PqfModel Network(Device device)
    {
        var architecture = new Architecture("resnet18", 3);
        var graph = TestGraphs.Build(architecture);
        var dense = GeneratedWeights.Parameters(graph, device, "fuzzing");
        var layers = ParameterSpecs.Of(graph).Where(spec => spec.Role == ParameterRole.Weight && spec.Layer != "conv1");
        return new PqfModel
        {
            Architecture = architecture,
            Graph = graph,
            Parameters = TestGraphs.Quantise(
                graph,
                dense,
                layers.Select(spec => (spec.Layer, 4, spec.Shape.Rank == 4 && spec.Shape[2] == 3 ? 72 : 32))
            ),
            ClassNames = new ClassNames.Listed(["cat", "dog", "none of both"]),
            Compression = new CompressionSpec
            {
                LayerSpecs = ImmutableSortedDictionary<string, LayerSpec>.Empty.Add("fc", new LayerSpec { K = 7 }),
            },
            Seed = 12,
            Provenance = new Provenance("resnet18.pth", new string('0', 64), "0.1.0"),
        };
    }

    /// <summary>That network as each kind of file.</summary>
    public static IReadOnlyList<byte[]> Networks()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var model = Network(device);
        StoredTensor[] published = [.. StateDict.Published(model.Graph, model.Parameters)];
        return
        [
            Safetensors(model.ToTensors(), model.ToMetadata()),
            Safetensors(published, new Dictionary<string, string> { ["format"] = "pt" }),
            Zip(published),
            Legacy(published),
            Written(model.WriteOnnx),
            Exported(device),
        ];
    }

    /// <summary>A dense network as another program writes it, whose graph gives the names: norms are folded, metadata are none.</summary>
    static byte[] Exported(Device device)
    {
        var graph = TestGraphs.Build(new Architecture("resnet20", 3, 1, 2));
        using var stream = new MemoryStream();
        OnnxWriter.Write(
            stream,
            graph,
            GeneratedWeights.Parameters(graph, device, "fuzzing"),
            [1, 8, 8, 1],
            new Dictionary<string, string>()
        );
        return stream.ToArray();
    }

    /// <summary>ONNX models: initialisers of every type in raw bytes, and some in the other fields, packed or not, with a copy and
    /// metadata.</summary>
    public static IReadOnlyList<byte[]> AllOnnx =>
        [
            Onnx(
                OnnxMessages.Graph(
                    "",
                    [],
                    TensorSamples.Of(RngKey.FromSeed(4), Enum.GetValues<DType>()).Select(OnnxMessages.Initialiser),
                    OnnxMessages.Input("input", []),
                    [OnnxMessages.Output("logits", [])]
                )
            ),
            Onnx(
                WireField.Message(
                    7,
                    OnnxMessages.Node("Identity", ["halves"], "copy"),
                    Initialiser("halves", 10, 3, WireField.Integer(5, 0x3C00), WireField.Integer(5, 0xC000), WireField.Integer(5, 1)),
                    Initialiser("bytes", 3, 2, WireField.Text(5, "\u0005\u0007")), // packed, two numbers of one byte
                    Initialiser("longs", 7, 2, WireField.Integer(7, -1), WireField.Integer(7, long.MaxValue)),
                    Initialiser("singles", 1, 2, WireField.Text(4, "12345678")),
                    Initialiser("doubles", 11, 1, WireField.Text(10, "12345678"))
                )
            ),
            Onnx(
                WireField.Message(
                    7,
                    OnnxMessages.Node("Constant", [], "list", OnnxMessages.Attribute("value_ints", [2, 3])),
                    OnnxMessages.Node(
                        "Constant",
                        [],
                        "weight",
                        WireField.Message(
                            5,
                            WireField.Text(1, "value"),
                            OnnxMessages.Initialiser(StoredTensor.FromSingles("", [2, 2], [1, 2, 3, 4])),
                            WireField.Integer(20, 4)
                        )
                    ),
                    OnnxMessages.Node("Transpose", ["weight"], "turned", OnnxMessages.Attribute("perm", [1, 0])),
                    OnnxMessages.Node("Cast", ["turned"], "half", OnnxMessages.Attribute("to", 10)),
                    OnnxMessages.Node("DequantizeLinear", ["bytes", "scale"], "decoded", OnnxMessages.Attribute("axis", 0)),
                    OnnxMessages.Node("Gemm", ["input", "half", "decoded"], "logits", OnnxMessages.Attribute("transB", 1)),
                    Initialiser("bytes", 3, 2, WireField.Text(5, "\u0005\u0007")),
                    Initialiser("scale", 1, 2, WireField.Text(4, "12345678")),
                    OnnxMessages.Input("input", [1, 2]),
                    OnnxMessages.Output("logits", [1, 2])
                )
            ),
        ];

    static WireField Initialiser(string name, int type, int length, params IEnumerable<WireField> values) =>
        WireField.Message(5, [WireField.Text(1, $"{(char)length}"), WireField.Integer(2, type), WireField.Text(8, name), .. values]);

    static byte[] Onnx(WireField graph)
    {
        using var stream = new MemoryStream();
        OnnxMessages.Write(stream, OnnxMessages.Model(graph, new Dictionary<string, string> { ["ü"] = "漢" }));
        return stream.ToArray();
    }

    /// <summary>Safetensors files.</summary>
    public static IReadOnlyList<byte[]> AllSafetensors =>
        [
            Safetensors(
                TensorSamples.Of(RngKey.FromSeed(1), Enum.GetValues<DType>()),
                new Dictionary<string, string> { ["format"] = "pt", ["ü"] = "\"漢\"\n" }
            ),
            Safetensors(
                [StoredTensor.FromSingles("layer.weight", [2, 3], [1, 2, 3, 4, 5, 6]), StoredTensor.FromSingles("layer.bias", [2], [1, 2])],
                new Dictionary<string, string>()
            ),
        ];

    /// <summary>PyTorch's zip archives: ours, a compressed one, and two of pickles in other words.</summary>
    public static IReadOnlyList<byte[]> AllZips =>
        [
            Zip(TensorSamples.Of(RngKey.FromSeed(2), TorchTypes)),
            Zip([
                StoredTensor.FromSingles("layer.weight", [2, 3], [1, 2, 3, 4, 5, 6]),
                StoredTensor.FromSingles("layer.bias", [2], [1, 2]),
            ]),
            Archive(Latin(Nested), CompressionLevel.SmallestSize, new byte[64]),
            Archive(Latin(Newer), CompressionLevel.NoCompression, new byte[16]),
        ];

    /// <summary>PyTorch's legacy files.</summary>
    public static IReadOnlyList<byte[]> AllLegacy =>
        [
            Legacy([.. TensorSamples.Of(RngKey.FromSeed(3), TorchTypes)]),
            Legacy([
                StoredTensor.FromSingles("layer.weight", [2, 3], [1, 2, 3, 4, 5, 6]),
                StoredTensor.FromSingles("layer.bias", [2], [1, 2]),
            ]),
            Legacy(Latin(Nested), [("0", 16, new byte[64])]),
        ];

    // A checkpoint with an epoch, a list, a set, a transposed view, a parameter and a tied weight: {'epoch': 3, 'state_dict':
    // OrderedDict([('a', …), …])}.
    const string View =
        "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x01\x30U\x03"
        + "cpuK\x10NtQK\x01K\x03K\x04\x86K\x01K\x03\x86\x89"
        + "ccollections\nOrderedDict\n)RtR";
    const string Nested =
        "\x80\x02}q\0(U\x05"
        + "epochK\x03U\x04rateG?\xE0\0\0\0\0\0\0U\x04sizeM\x01\x01U\x03set]q\x01(K\x01\x8A\x05\0\0\0\0\x01"
        + "eU\nstate_dict"
        + "ccollections\nOrderedDict\n]q\x02(U\x01"
        + "a"
        + View
        + "q\x03\x86U\x01"
        + "bctorch._utils\n_rebuild_parameter\nh\x03\x88)\x87R\x86U\x01"
        + "ch\x03\x86"
        + "e\x85Ru.";

    // Protocol 4, frames and memo by number; a type without a storage class of its own.
    const string Newer =
        "\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94\x8C\x01"
        + "a\x94\x8C\x0Ctorch._utils\x8C\x12_rebuild_tensor_v3\x93\x94((\x8C\x07storage\x94\x8C\rtorch.storage\x8C\x0EUntypedStorage\x93\x8C\x01\x30\x8C\x03"
        + "cpuK\x10tQ"
        + "K\0K\x02K\x04\x86K\x04K\x01\x86\x89\x8C\x0B"
        + "collections\x8C\x0BOrderedDict\x93)R\x8C\x05torch\x8C\x06uint16\x93tRs.";

    static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    static byte[] Written(Func<string, Result<Unit, PqfError>> write)
    {
        using var folder = new TemporaryFolder();
        write(folder.File("a")).Value();
        return File.ReadAllBytes(folder.File("a"));
    }

    static byte[] Safetensors(IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata) =>
        Written(path => Tensors.Formats.Safetensors.Write(path, tensors, metadata));

    static byte[] Zip(IReadOnlyList<StoredTensor> tensors) => Written(path => PyTorchFile.Write(path, tensors));

    static byte[] Archive(byte[] pickle, CompressionLevel level, params byte[][] storages)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("model/data.pkl", pickle);
            for (int i = 0; i < storages.Length; i++)
                Add($"model/data/{i}", storages[i]);

            void Add(string name, byte[] bytes)
            {
                using var entry = archive.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The pickle that our writer puts into an archive, with the storages behind it.</summary>
    static byte[] Legacy(IReadOnlyList<StoredTensor> tensors)
    {
        using var folder = new TemporaryFolder();
        using var file = new MappedFile(folder.Write("a", Zip(tensors)));
        var zip = new ZipDirectory(file);
        return Legacy(
            zip.Read(zip.Entries["archive/data.pkl"]).ToArray(),
            [
                .. tensors.Select(
                    (tensor, i) =>
                        (
                            i.ToString(System.Globalization.CultureInfo.InvariantCulture),
                            tensor.Shape.Count,
                            zip.Read(zip.Entries[$"archive/data/{i}"]).ToArray()
                        )
                ),
            ]
        );
    }

    /// <summary>Magic number, protocol 1001, system, the pickle, the storages' keys; then each storage's count and bytes.</summary>
    static byte[] Legacy(byte[] pickle, IReadOnlyList<(string Key, int Count, byte[] Bytes)> storages)
    {
        using var stream = new MemoryStream();
        stream.Write(Latin("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19."));
        stream.Write(Latin("\x80\x02M\xE9\x03."));
        stream.Write(Latin("\x80\x02}q\0(X\x10\0\0\0protocol_versionq\x01M\xE9\x03X\x0D\0\0\0little_endianq\x02\x88u."));
        stream.Write(pickle);
        stream.Write(Latin("\x80\x02](" + string.Concat(storages.Select(storage => $"U{(char)storage.Key.Length}{storage.Key}")) + "e."));
        Span<byte> length = stackalloc byte[8];
        foreach (var storage in storages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(length, storage.Count);
            stream.Write(length);
            stream.Write(storage.Bytes);
        }

        return stream.ToArray();
    }
}

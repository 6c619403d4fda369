using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>Reads the weights of ONNX models: a graph's initialisers by name, and the model's text metadata. What else the graph computes
/// is not looked at.</summary>
/// <remarks>Source of the field numbers: onnx.proto of the ONNX project. Messages are gone into three deep, whatever the file
/// says.</remarks>
static class OnnxFile
{
    const int MaxTensors = 100_000;

    // A model begins with its version, field 1, a small number; then comes a text, a message, or a number of field 5.
    const byte VersionTag = 0x08,
        ModelVersionTag = 0x28;

    static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Whether a file begins as an ONNX model does. There is no magic number: other formats are tried first.</summary>
    internal static bool IsRecognised(MappedFile file) =>
        file.Length > 2
        && file.Slice(0, 3) is [VersionTag, > 0 and < 128, var tag]
        && (tag == ModelVersionTag || ((tag & 7) == (int)WireKind.Bytes && tag >> 3 is >= 2 and <= 14));

    /// <summary>Reads the names and shapes of all initialisers; values are read from the mapped file when asked for.</summary>
    /// <exception cref="InvalidDataException">The file is not of the format, or damaged, or holds a tensor that cannot be read.</exception>
    internal static TensorFile Read(string path, MappedFile file)
    {
        if (file.Length > int.MaxValue)
            throw new InvalidDataException("is an ONNX model of more than 2 GiB; the format allows no more");
        var tensors = new Dictionary<string, StoredTensor>();
        var aliases = new List<(string Name, string Of)>();
        var metadata = new Dictionary<string, string>();
        bool hasGraph = false;
        var model = new WireFields(file.Slice(0, file.Length), 0);
        while (model.Next())
        {
            if (model is { Number: 7, Kind: WireKind.Bytes })
            {
                ReadGraph(file, new(model.Bytes, model.BytesStart), tensors, aliases);
                hasGraph = true;
            }
            else if (model is { Number: 14, Kind: WireKind.Bytes })
            {
                ReadEntry(new(model.Bytes, model.BytesStart), metadata);
            }
        }

        if (!hasGraph)
            throw new InvalidDataException("ONNX model without a graph");
        // PyTorch stores equal values once, and gives them their other names by nodes.
        foreach (var (name, of) in aliases)
            if (tensors.TryGetValue(of, out var tensor))
                Add(tensors, tensor.Rename(name));
        return new(path, "ONNX", tensors.Values, metadata, file);
    }

    /// <summary>Decodes text.</summary>
    internal static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException("ONNX model: a text is not UTF-8");
        }
    }

    static void ReadGraph(
        MappedFile file,
        WireFields graph,
        Dictionary<string, StoredTensor> tensors,
        List<(string Name, string Of)> aliases
    )
    {
        while (graph.Next())
        {
            if (graph is { Number: 1, Kind: WireKind.Bytes })
                ReadNode(new(graph.Bytes, graph.BytesStart), aliases);
            else if (graph is { Number: 5, Kind: WireKind.Bytes })
                Add(tensors, OnnxTensor.Read(file, graph.BytesStart, graph.Bytes.Length));
        }
    }

    /// <summary>Keeps a node whose result is its input under another name.</summary>
    static void ReadNode(WireFields node, List<(string Name, string Of)> aliases)
    {
        ReadOnlySpan<byte> input = [],
            output = [];
        bool isIdentity = false;
        while (node.Next())
        {
            if (node is { Number: 1, Kind: WireKind.Bytes })
                input = node.Bytes;
            else if (node is { Number: 2, Kind: WireKind.Bytes })
                output = node.Bytes;
            else if (node is { Number: 4, Kind: WireKind.Bytes })
                isIdentity = node.Bytes.SequenceEqual("Identity"u8);
        }

        if (isIdentity)
            aliases.Add((Text(output), Text(input)));
    }

    static void Add(Dictionary<string, StoredTensor> tensors, StoredTensor tensor)
    {
        if (!tensors.TryAdd(tensor.Name, tensor))
            throw new InvalidDataException($"{tensor.Name}: occurs twice");
        if (tensors.Count > MaxTensors)
            throw new InvalidDataException($"ONNX model of more than {MaxTensors} initialisers");
    }

    static void ReadEntry(WireFields entry, Dictionary<string, string> metadata)
    {
        string key = "",
            value = "";
        while (entry.Next())
        {
            if (entry is { Number: 1, Kind: WireKind.Bytes })
                key = Text(entry.Bytes);
            else if (entry is { Number: 2, Kind: WireKind.Bytes })
                value = Text(entry.Bytes);
        }

        if (!metadata.TryAdd(key, value))
            throw new InvalidDataException($"metadata: {key} occurs twice");
    }
}

using System.Text;

namespace Pqf.Tensors.Formats;

/// <summary>Reads ONNX models: weights by name, the model's text metadata, and its nodes.</summary>
/// <remarks>Source of the field numbers: onnx.proto of the ONNX project. Messages are gone into a fixed number of levels deep, whatever the
/// file says.</remarks>
static class OnnxFile
{
    // A model begins with its version, field 1, a small number; then comes a text, a message, or a number of field 5.
    const byte VersionTag = 0x08,
        ModelVersionTag = 0x28;

    static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Whether a file begins as an ONNX model does. There is no magic number: other formats are tried first.</summary>
    internal static bool IsRecognised(MappedFile file) =>
        file.Length > 2
        && file.Slice(0, 3) is [VersionTag, > 0 and < 128, var tag]
        && (tag == ModelVersionTag || ((tag & 7) == (int)WireKind.Bytes && tag >> 3 is >= 2 and <= 14));

    /// <summary>Reads the names and shapes of all weights; values are read from the mapped files when asked for.</summary>
    /// <exception cref="InvalidDataException">The file is not of the format, or damaged, or holds a tensor that cannot be read.</exception>
    internal static TensorFile Read(string path, MappedFile file)
    {
        if (file.Length > int.MaxValue)
            throw new InvalidDataException("is an ONNX model of more than 2 GiB; the format allows no more");
        OnnxStorage? storage = new(file, path);
        try
        {
            var (graphs, metadata, opset) = Parts(storage);
            var model = OnnxModel.Read(storage, graphs) with { Opset = opset };
            var read = new TensorFile(path, Format(storage, model.Constants), model.Constants.Weights, metadata, storage) { Onnx = model };
            storage = null; // now the file's
            return read;
        }
        finally
        {
            storage?.Dispose();
        }
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

    /// <summary>The first text of a number within a message; empty if there is none.</summary>
    internal static string FirstText(WireFields message, int number)
    {
        while (message.Next())
            if (message.Number == number && message.Kind == WireKind.Bytes)
                return Text(message.Bytes);
        return "";
    }

    /// <summary>Decodes bytes that need not be text.</summary>
    internal static string AnyText(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Key and value of a StringStringEntryProto.</summary>
    internal static (string Key, string Value) Entry(WireFields entry)
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

        return (key, value);
    }

    static (List<(int Start, int Length)> Graphs, Dictionary<string, string> Metadata, int Opset) Parts(OnnxStorage storage)
    {
        int opset = 1;
        var graphs = new List<(int, int)>();
        var metadata = new Dictionary<string, string>();
        var model = storage.Message(0, (int)storage.Model.Length);
        while (model.Next())
        {
            if (model is { Number: 7, Kind: WireKind.Bytes })
                graphs.Add((model.BytesStart, model.Bytes.Length));
            if (model is { Number: 8, Kind: WireKind.Bytes } && Version(new(model.Bytes, model.BytesStart)) is { } version)
                opset = version;
            if (model is not { Number: 14, Kind: WireKind.Bytes })
                continue;
            var (key, value) = Entry(new(model.Bytes, model.BytesStart));
            if (!metadata.TryAdd(key, value))
                throw new InvalidDataException($"metadata: {key} occurs twice");
        }

        return graphs.Count > 0 ? (graphs, metadata, opset) : throw new InvalidDataException("ONNX model without a graph");
    }

    /// <summary>Version of an OperatorSetIdProto; null if it is not that of the ONNX project's own operations.</summary>
    static int? Version(WireFields set)
    {
        string domain = "";
        ulong version = 1;
        while (set.Next())
        {
            if (set is { Number: 1, Kind: WireKind.Bytes })
                domain = Text(set.Bytes);
            else if (set is { Number: 2, Kind: WireKind.Varint })
                version = set.Value;
        }

        return domain is "" or "ai.onnx" ? (int)Math.Min(version, int.MaxValue) : null;
    }

    /// <summary>For a person: the format, and where weights are, or how, if not as usual.</summary>
    static string Format(OnnxStorage storage, OnnxConstants constants) =>
        string.Join(
            ", ",
            [
                "ONNX",
                .. storage.Locations.Count() switch
                {
                    0 => (string[])[],
                    1 => [$"weights in {storage.Locations.Single()}"],
                    var count => [$"weights in {count} files beside it"],
                },
                .. constants.DequantisedCount > 0
                    ? (string[])[$"{Plural.Of(constants.DequantisedCount, "tensor")} stored as integers with a scale"]
                    : [],
            ]
        );
}

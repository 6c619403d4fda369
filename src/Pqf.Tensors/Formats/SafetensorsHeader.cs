using System.Text.Json;

namespace Pqf.Tensors.Formats;

/// <summary>One tensor as a safetensors header describes it.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis lengths.</param>
/// <param name="Begin">First byte within the data that follows the header.</param>
/// <param name="End">One past its last byte.</param>
readonly record struct SafetensorsEntry(string Name, DType Type, Shape Shape, long Begin, long End);

/// <summary>The JSON header of a safetensors file, checked.</summary>
/// <param name="Entries">In order of their data.</param>
/// <param name="Metadata">The map under <c>__metadata__</c>.</param>
sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Key of the text metadata.</summary>
    public const string MetadataKey = "__metadata__";

    // Twelve for a tensor. The largest models have some ten thousand tensors.
    const int MaxValues = 3_000_000;

    static readonly (DType Type, string Name)[] TypeNames =
    [
        (DType.Bool, "BOOL"),
        (DType.U8, "U8"),
        (DType.I8, "I8"),
        (DType.U16, "U16"),
        (DType.I16, "I16"),
        (DType.U32, "U32"),
        (DType.I32, "I32"),
        (DType.U64, "U64"),
        (DType.I64, "I64"),
        (DType.F16, "F16"),
        (DType.BF16, "BF16"),
        (DType.F32, "F32"),
        (DType.F64, "F64"),
    ];

    /// <summary>The format's word for an element type.</summary>
    public static string NameOf(DType type) => TypeNames.First(pair => pair.Type == type).Name;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataBytes">Bytes that follow it in the file.</param>
    /// <exception cref="InvalidDataException">It is not JSON, not of the format, or its ranges do not tile the data.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes)
    {
        try
        {
            CheckValues(json);
            // Keys that occur twice are found here below: the JSON reader would load a cryptographic library to hash them.
            using var document = JsonDocument.Parse(json.ToArray());
            return Read(document.RootElement, dataBytes);
        }
        catch (Exception exception) when (JsonProblem.IsOne(exception))
        {
            throw new InvalidDataException($"safetensors header {JsonProblem.Describe(exception)}", exception);
        }
    }

    /// <summary>Counts the values before a document is made of them, which takes many times their bytes.</summary>
    static void CheckValues(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        for (int count = 0; reader.Read(); count++)
            if (count == MaxValues)
                throw new InvalidDataException($"safetensors header: has more than {MaxValues} values");
    }

    static SafetensorsHeader Read(JsonElement root, long dataBytes)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"safetensors header: expected an object, got {root.ValueKind}");
        var names = new HashSet<string>();
        var entries = new List<SafetensorsEntry>();
        Dictionary<string, string> metadata = [];
        foreach (var property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
                throw new InvalidDataException($"safetensors header: {Printable.Name(property.Name)} occurs twice");
            if (property.Name == MetadataKey)
                metadata = ReadMetadata(property.Value);
            else
                entries.Add(ReadEntry(property.Name, property.Value));
        }

        var ordered = entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End).ToArray();
        CheckTiling(ordered, dataBytes);
        return new(ordered, metadata);
    }

    static Dictionary<string, string> ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{MetadataKey}: expected an object of strings, got {value.ValueKind}");
        var metadata = new Dictionary<string, string>();
        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw new InvalidDataException(
                    $"{MetadataKey}: {Printable.Name(property.Name)}: expected a string, got {property.Value.ValueKind}"
                );
            if (!metadata.TryAdd(property.Name, property.Value.GetString()!))
                throw new InvalidDataException($"{MetadataKey}: {Printable.Name(property.Name)} occurs twice");
        }

        return metadata;
    }

    static SafetensorsEntry ReadEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException(
                $"{Printable.Name(name)}: expected an object with dtype, shape and data_offsets, got {value.ValueKind}"
            );
        int count = 0;
        foreach (var property in value.EnumerateObject())
        {
            if (property.Name is not ("dtype" or "shape" or "data_offsets"))
                throw new InvalidDataException($"{Printable.Name(name)}: unknown key {Printable.Name(property.Name)}");
            count++;
        }

        if (count > 3)
            throw new InvalidDataException($"{Printable.Name(name)}: a key occurs twice");

        var type = ReadType(name, Member(name, value, "dtype"));
        var shape = CheckedShape.Create(name, Integers(name, Member(name, value, "shape")), type);
        long[] offsets = Integers(name, Member(name, value, "data_offsets"));
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0])
            throw new InvalidDataException($"{Printable.Name(name)}: data_offsets {CheckedShape.Print(offsets)} are not a range");
        long size = (long)shape.Count * type.SizeBytes();
        if (offsets[1] - offsets[0] != size)
            throw new InvalidDataException(
                $"{Printable.Name(name)}: {NameOf(type)} {shape} needs {size} bytes, data_offsets {CheckedShape.Print(offsets)} give "
                    + $"{offsets[1] - offsets[0]}"
            );
        return new(name, type, shape, offsets[0], offsets[1]);
    }

    static JsonElement Member(string name, JsonElement value, string key) =>
        value.TryGetProperty(key, out var member) ? member : throw new InvalidDataException($"{Printable.Name(name)}: {key} is missing");

    static DType ReadType(string name, JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        foreach (var (type, typeName) in TypeNames)
        {
            if (typeName == text)
                return type;
        }

        string known = string.Join(", ", TypeNames.Select(pair => pair.Name));
        throw new InvalidDataException($"{Printable.Name(name)}: unknown dtype {Printable.Name(text)}; known: {known}");
    }

    static long[] Integers(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{Printable.Name(name)}: expected an array of whole numbers, got {value.ValueKind}");
        return
        [
            .. value
                .EnumerateArray()
                .Select(item =>
                    item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long number)
                        ? number
                        : throw new InvalidDataException(
                            $"{Printable.Name(name)}: expected a whole number, got {Printable.Name(item.GetRawText())}"
                        )
                ),
        ];
    }

    static void CheckTiling(SafetensorsEntry[] ordered, long dataBytes)
    {
        long end = 0;
        foreach (var entry in ordered)
        {
            if (entry.Begin < end)
                throw new InvalidDataException(
                    $"{Printable.Name(entry.Name)}: its bytes {entry.Begin} to {entry.End} overlap those of another tensor, "
                        + $"which end at {end}"
                );
            if (entry.Begin > end)
                throw new InvalidDataException($"{Printable.Name(entry.Name)}: bytes {end} to {entry.Begin} before it belong to no tensor");
            if (entry.End > dataBytes)
                throw new InvalidDataException(
                    $"{Printable.Name(entry.Name)}: its bytes {entry.Begin} to {entry.End} lie outside the data, which has {dataBytes}; "
                        + $"the file is truncated or corrupt"
                );
            end = entry.End;
        }

        if (end != dataBytes)
            throw new InvalidDataException($"the tensors end at byte {end} of the data, which has {dataBytes}");
    }
}

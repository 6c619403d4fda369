namespace Pqf.Tensors.Formats;

/// <summary>One tensor of an ONNX model: an initialiser, or the value of a constant. Its values are raw bytes, numbers in the field that
/// their type has, or bytes of a file beside the model.</summary>
/// <remarks>Source: the message <c>TensorProto</c> of the ONNX project's onnx.proto.</remarks>
static class OnnxTensor
{
    const int Dims = 1,
        DataType = 2,
        Segment = 3,
        Name = 8,
        RawData = 9,
        ExternalData = 13,
        DataLocation = 14;

    /// <summary>Reads and checks one initialiser.</summary>
    /// <param name="storage">The model.</param>
    /// <param name="start">First byte of the message.</param>
    /// <param name="length">Bytes of the message.</param>
    /// <returns>A tensor that reads its values when asked for, which then cannot fail.</returns>
    /// <exception cref="InvalidDataException">It is damaged, of a type that we do not have, or its values are not as many as its shape
    /// says, or in a file that is missing, too short or outside the model's folder.</exception>
    public static StoredTensor Read(OnnxStorage storage, int start, int length)
    {
        var header = Describe(storage.Message(start, length));
        if (header.Name.Length == 0)
            throw new InvalidDataException($"ONNX model, byte {start}: an initialiser has no name");
        return Read(storage, start, length, header, header.Name)
            ?? throw new InvalidDataException(
                $"{header.Name}: its element type, number {header.Type} of ONNX's, is not one that weights are stored in"
            );
    }

    /// <summary>Reads and checks a tensor that needs no name of its own.</summary>
    /// <param name="storage">The model.</param>
    /// <param name="start">First byte of the message.</param>
    /// <param name="length">Bytes of the message.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <returns>The tensor; null if networks are not stored in its type, such as text.</returns>
    /// <exception cref="InvalidDataException">As for an initialiser.</exception>
    public static StoredTensor? Read(OnnxStorage storage, int start, int length, string name) =>
        Read(storage, start, length, Describe(storage.Message(start, length)), name);

    /// <summary>The name of a tensor, and whether its values are in a file beside the model.</summary>
    /// <param name="tensor">The message.</param>
    public static (string Name, bool IsExternal) NameOf(WireFields tensor)
    {
        var header = Describe(tensor);
        return (header.Name, header.IsExternal);
    }

    static StoredTensor? Read(OnnxStorage storage, int start, int length, Header header, string name)
    {
        if (header.IsSegment)
            throw new InvalidDataException($"{name}: is a part of a tensor; expected whole tensors");
        if (OnnxTypes.TypeOf(header.Type) is not { } type)
            return null;
        var shape = CheckedShape.Create(name, header.Lengths, type);
        long sizeBytes = (long)shape.Count * type.SizeBytes();
        if (header.IsExternal)
        {
            var values = storage.Values(header.External, name, $"{type} {shape}", sizeBytes);
            return new(name, type, shape, values.CopyTo);
        }

        if (header.Raw is { } raw)
        {
            return raw.Length == sizeBytes
                ? new(name, type, shape, new FileRange(storage.Model, raw.Start, raw.Length).CopyTo)
                : throw new InvalidDataException($"{name}: {type} {shape} needs {sizeBytes} bytes, but it has {raw.Length}");
        }

        var (field, kind) = FieldOf(type);
        int count = OnnxValues.Read(storage.Message(start, length), field, kind, name, type, []);
        return count == shape.Count
            ? new(name, type, shape, to => OnnxValues.Read(storage.Message(start, length), field, kind, name, type, to))
            : throw new InvalidDataException($"{name}: {type} {shape} needs {shape.Count} values, but it has {count}");
    }

    static Header Describe(WireFields tensor)
    {
        var header = new Header();
        var lengths = new List<long>();
        while (tensor.Next())
        {
            switch (tensor.Number, tensor.Kind)
            {
                case (Dims, _):
                    AddLengths(tensor, lengths);
                    break;
                case (DataType, WireKind.Varint):
                    header.Type = (long)tensor.Value;
                    break;
                case (Name, WireKind.Bytes):
                    header.Name = OnnxFile.Text(tensor.Bytes);
                    break;
                case (RawData, WireKind.Bytes):
                    header.Raw = (tensor.BytesStart, tensor.Bytes.Length);
                    break;
                case (Segment, _):
                    header.IsSegment = true;
                    break;
                case (ExternalData, WireKind.Bytes):
                    header.External = header.External.With(new(tensor.Bytes, tensor.BytesStart));
                    break;
                case (DataLocation, WireKind.Varint):
                    header.IsExternal = tensor.Value != 0;
                    break;
                default:
                    break; // values, documentation
            }
        }

        header.Lengths = [.. lengths];
        return header;
    }

    static void AddLengths(WireFields field, List<long> lengths)
    {
        if (field.Kind == WireKind.Varint)
            lengths.Add((long)field.Value);
        for (int position = 0; field.Kind == WireKind.Bytes && position < field.Bytes.Length && lengths.Count <= CheckedShape.MaxRank; )
            lengths.Add((long)WireFields.Varint(field.Bytes, ref position));
        if (lengths.Count > CheckedShape.MaxRank)
            throw new InvalidDataException($"ONNX model: an initialiser has more than {CheckedShape.MaxRank} axes");
    }

    /// <summary>The field in which a type's values stand, and how each is encoded there.</summary>
    static (int Number, WireKind Kind) FieldOf(DType type) =>
        type switch
        {
            DType.F32 => (4, WireKind.Fixed32),
            DType.F64 => (10, WireKind.Fixed64),
            DType.I64 => (7, WireKind.Varint),
            DType.U32 or DType.U64 => (11, WireKind.Varint),
            _ => (5, WireKind.Varint), // halves by their bits
        };

    /// <summary>All fields but the values.</summary>
    struct Header()
    {
        public string Name = "";
        public long Type;
        public long[] Lengths = [];
        public (int Start, int Length)? Raw;
        public bool IsSegment,
            IsExternal;
        public OnnxExternalData External = new();
    }
}

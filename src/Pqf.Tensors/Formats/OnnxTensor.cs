using System.Buffers.Binary;

namespace Pqf.Tensors.Formats;

/// <summary>One initialiser of an ONNX model. Its values are raw bytes, or numbers in the field that their type has.</summary>
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
    const string Elsewhere = "its values are in a file beside the model; expected them in the model itself";

    /// <summary>Reads and checks one initialiser.</summary>
    /// <param name="file">The model.</param>
    /// <param name="start">First byte of the message.</param>
    /// <param name="length">Bytes of the message.</param>
    /// <returns>A tensor that reads its values when asked for, which then cannot fail.</returns>
    /// <exception cref="InvalidDataException">It is damaged, of a type that we do not have, or its values are elsewhere or not as many as
    /// its shape says.</exception>
    public static StoredTensor Read(MappedFile file, int start, int length)
    {
        var (name, number, lengths, raw, problem) = Describe(new(file.Slice(start, length), start));
        if (name.Length == 0)
            throw new InvalidDataException($"ONNX model, byte {start}: an initialiser has no name");
        if (problem is not null)
            throw new InvalidDataException($"{name}: {problem}");
        if (OnnxTypes.TypeOf(number) is not { } type)
            throw new InvalidDataException($"{name}: its element type, number {number} of ONNX's, is none that networks are stored in");
        var shape = CheckedShape.Create(name, lengths, type);
        long sizeBytes = (long)shape.Count * type.SizeBytes();
        if (raw is { } bytes)
        {
            return bytes.Length == sizeBytes
                ? new(name, type, shape, destination => file.Slice(bytes.Start, bytes.Length).CopyTo(destination))
                : throw new InvalidDataException($"{name}: {type} {shape} needs {sizeBytes} bytes, but it has {bytes.Length}");
        }

        int count = Values(new(file.Slice(start, length), start), name, type, []);
        return count == shape.Count
            ? new(name, type, shape, destination => Values(new(file.Slice(start, length), start), name, type, destination))
            : throw new InvalidDataException($"{name}: {type} {shape} needs {shape.Count} values, but it has {count}");
    }

    static (string Name, long Type, long[] Lengths, (int Start, int Length)? Raw, string? Problem) Describe(WireFields tensor)
    {
        var lengths = new List<long>();
        string name = "";
        string? problem = null;
        long type = 0;
        (int, int)? raw = null;
        while (tensor.Next())
        {
            switch (tensor.Number, tensor.Kind)
            {
                case (Dims, _):
                    AddLengths(tensor, lengths);
                    break;
                case (DataType, WireKind.Varint):
                    type = (long)tensor.Value;
                    break;
                case (Name, WireKind.Bytes):
                    name = OnnxFile.Text(tensor.Bytes);
                    break;
                case (RawData, WireKind.Bytes):
                    raw = (tensor.BytesStart, tensor.Bytes.Length);
                    break;
                case (Segment, _):
                    problem = "is one part of a tensor; expected whole ones";
                    break;
                case (ExternalData, _):
                    problem = Elsewhere;
                    break;
                case (DataLocation, WireKind.Varint) when tensor.Value != 0:
                    problem = Elsewhere;
                    break;
                default:
                    break; // values, documentation
            }
        }

        return (name, type, [.. lengths], raw, problem);
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

    /// <summary>Reads the values that stand in the field of their type, one field each or packed into few.</summary>
    /// <param name="tensor">The message.</param>
    /// <param name="name">For messages.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Filled; if empty, values are counted and checked only.</param>
    /// <returns>How many there are.</returns>
    static int Values(WireFields tensor, string name, DType type, Span<byte> destination)
    {
        var (field, kind) = FieldOf(type);
        int size = type.SizeBytes(),
            count = 0;
        while (tensor.Next())
        {
            if (tensor.Number != field)
                continue;
            if (tensor.Kind == kind)
                Put(tensor.Value, destination);
            for (int position = 0; tensor.Kind == WireKind.Bytes && position < tensor.Bytes.Length; )
                Put(NextPacked(tensor.Bytes, kind, ref position), destination);
        }

        return count;

        void Put(ulong value, Span<byte> to)
        {
            if (!Fits(value, type))
                throw new InvalidDataException($"{name}: value {count} is {(long)value}, which {type} cannot hold");
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            if (!to.IsEmpty)
                bytes[..size].CopyTo(to[(count * size)..]);
            count++;
        }
    }

    static ulong NextPacked(ReadOnlySpan<byte> packed, WireKind kind, ref int position)
    {
        if (kind == WireKind.Varint)
            return WireFields.Varint(packed, ref position);
        int size = kind == WireKind.Fixed32 ? sizeof(uint) : sizeof(ulong);
        if (packed.Length - position < size)
            throw new InvalidDataException("ONNX model: packed values do not end with a whole one; the file is truncated or corrupt");
        ulong value =
            size == sizeof(uint)
                ? BinaryPrimitives.ReadUInt32LittleEndian(packed[position..])
                : BinaryPrimitives.ReadUInt64LittleEndian(packed[position..]);
        position += size;
        return value;
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

    static bool Fits(ulong value, DType type) =>
        type switch
        {
            DType.Bool => value <= 1,
            DType.I8 => (sbyte)value == (long)value,
            DType.I16 => (short)value == (long)value,
            DType.I32 => (int)value == (long)value,
            DType.F32 or DType.F64 or DType.I64 or DType.U64 => true,
            _ => value < 1UL << (8 * type.SizeBytes()),
        };
}

using System.Buffers.Binary;

namespace Pqf.Tensors.Formats;

/// <summary>Numbers that stand in a field of an ONNX message, one field each or packed into few.</summary>
static class OnnxValues
{
    /// <summary>Reads the numbers of one field.</summary>
    /// <param name="message">The message.</param>
    /// <param name="field">The field's number.</param>
    /// <param name="kind">How each number is encoded.</param>
    /// <param name="name">For messages.</param>
    /// <param name="type">Their type.</param>
    /// <param name="destination">Filled; if empty, values are counted and checked only.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="InvalidDataException">A number is damaged, or the type cannot hold it.</exception>
    public static int Read(WireFields message, int field, WireKind kind, string name, DType type, Span<byte> destination)
    {
        int size = type.SizeBytes(),
            count = 0;
        while (message.Next())
        {
            if (message.Number != field)
                continue;
            if (message.Kind == kind)
                Put(message.Value, destination);
            for (int position = 0; message.Kind == WireKind.Bytes && position < message.Bytes.Length; )
                Put(NextPacked(message.Bytes, kind, ref position), destination);
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
            throw new InvalidDataException("ONNX model: the last of its packed values is cut off; the file is truncated or corrupt");
        ulong value =
            size == sizeof(uint)
                ? BinaryPrimitives.ReadUInt32LittleEndian(packed[position..])
                : BinaryPrimitives.ReadUInt64LittleEndian(packed[position..]);
        position += size;
        return value;
    }

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

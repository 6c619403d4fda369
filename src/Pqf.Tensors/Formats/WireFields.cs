using System.Buffers.Binary;

namespace Pqf.Tensors.Formats;

/// <summary>How a protobuf field is encoded.</summary>
enum WireKind
{
    /// <summary>A whole number of up to ten bytes.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length, then as many bytes: text, a message, packed numbers.</summary>
    Bytes = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}

/// <summary>The fields of one protobuf message, read in place, one after the other.</summary>
/// <remarks>
/// By hand, not by Google.Protobuf, whose reader copies every field's bytes; here these are weights in a mapped file. Every length is
/// checked against the message.
/// Source: the encoding page of the protobuf documentation.
/// </remarks>
ref struct WireFields
{
    const int MaxVarintBytes = 10;

    readonly ReadOnlySpan<byte> message;
    readonly int start;
    int position;

    /// <summary>The fields of a message.</summary>
    /// <param name="message">All its bytes.</param>
    /// <param name="start">Where they are in the file.</param>
    public WireFields(ReadOnlySpan<byte> message, int start)
    {
        this.message = message;
        this.start = start;
    }

    /// <summary>The current field's number.</summary>
    public int Number { get; private set; }

    /// <summary>The current field's encoding.</summary>
    public WireKind Kind { get; private set; }

    /// <summary>The current field's value, unless it is <see cref="WireKind.Bytes"/>.</summary>
    public ulong Value { get; private set; }

    /// <summary>The current field's bytes, if it is <see cref="WireKind.Bytes"/>.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Where the current field's bytes are in the file.</summary>
    public int BytesStart { get; private set; }

    /// <summary>Reads the next field; false at the message's end.</summary>
    /// <exception cref="InvalidDataException">The bytes are no field, or go on beyond the message.</exception>
    public bool Next()
    {
        if (position == message.Length)
            return false;
        ulong tag = Varint(message, ref position);
        (Number, Kind) = ((int)(tag >> 3), (WireKind)(tag & 7));
        if (tag > uint.MaxValue || Number == 0)
            throw Problem($"no field has the tag {tag}");
        switch (Kind)
        {
            case WireKind.Varint:
                Value = Varint(message, ref position);
                break;
            case WireKind.Fixed64:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case WireKind.Fixed32:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            case WireKind.Bytes:
                TakeBytes();
                break;
            default:
                throw Problem($"field {Number} is encoded in a way ({(int)Kind}) that ONNX models do not use");
        }

        return true;
    }

    /// <summary>Reads one number of a packed field.</summary>
    /// <param name="packed">The field's bytes.</param>
    /// <param name="position">Where to read; moved behind the number.</param>
    /// <exception cref="InvalidDataException">There is no end to it.</exception>
    public static ulong Varint(ReadOnlySpan<byte> packed, ref int position)
    {
        ulong value = 0;
        for (int i = 0; i < MaxVarintBytes && position < packed.Length; i++)
        {
            byte next = packed[position++];
            value |= (ulong)(next & 127) << (7 * i);
            if (next < 128)
                return value;
        }

        throw new InvalidDataException("ONNX model: a number has no end; the file is truncated or corrupt");
    }

    void TakeBytes()
    {
        ulong length = Varint(message, ref position);
        BytesStart = start + position;
        Bytes = Take(length);
    }

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(message.Length - position))
            throw Problem($"field {Number} claims {length} bytes, {message.Length - position} are left; the file is truncated or corrupt");
        var taken = message.Slice(position, (int)length);
        position += (int)length;
        return taken;
    }

    readonly InvalidDataException Problem(string problem) => new($"ONNX model, byte {start + position}: {problem}");
}

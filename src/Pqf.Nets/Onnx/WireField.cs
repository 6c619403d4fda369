using System.Buffers;
using Google.Protobuf;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>One field of a protobuf message, its size known before it is written, so that messages nest without buffers.</summary>
/// <param name="SizeBytes">Tag included.</param>
/// <param name="Write">Writes as many bytes.</param>
readonly record struct WireField(int SizeBytes, Action<CodedOutputStream> Write)
{
    /// <summary>A whole number.</summary>
    public static WireField Integer(int number, long value) =>
        Create(number, WireFormat.WireType.Varint, CodedOutputStream.ComputeInt64Size(value), output => output.WriteInt64(value));

    /// <summary>A number in single precision.</summary>
    public static WireField Single(int number, float value) =>
        Create(number, WireFormat.WireType.Fixed32, sizeof(float), output => output.WriteFloat(value));

    /// <summary>UTF-8 text.</summary>
    public static WireField Text(int number, string text) =>
        Create(number, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeStringSize(text), output => output.WriteString(text));

    /// <summary>A message within the message.</summary>
    public static WireField Message(int number, params IEnumerable<WireField> fields)
    {
        WireField[] all = [.. fields];
        int size = checked(all.Sum(field => field.SizeBytes));
        return Create(
            number,
            WireFormat.WireType.LengthDelimited,
            checked(CodedOutputStream.ComputeLengthSize(size) + size),
            output =>
            {
                output.WriteLength(size);
                foreach (var field in all)
                    field.Write(output);
            }
        );
    }

    /// <summary>The bytes of a tensor, read when they are written.</summary>
    public static WireField Bytes(int number, StoredTensor tensor) => Bytes(number, checked((int)tensor.SizeBytes), tensor.ReadBytes);

    static WireField Bytes(int number, int size, Action<Span<byte>> read) =>
        Create(
            number,
            WireFormat.WireType.LengthDelimited,
            checked(CodedOutputStream.ComputeLengthSize(size) + size),
            output =>
            {
                byte[] rented = ArrayPool<byte>.Shared.Rent(size);
                read(rented.AsSpan(0, size));
                output.WriteBytes(UnsafeByteOperations.UnsafeWrap(rented.AsMemory(0, size)));
                ArrayPool<byte>.Shared.Return(rented);
            }
        );

    /// <summary>A field of a file as it is.</summary>
    /// <param name="field">The field.</param>
    /// <param name="file">Where it was read; must be open when it is written.</param>
    public static WireField Copy(WireFields field, MappedFile file)
    {
        ulong value = field.Value;
        return field.Kind switch
        {
            WireKind.Varint => Create(
                field.Number,
                WireFormat.WireType.Varint,
                CodedOutputStream.ComputeUInt64Size(value),
                output => output.WriteUInt64(value)
            ),
            WireKind.Fixed32 => Create(field.Number, WireFormat.WireType.Fixed32, sizeof(uint), output => output.WriteFixed32((uint)value)),
            WireKind.Fixed64 => Create(field.Number, WireFormat.WireType.Fixed64, sizeof(ulong), output => output.WriteFixed64(value)),
            _ => Bytes(field.Number, field.Bytes.Length, new FileRange(file, field.BytesStart, field.Bytes.Length).CopyTo),
        };
    }

    static WireField Create(int number, WireFormat.WireType type, int size, Action<CodedOutputStream> write) =>
        new(
            checked(CodedOutputStream.ComputeTagSize(number) + size),
            output =>
            {
                output.WriteTag(number, type);
                write(output);
            }
        );
}

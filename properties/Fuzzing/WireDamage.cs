using System.Text;
using Pqf.Tensors;

namespace Pqf.Properties.Fuzzing;

/// <summary>Changes a protocol buffer's messages and keeps its lengths right, so that a reader gets past the first of them: models of
/// graphs that make no sense.</summary>
/// <remarks>A field's payload is taken for a message where it parses as one. Source of the format: the encoding page of the protocol
/// buffers' documentation.</remarks>
sealed class WireDamage
{
    static readonly ulong[] Numbers = [0, 1, 2, 3, 7, 16, 255, 65535, int.MaxValue, uint.MaxValue, ulong.MaxValue, 1UL << 63];

    readonly RngKey key;
    readonly List<Field> fields = [];
    ulong drawn;

    WireDamage(RngKey key) => this.key = key;

    /// <summary>One to four changes of fields anywhere in a message.</summary>
    /// <param name="original">A whole message.</param>
    /// <param name="key">Draws the changes.</param>
    /// <returns>The message; the original where it is none.</returns>
    public static byte[] Of(byte[] original, RngKey key)
    {
        var damage = new WireDamage(key);
        if (damage.Parse(original, 0) is not { } message)
            return original;
        for (int changes = 1 + damage.Below(4); changes > 0; changes--)
            damage.Change(damage.fields[damage.Below(damage.fields.Count)]);
        using var stream = new MemoryStream();
        Write(stream, message);
        return stream.ToArray();
    }

    int Below(int bound) => key.Below(Math.Max(1, bound), drawn++);

    // Fields of a message, or of none where the bytes are none.
    List<Field>? Parse(ReadOnlySpan<byte> bytes, int depth)
    {
        List<Field> message = [];
        while (!bytes.IsEmpty)
        {
            if (!ReadNumber(ref bytes, out ulong tag) || tag >> 3 is 0 or > 100)
                return null;
            var field = new Field { Number = (int)(tag >> 3), Kind = (int)(tag & 7) };
            if (!Read(field, ref bytes, depth))
                return null;
            message.Add(field);
        }

        message.ForEach(field => field.Siblings = message);
        fields.AddRange(message);
        return message;
    }

    bool Read(Field field, ref ReadOnlySpan<byte> bytes, int depth)
    {
        switch (field.Kind)
        {
            case 0:
                bool read = ReadNumber(ref bytes, out ulong value);
                field.Value = value;
                return read;
            case 1 or 5:
                int length = field.Kind == 1 ? 8 : 4;
                if (bytes.Length < length)
                    return false;
                field.Bytes = bytes[..length].ToArray();
                bytes = bytes[length..];
                return true;
            case 2:
                if (!ReadNumber(ref bytes, out ulong count) || count > (ulong)bytes.Length)
                    return false;
                field.Bytes = bytes[..(int)count].ToArray();
                field.Message = depth < 6 && field.Bytes.Length < 100_000 ? Parse(field.Bytes, depth + 1) : null;
                bytes = bytes[(int)count..];
                return true;
            default:
                return false;
        }
    }

    void Change(Field field)
    {
        var alike = fields.Where(other => other.Kind == field.Kind && other.Number == field.Number).ToArray();
        var other = alike[Below(alike.Length)];
        switch (Below(6))
        {
            case 0:
                field.Siblings.Remove(field);
                break;
            case 1:
                field.Siblings.Insert(Below(field.Siblings.Count + 1), field);
                break;
            case 2 when field.Kind == 0:
                field.Value = Numbers[Below(Numbers.Length)];
                break;
            case 3 when field.Kind == 0:
                field.Value += (ulong)Below(5) - 2;
                break;
            case 4 when field.Kind == 2 && field.Message is null && field.Bytes.Length < 64:
                field.Bytes = Encoding.UTF8.GetBytes(Below(2) == 0 ? "" : $"other{Below(9)}");
                break;
            default:
                // A number, name or node of another place.
                (field.Value, field.Bytes, field.Message) = (other.Value, other.Bytes, other.Message);
                break;
        }
    }

    // A message that was put into itself would not end.
    static void Write(Stream stream, List<Field> message, int depth = 0)
    {
        foreach (var field in message)
        {
            WriteNumber(stream, ((ulong)field.Number << 3) | (uint)field.Kind);
            if (field.Kind == 0)
                WriteNumber(stream, field.Value);
            else if (field.Kind != 2)
                stream.Write(field.Bytes);
            else if (field.Message is { } inner && depth < 8)
            {
                using var part = new MemoryStream();
                Write(part, inner, depth + 1);
                WriteNumber(stream, (ulong)part.Length);
                part.WriteTo(stream);
            }
            else
            {
                WriteNumber(stream, (ulong)field.Bytes.Length);
                stream.Write(field.Bytes);
            }
        }
    }

    static bool ReadNumber(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < Math.Min(10, bytes.Length); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }

    static void WriteNumber(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }

    sealed class Field
    {
        public int Number { get; init; }
        public int Kind { get; init; }
        public ulong Value { get; set; }
        public byte[] Bytes { get; set; } = [];
        public List<Field>? Message { get; set; }
        public List<Field> Siblings { get; set; } = [];
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Pqf.Tensors;

namespace Pqf.Properties.Fuzzing;

/// <summary>Damages a file's bytes as faulty disks, interrupted copies and hostile writers do; one key, one damage.</summary>
sealed class Damage
{
    // Sizes and offsets at which readers go wrong.
    static readonly long[] Extremes =
    [
        0,
        1,
        2,
        0x7F,
        0x80,
        0xFF,
        0x100,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x1_0000,
        int.MaxValue - 1,
        int.MaxValue,
        1L << 31,
        uint.MaxValue,
        1L << 32,
        1L << 40,
        1L << 60,
        long.MaxValue,
        long.MinValue,
        -1,
        -2,
        int.MinValue,
    ];

    // The same in text, where JSON and YAML keep them.
    static readonly string[] Numbers =
    [
        "0",
        "1",
        "-1",
        "2",
        "63",
        "255",
        "256",
        "257",
        "65535",
        "65536",
        "65537",
        "100000",
        "2147483647",
        "2147483648",
        "-2147483648",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "99999999999999999999999",
        "1e9",
        "1e308",
        "1e999",
        "-0",
        "0.5",
        "1_0",
        "NaN",
        "0x10",
    ];

    readonly RngKey key;
    readonly IReadOnlyList<byte[]> others;
    ulong drawn;

    Damage(RngKey key, IReadOnlyList<byte[]> others) => (this.key, this.others) = (key, others);

    /// <summary>One to six changes.</summary>
    /// <param name="original">A whole file.</param>
    /// <param name="others">Files of its kind, of which parts may get in.</param>
    /// <param name="key">Draws the changes.</param>
    public static byte[] Of(byte[] original, IReadOnlyList<byte[]> others, RngKey key)
    {
        var damage = new Damage(key, others);
        List<byte> bytes = [.. original];
        int changes = 1;
        while (changes < 6 && damage.Below(2) == 0)
            changes++;
        for (int i = 0; i < changes; i++)
            damage.Change(bytes);
        return [.. bytes];
    }

    void Change(List<byte> bytes)
    {
        int at = Place(bytes);
        switch (Below(12))
        {
            case 0:
                FlipBits(bytes);
                break;
            case 1:
                Replace(bytes, at, Length(bytes.Count - at), Noise);
                break;
            case 2:
                bytes.InsertRange(at, Noise(Length(int.MaxValue)));
                break;
            case 3:
                bytes.RemoveRange(at, Length(bytes.Count - at));
                break;
            case 4:
                Duplicate(bytes, at);
                break;
            case 5:
                Overwrite(bytes, at);
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 7:
                Splice(bytes, at);
                break;
            case 8:
                SetNumber(bytes, at);
                break;
            case 9:
                SetNumber(bytes, at);
                break;
            case 10:
                SetDigits(bytes, at);
                break;
            default:
                SwapWord(bytes, at);
                break;
        }
    }

    int Below(int bound) => key.Below(Math.Max(1, bound), drawn++);

    T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Headers stand at the beginning and directories at the end: half of all places are there.</summary>
    int Place(List<byte> bytes) =>
        Below(4) switch
        {
            0 => Below(Math.Min(bytes.Count, 512)),
            1 => Math.Max(0, bytes.Count - 1 - Below(512)),
            _ => Below(bytes.Count),
        };

    /// <summary>Short mostly; now and then thousands.</summary>
    int Length(int most) => Math.Min(most, Below(8) == 0 ? Below(5000) : 1 + Below(16));

    byte[] Noise(int length)
    {
        int kind = Below(5);
        byte repeated = (byte)Below(256);
        return
        [
            .. Enumerable
                .Range(0, length)
                .Select(_ =>
                    kind switch
                    {
                        0 => (byte)0,
                        1 => (byte)0xFF,
                        2 => repeated,
                        3 => (byte)"[]{}()\"':,-?&*|>#\n \\.t"[Below(22)],
                        _ => (byte)Below(256),
                    }
                ),
        ];
    }

    void FlipBits(List<byte> bytes)
    {
        for (int i = Below(8); i >= 0 && bytes.Count > 0; i--)
            bytes[Place(bytes)] ^= (byte)(1 << Below(8));
    }

    static void Replace(List<byte> bytes, int at, int length, Func<int, byte[]> with)
    {
        bytes.RemoveRange(at, length);
        bytes.InsertRange(at, with(length));
    }

    void Duplicate(List<byte> bytes, int at)
    {
        byte[] part = [.. bytes.Skip(at).Take(Length(bytes.Count - at))];
        int place = Below(2) == 0 ? at : Place(bytes);
        for (int times = Below(16) == 0 ? Below(300) : 1; times > 0; times--)
            bytes.InsertRange(place, part);
    }

    void Overwrite(List<byte> bytes, int at)
    {
        byte[] part = [.. bytes.Skip(Place(bytes)).Take(Length(bytes.Count - at))];
        Replace(bytes, at, part.Length, _ => part);
    }

    /// <summary>The beginning of this file and the end of another.</summary>
    void Splice(List<byte> bytes, int at)
    {
        byte[] other = Pick(others);
        bytes.RemoveRange(at, bytes.Count - at);
        bytes.AddRange(other.Skip(Below(2) == 0 ? at : Below(other.Length)));
    }

    /// <summary>An integer of some width and byte order: an extreme, or one beside what was there, or beside the file's size.</summary>
    void SetNumber(List<byte> bytes, int at)
    {
        int width = 1 << Below(4);
        if (at + width > bytes.Count)
            return;
        Span<byte> field = [.. bytes.Skip(at).Take(width), .. new byte[8 - width]];
        long value = Below(4) switch
        {
            0 => BinaryPrimitives.ReadInt64LittleEndian(field) + Pick([-1L, 1, 8, -8, 256, 65536]),
            1 => bytes.Count + Pick([-1L, 0, 1, 8]),
            _ => Pick(Extremes),
        };
        BinaryPrimitives.WriteInt64LittleEndian(field, value);
        if (Below(4) == 0)
            field[..width].Reverse();
        for (int i = 0; i < width; i++)
            bytes[at + i] = field[i];
    }

    void SetDigits(List<byte> bytes, int at)
    {
        int start = bytes.FindIndex(at, b => char.IsAsciiDigit((char)b));
        if (start < 0)
            return;
        int end = bytes.FindIndex(start, b => !char.IsAsciiDigit((char)b));
        bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
        bytes.InsertRange(
            start,
            Encoding.ASCII.GetBytes(Below(4) == 0 ? Below(1000).ToString(CultureInfo.InvariantCulture) : Pick(Numbers))
        );
    }

    /// <summary>A word, such as a key or a type's name, replaced by another of the file.</summary>
    void SwapWord(List<byte> bytes, int at)
    {
        var (start, end) = Word(bytes, at);
        var (otherStart, otherEnd) = Word(bytes, Place(bytes));
        byte[] other = [.. bytes[otherStart..otherEnd]];
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, other);
    }

    static (int Start, int End) Word(List<byte> bytes, int at)
    {
        int start = bytes.FindIndex(Math.Min(at, bytes.Count), b => char.IsAsciiLetter((char)b));
        if (start < 0)
            return (bytes.Count, bytes.Count);
        int end = bytes.FindIndex(start, b => !char.IsAsciiLetterOrDigit((char)b) && b != '_' && b != '.');
        return (start, end < 0 ? bytes.Count : end);
    }
}

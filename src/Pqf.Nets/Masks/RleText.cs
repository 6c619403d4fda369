using System.Text;

namespace Pqf.Nets.Masks;

/// <summary>COCO's compressed form of a mask's runs: a string of printable characters.</summary>
/// <remarks>
/// Each run, from the fourth on less the run two before it, is a signed number in groups of five bits, lowest first; a sixth bit says that
/// more groups follow, and the last group's highest bit is the sign.
/// A group is the character 48 + its six bits. Source: the format's description with the COCO API ("similar to LEB128 but using 6 bits/char
/// and ascii chars 48-111").
/// </remarks>
public static class RleText
{
    const int First = 48,
        More = 32,
        Sign = 16,
        GroupBits = 5,
        GroupMask = 31;

    /// <summary>The string of a mask's runs.</summary>
    public static string Encode(Rle mask)
    {
        var text = new StringBuilder(mask.Counts.Length * 2);
        for (int i = 0; i < mask.Counts.Length; i++)
            Append(text, mask.Counts[i] - (i > 2 ? mask.Counts[i - 2] : 0));
        return text.ToString();
    }

    /// <summary>The mask of a string.</summary>
    /// <param name="text">As <see cref="Encode"/> gives it.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <exception cref="InvalidDataException">It is not such a string, or its runs do not cover exactly height · width pixels.</exception>
    public static Rle Decode(ReadOnlySpan<char> text, int height, int width)
    {
        long pixels = (long)height * width,
            sum = 0;
        var counts = new List<int>(text.Length);
        for (int at = 0; at < text.Length; )
        {
            long count = Next(text, ref at) + (counts.Count > 2 ? counts[^2] : 0);
            sum += count;
            if (count < 0 || sum > pixels)
                throw new InvalidDataException($"run {counts.Count} has {count} pixels and ends at {sum} of {pixels}");
            counts.Add((int)count);
        }

        if (sum != pixels)
            throw new InvalidDataException($"expected runs of {pixels} pixels in all for {width}×{height}, got {sum}");
        return new(height, width, [.. counts]);
    }

    static void Append(StringBuilder text, int number)
    {
        for (bool more = true; more; )
        {
            int group = number & GroupMask;
            number >>= GroupBits;
            more = number != ((group & Sign) != 0 ? -1 : 0);
            text.Append((char)(First + group + (more ? More : 0)));
        }
    }

    static long Next(ReadOnlySpan<char> text, ref int at)
    {
        long number = 0;
        for (int bits = 0; ; )
        {
            int group = at < text.Length ? text[at] - First : throw new InvalidDataException("its last number is cut off");
            if (group is < 0 or > 63 || bits > 30)
                throw new InvalidDataException($"character {at} is not of a run");
            number |= (long)(group & GroupMask) << bits;
            at++;
            bits += GroupBits;
            if ((group & More) == 0)
                return (group & Sign) != 0 ? number - (1L << bits) : number;
        }
    }
}

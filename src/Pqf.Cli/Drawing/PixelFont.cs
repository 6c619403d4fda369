using System.Collections.Frozen;

namespace Pqf.Cli.Drawing;

/// <summary>Capital letters of 5 × 7 pixels: the same on every machine, whatever fonts it has.</summary>
static class PixelFont
{
    /// <summary>Rows of a letter.</summary>
    public const int Height = 7;

    /// <summary>Columns of a letter and of the gap after it.</summary>
    public const int Advance = 6;

    const int Width = 5;

    // For letters that are not drawn here.
    const string Unknown = "1F 11 11 11 11 11 1F";

    // Seven rows from the top, each a number of five bits, the highest bit at the left.
    static readonly FrozenDictionary<char, byte[]> Letters = new (char Letter, string Rows)[]
    {
        ('A', "0E 11 11 1F 11 11 11"), ('B', "1E 11 11 1E 11 11 1E"), ('C', "0E 11 10 10 10 11 0E"), ('D', "1E 11 11 11 11 11 "
            + "1E"), ('E', "1F 10 10 1E 10 10 1F"), ('F', "1F 10 10 1E 10 10 10"),
        ('G', "0E 11 10 17 11 11 0F"), ('H', "11 11 11 1F 11 11 11"), ('I', "0E 04 04 04 04 04 0E"), ('J', "01 01 01 01 11 11 "
            + "0E"), ('K', "11 12 14 18 14 12 11"), ('L', "10 10 10 10 10 10 1F"),
        ('M', "11 1B 15 15 11 11 11"), ('N', "11 19 15 13 11 11 11"), ('O', "0E 11 11 11 11 11 0E"), ('P', "1E 11 11 1E 10 10 "
            + "10"), ('Q', "0E 11 11 11 15 12 0D"), ('R', "1E 11 11 1E 14 12 11"),
        ('S', "0F 10 10 0E 01 01 1E"), ('T', "1F 04 04 04 04 04 04"), ('U', "11 11 11 11 11 11 0E"), ('V', "11 11 11 11 11 0A "
            + "04"), ('W', "11 11 11 15 15 1B 11"), ('X', "11 11 0A 04 0A 11 11"),
        ('Y', "11 11 0A 04 04 04 04"), ('Z', "1F 01 02 04 08 10 1F"), ('0', "0E 11 13 15 19 11 0E"), ('1', "04 0C 04 04 04 04 "
            + "0E"), ('2', "0E 11 01 06 08 10 1F"), ('3', "0E 11 01 06 01 11 0E"),
        ('4', "02 06 0A 12 1F 02 02"), ('5', "1F 10 1E 01 01 11 0E"), ('6', "06 08 10 1E 11 11 0E"), ('7', "1F 01 02 04 08 08 "
            + "08"), ('8', "0E 11 11 0E 11 11 0E"), ('9', "0E 11 11 0F 01 02 0C"),
        (' ', "00 00 00 00 00 00 00"), ('.', "00 00 00 00 00 0C 0C"), (',', "00 00 00 00 0C 04 08"), ('-', "00 00 00 0E 00 00 "
            + "00"), ('_', "00 00 00 00 00 00 1F"), ('\'', "04 04 08 00 00 00 00"),
        ('%', "18 19 02 04 08 13 03"), ('/', "01 01 02 04 08 10 10"), ('(', "02 04 08 08 08 04 02"), (')', "08 04 02 02 02 04 "
            + "08"), (':', "00 0C 0C 00 0C 0C 00"), ('&', "0C 12 14 08 15 12 0D"), ('+', "00 04 04 1F 04 04 00"),
    }.ToFrozenDictionary(pair => pair.Letter, pair => Rows(pair.Rows));

    /// <summary>Columns of a text, without the gap after its last letter.</summary>
    public static int WidthOf(string text) => Math.Max(0, (text.Length * Advance) - 1);

    /// <summary>The pixels of a text, by column and row; small letters are drawn as capitals.</summary>
    public static IEnumerable<(int X, int Y)> PixelsOf(string text)
    {
        byte[] unknown = Rows(Unknown);
        return text.SelectMany((letter, place) =>
        {
            byte[] rows = Letters.GetValueOrDefault(char.ToUpperInvariant(letter), unknown);
            return Enumerable.Range(0, Height * Width)
                .Where(i => ((rows[i / Width] >> (Width - 1 - (i % Width))) & 1) == 1)
                .Select(i => ((place * Advance) + (i % Width), i / Width));
        });
    }

    static byte[] Rows(string rows) => Convert.FromHexString(rows.Replace(" ", "", StringComparison.Ordinal));
}

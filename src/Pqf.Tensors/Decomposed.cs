using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Pqf.Tensors;

/// <summary>Names as they are compared: letters with accents as letter and accent.</summary>
/// <remarks>macOS writes the names of files so, other systems and most files of annotations do not. .NET without culture data leaves
/// <see cref="string.Normalize()"/> without effect. Source: Unicode 14, section 3.12 and UnicodeData.txt: the decompositions into two
/// characters, which leave out compatibility ideographs. Accents keep their order.</remarks>
public static class Decomposed
{
    // Korean syllables: section 3.12 of the standard.
    const int Syllables = 0xAC00,
        SyllableCount = 11_172,
        Leads = 0x1100,
        Vowels = 0x1161,
        Trails = 0x11A7,
        VowelCount = 21,
        TrailCount = 28;

    static readonly FrozenDictionary<char, (char First, char Second)> Pairs = Read();

    /// <summary>The text with every letter decomposed; texts that look the same become the same.</summary>
    public static string Of(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        var result = new StringBuilder(text.Length + 8);
        foreach (char letter in text)
            Append(result, letter);
        return result.ToString();
    }

    static void Append(StringBuilder result, char letter)
    {
        if (Pairs.TryGetValue(letter, out var pair))
        {
            Append(result, pair.First);
            result.Append(pair.Second);
        }
        else if (letter - Syllables is >= 0 and < SyllableCount and var number)
        {
            result.Append((char)(Leads + (number / (VowelCount * TrailCount))));
            result.Append((char)(Vowels + (number / TrailCount % VowelCount)));
            if (number % TrailCount > 0)
                result.Append((char)(Trails + (number % TrailCount)));
        }
        else
        {
            result.Append(letter);
        }
    }

    static FrozenDictionary<char, (char First, char Second)> Read()
    {
        using var reader = new StreamReader(typeof(Decomposed).Assembly.GetManifestResourceStream("Pqf.Tensors.decompositions.tsv")!);
        return reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line =>
                line.Split('\t').Select(code => (char)int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray()
            )
            .ToFrozenDictionary(letters => letters[0], letters => (letters[1], letters[2]));
    }
}

using System.Globalization;
using System.Text;

namespace Pqf.Tensors;

/// <summary>Text from files and settings, made fit to be shown: it cannot move a terminal's cursor, change colours or titles, or begin a
/// line of its own.</summary>
/// <remarks>The only place that escapes and cuts. Escaped are control characters, line and paragraph separators, marks that change the
/// direction of text, and halves of surrogate pairs; as in JSON and C#, <c>\n</c> and <c>\u001b</c>.</remarks>
public static class Printable
{
    const int LongestName = 200,
        LongestLine = 4000,
        MessageEnd = 300;

    /// <summary>One line of text, cut after 4,000 characters.</summary>
    public static string Line(string text) => Escape(text, LongestLine);

    /// <summary>One line of text, whole, for files.</summary>
    public static string Whole(string text) => Escape(text, int.MaxValue);

    /// <summary>One name of a tensor, a key or a class, cut after 200 characters.</summary>
    public static string Name(string name) => Escape(name, LongestName);

    /// <summary>What another library says of a file, which may quote much of it: of more than 600 characters, the first and last
    /// 300.</summary>
    public static string Message(string text) =>
        text.Length <= 2 * MessageEnd
            ? Line(text)
            : string.Create(CultureInfo.InvariantCulture, $"{Line(text[..MessageEnd])} … {Line(text[^MessageEnd..])}");

    static string Escape(string text, int longest)
    {
        string shown = text.Length <= longest ? text : text[..longest];
        string escaped = shown.EnumerateRunes().All(IsHarmless) && !shown.Any(char.IsSurrogate) ? shown : Escaped(shown);
        return shown.Length == text.Length
            ? escaped
            : string.Create(CultureInfo.InvariantCulture, $"{escaped}… ({text.Length} characters)");
    }

    static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                escaped.Append(text[i]).Append(text[++i]);
            else if (!char.IsSurrogate(text[i]) && IsHarmless(new Rune(text[i])))
                escaped.Append(text[i]);
            else
                escaped.Append(
                    text[i] switch
                    {
                        '\n' => @"\n",
                        '\r' => @"\r",
                        '\t' => @"\t",
                        '\0' => @"\0",
                        var other => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)other:x4}"),
                    }
                );
        }

        return escaped.ToString();
    }

    static bool IsHarmless(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && rune.Value is not (0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069));
}

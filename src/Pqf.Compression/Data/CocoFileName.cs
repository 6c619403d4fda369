using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Pqf.Compression.Data;

/// <summary>A name of an image as files of annotations have it: bare, with folders, of another machine, or with an address before
/// it.</summary>
/// <param name="Text">As the file has it.</param>
/// <param name="Parts">Folders and the file's own name, <c>..</c> among them.</param>
/// <param name="IsForeign">Whether it begins at a root or an address that is not this machine's: its end alone says something.</param>
sealed partial record CocoFileName(string Text, ImmutableArray<string> Parts, bool IsForeign)
{
    /// <summary>With this system's separators.</summary>
    public string Relative => string.Join('/', Parts);

    /// <summary>The name without folders.</summary>
    public string Base => Parts is [.., var last] ? last : "";

    /// <summary>Whether it leads up.</summary>
    public bool LeadsUp => Parts.Contains("..");

    /// <summary>Reads a name. Backslashes are Windows' separators; <c>file:///C:/a/b.jpg</c> is a/b.jpg of another machine.</summary>
    public static CocoFileName Of(string text)
    {
        string plain = text.Replace('\\', '/');
        bool isAddress = Scheme().Match(plain) is { Success: true };
        if (isAddress)
            // The host, or the bucket, goes with the scheme; a query goes too.
            plain = "/" + Uri.UnescapeDataString(Scheme().Replace(plain, "").Split('?', '#')[0]);
        bool isForeign = plain.StartsWith('/') || Drive().IsMatch(plain);
        plain = Drive().Replace(plain, "");
        return new(text, [.. plain.Split('/').Where(part => part is not ("" or "."))], isForeign);
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]+://[^/]*")]
    private static partial Regex Scheme();

    [GeneratedRegex("^/?[A-Za-z]:")]
    private static partial Regex Drive();
}

using System.Collections.Immutable;

namespace Pqf.Cli.Drawing;

/// <summary>What kinds of file pictures are written as.</summary>
enum PictureKind
{
    /// <summary>JPEG of photographs that are JPEG, PNG of all others.</summary>
    Auto,

    /// <summary>JPEG.</summary>
    Jpg,

    /// <summary>PNG, without loss.</summary>
    Png,
}

/// <summary>Names and kinds of the pictures that are drawn of photographs.</summary>
static class PictureFiles
{
    /// <summary>Ending of JPEG's names.</summary>
    public const string Jpeg = ".jpg";

    const string Png = ".png";

    static readonly ImmutableArray<string> JpegEndings = [Jpeg, ".jpeg", ".jfif"];

    /// <summary>The file of each photograph's picture.</summary>
    /// <param name="photographs">Paths.</param>
    /// <param name="folder">Of the pictures.</param>
    /// <param name="kind">What they are written as.</param>
    public static ImmutableArray<string> Of(ImmutableArray<string> photographs, string folder, PictureKind kind)
    {
        var taken = photographs.Select(Path.GetFullPath).ToHashSet(StringComparer.Ordinal);
        return [.. PictureNames.Of(photographs).Select((name, i) => PathOf(name, photographs[i]))];

        string PathOf(string name, string photograph)
        {
            string path = Path.Combine(folder, name);
            // A photograph is not written over where its picture may be of the other kind.
            bool isJpeg =
                kind == PictureKind.Jpg
                || (kind == PictureKind.Auto && IsJpeg(photograph) && !taken.Contains(Path.GetFullPath(path + Jpeg)));
            return path + (isJpeg ? Jpeg : Png);
        }
    }

    /// <summary>Whether a file is a JPEG by its name.</summary>
    public static bool IsJpeg(string path) => JpegEndings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}

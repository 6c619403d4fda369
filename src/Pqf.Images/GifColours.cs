namespace Pqf.Images;

/// <summary>Colours of a GIF file's first picture.</summary>
/// <remarks>Source: GIF89a, sections 18 to 25.</remarks>
static class GifColours
{
    const int HeaderLength = 13,
        DescriptorLength = 10;

    /// <summary>Whether bytes begin as a GIF file does.</summary>
    public static bool IsGif(ReadOnlySpan<byte> bytes) => bytes.StartsWith("GIF8"u8) && bytes.Length >= HeaderLength;

    /// <summary>The colour that transparent pixels have in the table of colours: the one that is seen where transparency is dropped. Pixels
    /// outside of the first picture get it as well, as in Pillow.</summary>
    /// <param name="file">A file that begins as <see cref="IsGif"/> says.</param>
    /// <returns>Red, green and blue; black if there is no table.</returns>
    public static (byte Red, byte Green, byte Blue) Transparent(ReadOnlySpan<byte> file)
    {
        var colours = Table(file, HeaderLength, file[10]);
        int at = HeaderLength + colours.Length,
            transparent = 0;
        while (at + 1 < file.Length && file[at] == 0x21)
        {
            if (file[at + 1] == 0xF9 && at + 6 < file.Length && (file[at + 3] & 1) != 0)
                transparent = file[at + 6];
            for (at += 2; at < file.Length && file[at] != 0; )
                at += file[at] + 1;
            at++;
        }

        if (at + DescriptorLength <= file.Length && file[at] == 0x2C && (file[at + 9] & 0x80) != 0)
            colours = Table(file, at + DescriptorLength, file[at + 9]);
        return (3 * transparent) + 2 < colours.Length
            ? (colours[3 * transparent], colours[(3 * transparent) + 1], colours[(3 * transparent) + 2])
            : default;
    }

    /// <summary>A table of colours; empty if there is none.</summary>
    static ReadOnlySpan<byte> Table(ReadOnlySpan<byte> file, int at, byte flags)
    {
        int length = (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
        return at + length <= file.Length ? file.Slice(at, length) : [];
    }
}

using System.Collections.Immutable;

namespace Pqf.Compression.Reporting;

/// <summary>Draws codebooks: each centroid a small picture of its values, negative ones blue, positive ones red, zero pale.</summary>
static class CodebookPicture
{
    const int Gap = 1,
        Middle = 128,
        Steps = 127;

    // Pixels of value 1 of these many are beyond the scale: a single large weight would leave all others pale.
    const double ShareBeyond = 0.005;

    static readonly ImmutableArray<(byte Red, byte Green, byte Blue)> Palette = CreatePalette();

    /// <summary>A PNG file; between centroids it is transparent.</summary>
    public static byte[] Png(Codebook codebook)
    {
        int columns = Columns(codebook),
            rows = (codebook.Centroids.Length + columns - 1) / columns;
        int width = (columns * (codebook.Width + Gap)) - Gap,
            height = (rows * (codebook.Height + Gap)) - Gap;
        byte[] pixels = new byte[width * height];
        double scale = Scale(codebook);
        for (int c = 0; c < codebook.Centroids.Length; c++)
        for (int i = 0; i < codebook.D; i++)
        {
            var (x, y) = codebook.PlaceOf(i);
            int left = c % columns * (codebook.Width + Gap),
                top = c / columns * (codebook.Height + Gap);
            pixels[((top + y) * width) + left + x] = ColourOf(codebook.Centroids[c][i] / scale);
        }

        return IndexedPng.Write(width, height, pixels, Palette.AsSpan());
    }

    /// <summary>So many that the picture is about a square.</summary>
    static int Columns(Codebook codebook) =>
        Math.Max(1, (int)Math.Round(Math.Sqrt((double)codebook.Centroids.Length * (codebook.Height + Gap) / (codebook.Width + Gap))));

    /// <summary>The value that gets the strongest colour.</summary>
    static double Scale(Codebook codebook)
    {
        double[] sizes = [.. codebook.Centroids.SelectMany(centroid => centroid).Select(value => Math.Abs((double)value)).Order()];
        double scale = sizes[(int)((1 - ShareBeyond) * (sizes.Length - 1))];
        return scale > 0 ? scale : 1;
    }

    static byte ColourOf(double value) => (byte)(Middle + (int)Math.Round(Steps * Math.Clamp(value, -1, 1)));

    static ImmutableArray<(byte Red, byte Green, byte Blue)> CreatePalette()
    {
        (int Red, int Green, int Blue)[] stops = [(22, 68, 122), (108, 164, 205), (246, 243, 236), (233, 151, 110), (152, 45, 22)];
        return
        [
            (0, 0, 0),
            .. Enumerable
                .Range(1, 255)
                .Select(i =>
                {
                    double at = (i - 1) / 254.0 * (stops.Length - 1);
                    int stop = Math.Min((int)at, stops.Length - 2);
                    byte Mix(int from, int to) => (byte)Math.Round(from + ((at - stop) * (to - from)));
                    return (
                        Mix(stops[stop].Red, stops[stop + 1].Red),
                        Mix(stops[stop].Green, stops[stop + 1].Green),
                        Mix(stops[stop].Blue, stops[stop + 1].Blue)
                    );
                }),
        ];
    }
}

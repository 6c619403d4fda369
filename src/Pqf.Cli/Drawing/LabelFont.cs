using System.Globalization;
using Pqf.Tensors;
using SkiaSharp;

namespace Pqf.Cli.Drawing;

/// <summary>Letters of labels: DejaVu Sans, which is part of the program, so that pictures do not depend on a machine's fonts. It has
/// Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters and many signs; a letter that it lacks is drawn as a
/// box.</summary>
/// <remarks>Letters are drawn as outlines, one after the other from the left.</remarks>
sealed class LabelFont : IDisposable
{
    const string Resource = "Pqf.Cli.Drawing.DejaVuSans.ttf",
        Cut = "…";

    readonly SKTypeface typeface;
    readonly SKFont font;

    /// <summary>Opens the font.</summary>
    /// <param name="size">Pixels from line to line, about; capitals have 0.73 of it.</param>
    public LabelFont(float size)
    {
        using var stream =
            typeof(LabelFont).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"LabelFont: expected the resource {Resource}, which is part of the program");
        using var data = SKData.Create(stream);
        typeface = SKTypeface.FromData(data);
        font = new SKFont(typeface, size) { Hinting = SKFontHinting.None, Subpixel = true };
    }

    /// <summary>Pixels from the top of the highest letter to the foot of the lowest one.</summary>
    public int Height => (int)Math.Ceiling(font.Metrics.Descent - font.Metrics.Ascent);

    /// <summary>Columns of a text.</summary>
    public int WidthOf(string text) => (int)Math.Ceiling(font.MeasureText(text));

    /// <summary>Whether the font lacks a letter of a text.</summary>
    public bool Lacks(string text) => !font.ContainsGlyphs(text);

    /// <summary>A name and what follows it, on one line; of a name that is too long, its beginning.</summary>
    /// <param name="name">Of a class.</param>
    /// <param name="end">What must be there.</param>
    /// <param name="width">Columns that there are.</param>
    public string Fit(string name, string end, int width)
    {
        string whole = Printable.Name(name);
        if (WidthOf(whole + end) <= width)
            return whole + end;
        int[] starts = StringInfo.ParseCombiningCharacters(whole);
        for (int kept = starts.Length - 1; kept > 0; kept--)
            if (whole[..starts[kept]].TrimEnd() + Cut + end is var cut && WidthOf(cut) <= width)
                return cut;
        return Cut + end;
    }

    /// <summary>The outline of a text.</summary>
    /// <param name="text">One line.</param>
    /// <param name="left">First column.</param>
    /// <param name="top">Row of the top of the highest letter.</param>
    public SKPath OutlineOf(string text, float left, float top) => font.GetTextPath(text, new SKPoint(left, top - font.Metrics.Ascent));

    /// <inheritdoc/>
    public void Dispose()
    {
        font.Dispose();
        typeface.Dispose();
    }
}

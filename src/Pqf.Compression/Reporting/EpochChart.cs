using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>A value after an epoch.</summary>
/// <param name="Epoch">Counted from 1; 0 is before the first.</param>
/// <param name="Value">The value.</param>
readonly record struct EpochPoint(int Epoch, double Value);

/// <summary>A value of each epoch.</summary>
static class EpochChart
{
    const double Width = 480,
        Height = 280,
        Left = 60,
        Right = 16,
        Top = 14,
        Bottom = 44;

    /// <summary>The drawing.</summary>
    /// <param name="label">For those who do not see it.</param>
    /// <param name="points">Rising epochs; values that are no numbers are left out.</param>
    /// <param name="best">The epoch that is marked; null for none.</param>
    /// <param name="text">How a value is written.</param>
    /// <param name="highest">The highest value that there can be; the lowest is 0, unless a point is below it.</param>
    public static XElement Of(string label, ImmutableArray<EpochPoint> points, int? best, Func<double, string> text, double highest)
    {
        points = [.. points.Where(point => double.IsFinite(point.Value))];
        if (points.IsEmpty)
            return Drawing(label, Width, Height);
        Axis x = new(points[0].Epoch, Math.Max(points[^1].Epoch, points[0].Epoch + 1), Left, Width - Right),
            y = Values(points.Min(point => point.Value), points.Max(point => point.Value), highest);
        return Drawing(
            label,
            Width,
            Height,
            Grid(x, y, text),
            Path("smooth", points.Select(point => (x.At(point.Epoch), y.At(point.Value)))),
            points
                .Where(point => point.Epoch == best)
                .Select(point =>
                    Tag("g.mark.result", Tag("circle", With(("cx", x.At(point.Epoch)), ("cy", y.At(point.Value)), ("r", 6.0))))
                )
        );
    }

    /// <summary>The axis of values, somewhat longer than they need. Equal values get a tenth of their size, so that its marks differ.
    /// </summary>
    static Axis Values(double least, double most, double highest)
    {
        double margin = most > least ? 0.08 * (most - least) : Math.Max(0.01, 0.05 * Math.Abs(most));
        return new(
            least < 0 ? least - margin : Math.Max(0, least - margin),
            most > highest ? most + margin : Math.Min(highest, most + margin),
            Height - Bottom,
            Top
        );
    }

    static IEnumerable<XElement> Grid(Axis x, Axis y, Func<double, string> text)
    {
        foreach (double value in Axis.Ticks(y.From, y.To))
        {
            yield return Line("grid", Left, y.At(value), Width - Right, y.At(value));
            yield return Text("tick", Left - 8, y.At(value) + 4, "end", text(value));
        }

        int step = Math.Max(1, (int)Math.Ceiling((x.To - x.From) / 8));
        for (double epoch = x.From; epoch <= x.To; epoch += step)
            yield return Text("tick", x.At(epoch), Height - Bottom + 18, "middle", epoch.ToString("0", CultureInfo.InvariantCulture));
        yield return Text("axis", Width - Right, Height - 6, "end", "epoch");
    }
}

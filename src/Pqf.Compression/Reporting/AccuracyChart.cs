using System.Globalization;
using System.Xml.Linq;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>Accuracy against size: both axes by factors, the one of the size and of the images that are wrong.</summary>
static class AccuracyChart
{
    const double Width = 480,
        Height = 320,
        Left = 52,
        Right = 16,
        Top = 14,
        Bottom = 44,
        LabelGap = 17;

    // An accuracy of 100 % has no place on an axis of factors.
    const double LeastError = 2e-4;

    static readonly double[] Errors = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002];

    /// <summary>The drawing.</summary>
    public static XElement Of(CompressionReport report)
    {
        var x = SizeAxis(report);
        var y = ErrorAxis(report);
        (double X, double Y)[] points =
        [
            .. report.Stages.Select(stage => (x.At(Math.Log2(stage.SizeBits)), y.At(LogError(stage.Accuracy.Value)))),
        ];
        return Drawing(
            "Accuracy against size of each stage",
            Width,
            Height,
            Grid(x, y),
            Path("way", points),
            report.Stages.Select((stage, i) => Mark(stage, points[i].X, y, i == report.Stages.Length - 1)),
            Labels(report, points)
        );
    }

    static Axis SizeAxis(CompressionReport report)
    {
        double[] sizes = [.. report.Stages.Select(stage => Math.Log2(stage.SizeBits))];
        return new(sizes.Min() - 0.7, sizes.Max() + 0.7, Left, Width - Right);
    }

    static Axis ErrorAxis(CompressionReport report)
    {
        double worst = report.Stages.Max(stage => 1 - stage.Accuracy.Interval95.Low),
            best = report.Stages.Min(stage => 1 - stage.Accuracy.Interval95.High);
        return new(Math.Log(Math.Min(1, worst * 1.25)), Math.Log(Math.Max(LeastError, best * 0.8)), Height - Bottom, Top);
    }

    static IEnumerable<XElement> Grid(Axis x, Axis y)
    {
        foreach (double error in Errors.Where(error => Math.Log(error) <= y.From + 1e-9 && Math.Log(error) >= y.To))
        {
            double at = y.At(Math.Log(error));
            yield return Line("grid", Left, at, Width - Right, at);
            yield return Text("tick", Left - 8, at + 4, "end", string.Create(CultureInfo.InvariantCulture, $"{100 * (1 - error):0.##} %"));
        }

        for (int power = (int)Math.Ceiling(x.From); power <= x.To; power++)
        {
            yield return Line("grid", x.At(power), Top, x.At(power), Height - Bottom);
            yield return Text("tick", x.At(power), Height - Bottom + 18, "middle", SizeText(power));
        }

        yield return Text("axis", Width - Right, Height - 6, "end", "size of the parameters");
    }

    // 2¹³ bits are a KiB.
    static string SizeText(int power) =>
        power >= 23 ? $"{1L << (power - 23)} MiB"
        : power >= 13 ? $"{1 << (power - 13)} KiB"
        : $"{1 << power} bits";

    /// <summary>A point and its 95 % interval.</summary>
    static XElement Mark(Stage stage, double x, Axis y, bool isResult)
    {
        var (low, high) = stage.Accuracy.Interval95;
        return Tag(
            isResult ? "g.mark.result" : "g.mark",
            Tag("title", $"{stage.Name}: {Figures.Percent(stage.Accuracy)}"),
            Line("interval", x, y.At(LogError(low)), x, y.At(LogError(high))),
            Tag("circle", With(("cx", x), ("cy", y.At(LogError(stage.Accuracy.Value))), ("r", 5.0)))
        );
    }

    /// <summary>Beside the points, moved apart where they would cover each other.</summary>
    static IEnumerable<XElement> Labels(CompressionReport report, (double X, double Y)[] points)
    {
        double free = double.NegativeInfinity;
        foreach (int i in Enumerable.Range(1, points.Length - 1).OrderBy(i => points[i].Y))
        {
            double y = Math.Max(points[i].Y + 4, free + LabelGap);
            free = y;
            yield return Label(report.Stages[i], points[i].X + 12, y, "start", i == points.Length - 1);
        }

        yield return Label(report.Dense, points[0].X + 6, points[0].Y - 16, "end", false);
    }

    static XElement Label(Stage stage, double x, double y, string anchor, bool isResult) =>
        Text(
            isResult ? "label.result" : "label",
            x,
            y,
            anchor,
            string.Create(CultureInfo.InvariantCulture, $"{stage.Name} {100 * stage.Accuracy.Value:0.0} %")
        );

    static double LogError(double accuracy) => Math.Log(Math.Max(LeastError, 1 - accuracy));
}

using System.Globalization;
using System.Xml.Linq;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>The loss of each step of fine-tuning, and its moving average.</summary>
static class LossChart
{
    const double Width = 480,
        Height = 320,
        Left = 44,
        Right = 16,
        Top = 14,
        Bottom = 44;

    // Of the average, in steps: a tenth of a short run's, and no more than the eye would smooth itself.
    const int LongestWindow = 20;

    // A first step may lie far above all others.
    const double ShareShown = 0.99;

    /// <summary>The drawing.</summary>
    public static XElement Of(CompressionReport report)
    {
        double[] losses = [.. report.Steps.Select(step => step.Loss)];
        double most = losses.Order().ElementAt((int)(ShareShown * (losses.Length - 1))) * 1.08;
        Axis x = new(0, losses.Length, Left, Width - Right),
            y = new(0, most, Height - Bottom, Top);
        return Drawing(
            "Loss of each step of fine-tuning",
            Width,
            Height,
            Grid(report, x, y),
            Path("raw", losses.Select((loss, i) => (x.At(i + 0.5), Math.Max(Top, y.At(loss))))),
            Path("smooth", Average(losses).Select((loss, i) => (x.At(i + 0.5), Math.Max(Top, y.At(loss)))))
        );
    }

    static IEnumerable<XElement> Grid(CompressionReport report, Axis x, Axis y)
    {
        foreach (double loss in Axis.Ticks(y.To))
        {
            yield return Line("grid", Left, y.At(loss), Width - Right, y.At(loss));
            yield return Text("tick", Left - 8, y.At(loss) + 4, "end", loss.ToString("0.###", CultureInfo.InvariantCulture));
        }

        foreach (double step in Axis.Ticks(x.To))
            yield return Text("tick", x.At(step), Height - Bottom + 18, "middle", Figures.Count((long)step));
        for (int step = report.StepsPerEpoch; step > 0 && step < x.To; step += report.StepsPerEpoch)
            yield return Line("epoch", x.At(step), Top, x.At(step), Height - Bottom);
        yield return Text("axis", Width - Right, Height - 6, "end", "step");
    }

    /// <summary>At each step the mean of the steps around it.</summary>
    static IEnumerable<double> Average(double[] losses)
    {
        int half = Math.Min(LongestWindow, losses.Length / 10) / 2;
        return losses.Select(
            (_, i) =>
            {
                int reach = Math.Min(half, Math.Min(i, losses.Length - 1 - i)); // the same on both sides, or the ends would be off
                return losses.AsSpan(i - reach, (2 * reach) + 1).ToArray().Average();
            }
        );
    }
}

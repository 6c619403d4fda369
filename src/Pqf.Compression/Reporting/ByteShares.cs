using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>What a network's size consists of.</summary>
public static class ByteShares
{
    const double Width = 1000,
        Height = 34;

    /// <summary>The section.</summary>
    /// <param name="model">The network as files hold it.</param>
    public static ReportSection Of(PqfModel model)
    {
        (string Name, string Colour, long Bits)[] shares = [.. Shares(model).Where(share => share.Bits > 0)];
        double total = shares.Sum(share => share.Bits);
        return new(
            "Where the bytes go",
            "Parameters as files hold them. A file also holds its header, the graph and the preprocessing, some kilobytes. Statistics of "
                + "norms are folded into their scales.",
            [
                new ReportPart.Drawing(Bar(shares, total)),
                new ReportPart.Table(
                    "bytes",
                    [new("part"), new("bytes", ReportColumnKind.Number), new("share", ReportColumnKind.Number)],
                    [
                        .. shares.Select(share =>
                            ReportRow.Of(share.Name, Figures.Count((share.Bits + 7) / 8), Figures.Percent(share.Bits / total))
                        ),
                        ReportRow.Of("all", Figures.Count((long)((total + 7) / 8)), Figures.Percent(1.0)) with
                        {
                            IsResult = true,
                        },
                    ]
                ),
            ]
        );
    }

    static IEnumerable<(string Name, string Colour, long Bits)> Shares(PqfModel model)
    {
        ParameterSpec[] specs =
        [
            .. ParameterSpecs.Of(model.Graph).Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar)),
        ];
        var weights = specs.Where(spec => spec.Role == ParameterRole.Weight).Select(spec => model.Parameters[spec.Name]).ToList();
        var quantised = weights.OfType<Weight.Quantised>().ToList();
        long codes = quantised.Sum(weight => weight.Codes.Shape.Count * (long)Cost.BitsPerCode(weight.K)),
            coded = quantised.Sum(weight => weight.SizeBits);
        yield return ("codes: which block each place has", "cool", codes);
        yield return ("codebooks: the blocks", "warm", coded - codes);
        yield return ("weights without codes", "plain", weights.Sum(weight => weight.SizeBits) - coded);
        yield return (
            "biases and norms",
            "pale",
            specs.Where(spec => spec.Role != ParameterRole.Weight).Sum(spec => model.Parameters[spec.Name].SizeBits)
        );
    }

    static XElement Bar((string Name, string Colour, long Bits)[] shares, double total)
    {
        var parts = ImmutableArray.CreateBuilder<XElement>();
        double left = 0;
        foreach (var (name, colour, bits) in shares)
        {
            double width = Width * bits / total;
            parts.Add(
                Tag(
                    $"rect.{colour}",
                    With(("x", left), ("y", 0.0), ("width", Math.Max(0.5, width - 2)), ("height", Height), ("rx", 3.0)),
                    Tag("title", string.Create(CultureInfo.InvariantCulture, $"{name}: {100 * bits / total:0.0} %"))
                )
            );
            left += width;
        }

        return Drawing("Shares of codes, codebooks and everything else", Width, Height, parts.ToImmutable());
    }
}

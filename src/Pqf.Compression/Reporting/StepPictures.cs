using System.Collections.Immutable;
using System.Xml.Linq;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>What each step of the method does, in a small picture and a sentence.</summary>
static class StepPictures
{
    const double Width = 168,
        Height = 84,
        Cell = 15,
        Top = 12;

    /// <summary>Permuting: channels that are alike come to stand in one block.</summary>
    public static ReportFigure Permuted { get; } =
        Of(
            "Permute",
            "Channels change places, in all layers that share them, so that the blocks of a weight resemble each other. The network's "
                + "function stays the same.",
            "Channels in two colours, mixed, then sorted by colour",
            Arrow(),
            Squares(8, (row, column) => (row + column) % 2 == 0 ? "cool" : "warm", _ => 1),
            Squares(Right, (row, _) => row < 2 ? "cool" : "warm", _ => 1)
        );

    /// <summary>Quantising: each block becomes the number of a row of a codebook.</summary>
    public static ReportFigure Quantised { get; } =
        Of(
            "Quantise",
            "The layer's codebook has a few hundred blocks. Each block of the weight is replaced by the number of the nearest one. Files "
                + "hold the numbers and the codebook.",
            "Squares of many shades become squares of three",
            Arrow(),
            Squares(8, (_, _) => "cool", at => 0.15 + (0.85 * (((at * 7) + 3) % 16) / 15.0)),
            Squares(Right, (_, _) => "cool", at => 0.2 + (0.4 * Math.Round(((at * 7) + 3) % 16 / 7.5)))
        );

    /// <summary>Calibrating: what layers give is brought back to what it was.</summary>
    /// <param name="isOfLayers">Whether layers are fitted, not norms alone.</param>
    /// <param name="isOfNetwork">Whether the network is trained on the dense network's answers after that.</param>
    public static ReportFigure Calibrated(bool isOfLayers, bool isOfNetwork = false) =>
        Of(
            "Calibrate",
            "Photographs without labels run through both networks. Norms are fitted so that the quantised layers' outputs match those "
                + "of the dense network. "
                + (
                    isOfNetwork ? "Codebooks and biases are fitted too, and then trained on the dense network's answers (level network)."
                    : isOfLayers ? "Codebooks and biases are fitted too (level layers)."
                    : "Nothing else is fitted (level norms)."
                ),
            "A curve beside a dashed one moves onto it",
            Path("dash", Bell(56)),
            Path("off", Bell(112)),
            Path("flow", Bell(62))
        );

    /// <summary>Fine-tuning: codebooks learn.</summary>
    public static ReportFigure FineTuned { get; } =
        Of(
            "Fine-tune",
            "Training on labelled images moves codebooks, norms and dense layers. Codes stay as they are.",
            "A loss that falls",
            Path("flow", Enumerable.Range(0, 36).Select(i => (10 + (4.2 * i), 12 + (60 * (1 - Math.Exp(-i / 9.0))))))
        );

    /// <summary>The section that shows steps.</summary>
    public static ReportSection Section(params ImmutableArray<ReportFigure> steps) =>
        new(
            "What was done",
            "The method of Martinez et al., Permute, Quantize, and Fine-tune (CVPR 2021).",
            [new ReportPart.Gallery("steps", steps)]
        );

    static double Right => Width - 8 - (4 * Cell);

    static ReportFigure Of(string name, string text, string label, params object[] content) =>
        new(Drawing(label, Width, Height, content), name, text);

    static IEnumerable<XElement> Squares(double left, Func<int, int, string> colour, Func<int, double> strength) =>
        Enumerable
            .Range(0, 16)
            .Select(at =>
                Tag(
                    $"rect.{colour(at / 4, at % 4)}",
                    With(
                        ("x", left + (at % 4 * Cell)),
                        ("y", Top + (at / 4 * Cell)),
                        ("width", Cell - 2),
                        ("height", Cell - 2),
                        ("rx", 2.0),
                        ("fill-opacity", strength(at))
                    )
                )
            );

    static XElement Arrow() => Path("arrow", [(74, 41), (94, 41), (88, 35), (94, 41), (88, 47)]);

    static IEnumerable<(double X, double Y)> Bell(double centre) =>
        Enumerable.Range(0, 43).Select(i => 4.0 * i).Select(x => (x, 74 - (58 * Math.Exp(-Math.Pow((x - centre) / 24, 2)))));
}

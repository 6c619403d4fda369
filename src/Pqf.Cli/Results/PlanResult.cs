using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;

namespace Pqf.Cli.Results;

/// <summary>What compressing a network would give.</summary>
/// <param name="Layers">Weights, in graph order.</param>
/// <param name="OtherBits">Bits of biases, norms and other values that are no layer's weight.</param>
/// <param name="SizeBits">Bits of the compressed network; of the size asked for, where there is one.</param>
/// <param name="DenseBits">Bits of the dense network.</param>
/// <param name="Files">Files that would be written, with their exact sizes; none where a size is asked for.</param>
/// <param name="HasTarget">Whether a size is asked for: each layer's block length and codebook are then chosen by the work itself.</param>
sealed record PlanResult(
    IReadOnlyList<LayerPlan> Layers,
    long OtherBits,
    long SizeBits,
    long DenseBits,
    IReadOnlyList<FilePlan> Files,
    bool HasTarget
) : CommandResult
{
    const string Unknown = "chosen";

    /// <summary>How many times smaller the network would be than its dense form.</summary>
    public double Ratio => (double)DenseBits / SizeBits;

    /// <summary>Describes a plan.</summary>
    public static PlanResult Of(CompressionPlan plan, bool isForTarget) =>
        new(
            [
                .. plan.Layers.Select(layer => new LayerPlan(
                    layer.Layer,
                    layer.Shape.AsSpan().ToArray(),
                    layer.Kind,
                    layer.D,
                    layer.K,
                    layer.Bits,
                    (double?)layer.Bits / plan.SizeBits
                )),
            ],
            plan.OtherBits,
            plan.SizeBits,
            plan.DenseBits,
            [.. plan.Files.Select(file => new FilePlan(file.Format.Extension()[1..], file.SizeBytes))],
            isForTarget
        );

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. new Table(
                ["layer", "shape", "kind", " d", " k", " bits", " share"],
                [
                    .. Layers.Select(layer => layer.Row(HasTarget ? Unknown : "")),
                    ["(other values)", "", "", "", "", Figures.Count(OtherBits), Figures.Percent((double)OtherBits / SizeBits)],
                ]
            ).Lines(),
            $"size     {Figures.Size(SizeBits, "the dense network's", DenseBits)}",
            .. Files.Select(file => $"file     .{file.Format}: {Figures.Count(file.SizeBytes)} bytes"),
            .. HasTarget
                ? (string[])
                    [
                        "The size is the one asked for. Block lengths and codebooks are chosen by measuring what each layer does to the "
                            + "network's answers: run without --dry-run for them.",
                    ]
                : [],
        ];
}

/// <summary>A file that would be written.</summary>
/// <param name="Format"><c>pqf</c>, <c>pth</c>, <c>safetensors</c> or <c>onnx</c>.</param>
/// <param name="SizeBytes">Its size.</param>
sealed record FilePlan(string Format, long SizeBytes);

/// <summary>How a weight would be held.</summary>
/// <param name="Name">Of the layer.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="Kind">codes, 8bit, half or float.</param>
/// <param name="D">Values of a block; null without codes, or where a target size decides.</param>
/// <param name="K">Words of the codebook; null as for d.</param>
/// <param name="Bits">Of the weight; null where a target size decides.</param>
/// <param name="Share">Of the file, from 0 to 1; null where a target size decides.</param>
sealed record LayerPlan(string Name, IReadOnlyList<int> Shape, string Kind, int? D, int? K, long? Bits, double? Share)
{
    internal ImmutableArray<string> Row(string unknown) =>
        [
            Name,
            $"[{string.Join(", ", Shape)}]",
            Kind,
            D is { } d ? Figures.Count(d)
            : Bits is null ? unknown
            : "",
            K is { } k ? Figures.Count(k)
            : Bits is null ? unknown
            : "",
            Bits is { } bits ? Figures.Count(bits) : unknown,
            Share is { } share ? Figures.Percent(share) : unknown,
        ];
}

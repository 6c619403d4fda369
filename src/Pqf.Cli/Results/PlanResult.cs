using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression.Allocation;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;

namespace Pqf.Cli.Results;

/// <summary>What compressing a network would give.</summary>
/// <param name="Layers">Weights, in graph order.</param>
/// <param name="OtherBits">Bits of biases, norms and other values that are no layer's weight.</param>
/// <param name="SizeBits">Bits of the compressed network; null where only their maximum is known.</param>
/// <param name="MaxSizeBits">Bits of the compressed network at most; null where they are known.</param>
/// <param name="DenseBits">Bits of the dense network.</param>
/// <param name="Files">Files that would be written.</param>
/// <param name="Limit">The size that is asked for, in words, where each layer's block length and codebook are chosen by the work itself;
/// null where they are known.</param>
sealed record PlanResult(
    IReadOnlyList<LayerPlan> Layers,
    long OtherBits,
    long? SizeBits,
    long? MaxSizeBits,
    long DenseBits,
    IReadOnlyList<FilePlan> Files,
    string? Limit
) : CommandResult
{
    const string Unknown = "chosen";

    /// <summary>How many times smaller the network would be than its dense form, at least.</summary>
    public double Ratio => (double)DenseBits / (SizeBits ?? MaxSizeBits ?? DenseBits);

    /// <summary>Describes a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="target">The size that is asked for; null for none.</param>
    public static PlanResult Of(CompressionPlan plan, SizeTarget? target) =>
        new(
            [
                .. plan.Layers.Select(layer => new LayerPlan(
                    layer.Layer,
                    layer.Shape.AsSpan().ToArray(),
                    layer.Kind,
                    layer.D,
                    layer.K,
                    layer.Bits,
                    plan.IsForTarget ? null : (double?)layer.Bits / plan.SizeBits
                )),
            ],
            plan.OtherBits,
            plan.IsForTarget ? null : plan.SizeBits,
            plan.IsForTarget ? plan.SizeBits : null,
            plan.DenseBits,
            [
                .. plan.Files.Select(file =>
                    plan.IsForTarget
                        ? new FilePlan(file.Format.Extension()[1..], null, file.SizeBytes)
                        : new FilePlan(file.Format.Extension()[1..], file.SizeBytes, null)
                ),
            ],
            plan.IsForTarget ? target?.Text : null
        );

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. new Table(
                ["layer", "shape", "kind", " d", " k", " bits", " share"],
                [
                    .. Layers.Select(layer => layer.Row(Limit is null ? "" : Unknown)),
                    [
                        "(other values)",
                        "",
                        "",
                        "",
                        "",
                        Figures.Count(OtherBits),
                        SizeBits is { } all ? Figures.Percent((double)OtherBits / all) : "",
                    ],
                ]
            ).Lines(),
            .. Limit is null ? [] : (string[])[$"limit    {Limit}"],
            SizeBits is { } bits
                ? $"size     {Figures.Size(bits, "the dense network's", DenseBits)}"
                : $"size     at most {Figures.Count(MaxSizeBits ?? 0)} bits = {Figures.MebiBytes(MaxSizeBits ?? 0)} of parameters; at "
                    + $"least {Figures.Ratio(Ratio)} times smaller than the dense network's {Figures.Count(DenseBits)} bits",
            .. Files.Select(file =>
                file.SizeBytes is { } size
                    ? $"file     .{file.Format}: {Figures.Count(size)} bytes"
                    : $"file     .{file.Format}: at most {Figures.Count(file.MaxSizeBytes ?? 0)} bytes"
            ),
            .. Limit is null
                ? []
                : (string[])
                    [
                        "How each layer is held is chosen by clustering it and measuring what that does to the network's answers: run "
                            + "without --dry-run to see that and the exact sizes.",
                    ],
        ];
}

/// <summary>A file that would be written.</summary>
/// <param name="Format"><c>pqf</c>, <c>pth</c>, <c>safetensors</c> or <c>onnx</c>.</param>
/// <param name="SizeBytes">Its size; null where only its maximum is known.</param>
/// <param name="MaxSizeBytes">Its size at most; null where it is known.</param>
sealed record FilePlan(string Format, long? SizeBytes, long? MaxSizeBytes);

/// <summary>How a weight would be held.</summary>
/// <param name="Name">Of the layer.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="Kind">codes, 8bit, half or float; two of them, codes or 8bit, where a target size decides between them.</param>
/// <param name="D">Values of a block; null without codes, or where a target size decides.</param>
/// <param name="K">Words of the codebook; null as for d.</param>
/// <param name="Bits">Of the weight; null where a target size decides.</param>
/// <param name="Share">Of the whole, from 0 to 1; null where a target size decides on the whole.</param>
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
            Share is { } share ? Figures.Percent(share)
            : Bits is null ? unknown
            : "",
        ];
}

using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Compression.Allocation;

/// <summary>The choices of all layers with their effects: what any size is shared out from.</summary>
/// <param name="Measure">What a size limits.</param>
/// <param name="Layers">What is quantised.</param>
/// <param name="Choices">For each layer, from the smallest to the largest.</param>
/// <param name="Spec">Settings that all choices have in common.</param>
sealed record MeasuredChoices(
    SizeMeasure Measure,
    ImmutableArray<LayerBlocks> Layers,
    ImmutableArray<ImmutableArray<LayerChoice>> Choices,
    CompressionSpec Spec
)
{
    // A file that came out too large by some bytes is tried again with fewer bits for codes, and each time with twice the step.
    const int MostTrials = 40;

    /// <summary>Shares a size out: what is left for codes and codebooks is known from a whole of the smallest choices. Names and
    /// numbers around them may take some bytes more, so the result is measured.</summary>
    /// <param name="target">What is asked for, for messages.</param>
    /// <param name="range">The same in bits.</param>
    /// <returns>Settings, and the bits of the whole with them.</returns>
    public Result<(CompressionSpec Spec, long Bits), PqfError> Share(SizeTarget target, SizeRange range)
    {
        long least = Choices.Sum(own => own[0].Bits),
            budget = range.Wanted - (range.Least - range.LeastChoices),
            size = range.Least;
        for (int trial = 0; trial < MostTrials; trial++)
        {
            var chosen = SizeAllocation.Of(Choices, Math.Max(least, budget));
            var settings = Spec.With(Layers, [.. chosen.Select(choice => choice.Form)]);
            if (Measure.Of(settings) is var measured && measured is not Result<long, PqfError>.Ok)
                return measured.Map(bits => (settings, bits));
            size = measured.Match(bits => bits, _ => size);
            if (size <= range.Wanted)
                return (settings, size);
            budget -= (size - range.Wanted) << Math.Min(trial, 20);
        }

        return SizeRange.TooSmall(Measure, target, size, range.Most);
    }
}

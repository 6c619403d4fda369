using System.Collections.Immutable;
using System.Globalization;
using Pqf.Tensors;

namespace Pqf.Compression.Allocation;

/// <summary>The sizes that the choices of a network's layers allow.</summary>
/// <param name="Least">Bits of the whole with the smallest choices.</param>
/// <param name="LeastChoices">Bits of those choices alone.</param>
/// <param name="Most">Bits of the whole with the largest choices.</param>
/// <param name="Wanted">Bits of the whole that a target allows.</param>
/// <param name="Largest">Settings with the largest choices.</param>
sealed record SizeRange(long Least, long LeastChoices, long Most, long Wanted, CompressionSpec Largest)
{
    /// <summary>Whether the largest choices have the size that is asked for: nothing needs to be measured to choose them.</summary>
    public bool AllowsLargest => Wanted >= Most;

    /// <summary>Measures the smallest and the largest choices, and takes in a target. Nothing is clustered.</summary>
    /// <param name="measure">What the target limits.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="target">What is asked for.</param>
    /// <param name="spec">Settings that all choices have in common.</param>
    /// <returns>An error that names the range if the target is below it.</returns>
    public static Result<SizeRange, PqfError> Of(
        SizeMeasure measure,
        ImmutableArray<LayerBlocks> layers,
        SizeTarget target,
        CompressionSpec spec
    )
    {
        long wanted = target.BitsFor(measure.DenseBits);
        return from range in Whole(measure, layers, spec)
            from _ in wanted >= range.Least ? default(Unit) : (Result<Unit, PqfError>)TooSmall(measure, target, range.Least, range.Most)
            select range with
            {
                Wanted = wanted,
            };
    }

    /// <summary>The same without a target: the largest choices are wanted.</summary>
    /// <inheritdoc cref="Of"/>
    public static Result<SizeRange, PqfError> Whole(SizeMeasure measure, ImmutableArray<LayerBlocks> layers, CompressionSpec spec)
    {
        ImmutableArray<ImmutableArray<(LayerForm Form, long Bits)>> forms = [.. layers.Select(measure.FormsOf)];
        var largest = spec.With(layers, [.. forms.Select(own => own[^1].Form)]);
        return from least in measure.Of(spec.With(layers, [.. forms.Select(own => own[0].Form)]))
            from most in measure.Of(largest)
            // What a file has around codes may be more than a tiny layer's values.
            select new SizeRange(Math.Min(least, most), forms.Sum(own => own[0].Bits), most, most, largest);
    }

    /// <summary>The note of a target above what the network can use; null for any other.</summary>
    public string? Unused(SizeMeasure measure, SizeTarget target)
    {
        if (Wanted <= Most)
            return null;
        string ratio = $"{Times(measure, Most)} times smaller";
        return target is SizeTarget.Bits { Count: var count, Unit: var unit }
            ? $"target_size: {unit.Nearest(count)} is more than {measure.Subject} can use; it gets its largest size: "
                + $"{unit.AtLeast(Most)} ({ratio}, the whole file counted)"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"target_ratio: {((SizeTarget.Ratio)target).Value} times smaller is more than {measure.Subject} can use; it gets its "
                    + $"largest size: {ratio}"
            );
    }

    /// <summary>The note of a target that choices leave a part of; null where they use it.</summary>
    /// <param name="measure">What is counted.</param>
    /// <param name="target">What is asked for.</param>
    /// <param name="bits">What the choices take.</param>
    public string? Left(SizeMeasure measure, SizeTarget target, long bits)
    {
        if (bits >= (1 - SizeAllocation.Slack) * Wanted)
            return null;
        string used = target is SizeTarget.Bits { Count: var count, Unit: var unit }
            ? $"{unit.AtLeast(bits)} of the {unit.Nearest(count)} of target_size are used"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"target_ratio asks for {((SizeTarget.Ratio)target).Value} times smaller, and {measure.Subject} gets {Times(measure, bits)}"
            );
        return $"{used}: no larger choice was found to lose clearly less";
    }

    /// <summary>How many times smaller than the dense network a size is, never more than that.</summary>
    static string Times(SizeMeasure measure, long bits) =>
        (Math.Floor(10.0 * measure.DenseBits / bits) / 10).ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>The error of a target below what is possible.</summary>
    public static PqfError.Layer TooSmall(SizeMeasure measure, SizeTarget target, long least, long most)
    {
        string ratios = least == most ? Times(measure, most) : $"{Times(measure, most)} to {Times(measure, least)}";
        if (target is not SizeTarget.Bits { Count: var count, Unit: var unit })
            return new(
                "target_ratio",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"expected {ratios} for {measure.Subject}, got {((SizeTarget.Ratio)target).Value}"
                )
            );
        return new(
            "target_size",
            $"{unit.Nearest(count)} is too small by {unit.AtLeast(least - count)} for {measure.Subject}; expected {unit.AtLeast(least)} "
                + $"{(least == most ? "or more" : $"to {unit.AtLeast(most)}")} ({ratios} times smaller, the whole file counted)"
        );
    }
}

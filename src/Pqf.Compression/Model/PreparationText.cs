using System.Collections.Immutable;
using System.Globalization;
using Pqf.Nets.Images;

namespace Pqf.Compression.Model;

/// <summary>How images are prepared, in words.</summary>
static class PreparationText
{
    /// <summary>All of it: <c>resize 256, crop 224 × 224, mean [0.5], deviation [0.5]</c>.</summary>
    public static string Of(Preprocessing how) =>
        $"resize {how.Resize}, crop {how.Crop} × {how.Columns ?? how.Crop}, mean {Listed(how.Mean)}, deviation {Listed(how.Deviation)}";

    /// <summary>Numbers with four decimals at most: <c>[0.485, 0.456, 0.406]</c>.</summary>
    public static string Listed(ImmutableArray<float> values) =>
        $"[{string.Join(", ", values.Select(value => value.ToString("0.####", CultureInfo.InvariantCulture)))}]";
}

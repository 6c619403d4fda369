using System.Collections.Immutable;

namespace Pqf.Nets.Detection;

/// <summary>Where a pixel of a resized axis comes from: two neighbours, mixed. Bilinear resizing with pixel centres at halves (PyTorch's
/// <c>align_corners=False</c>).</summary>
/// <param name="First">The nearer to the axis' begin.</param>
/// <param name="Second">The next one, or the same at the end.</param>
/// <param name="Share">The second one's part, 0 … 1.</param>
readonly record struct LinearTap(int First, int Second, float Share)
{
    /// <summary>For each pixel of the new axis.</summary>
    public static ImmutableArray<LinearTap> Of(int from, int to)
    {
        float scale = (float)from / to;
        var taps = ImmutableArray.CreateBuilder<LinearTap>(to);
        for (int i = 0; i < to; i++)
        {
            float position = Math.Max(0, (scale * (i + 0.5f)) - 0.5f);
            int first = Math.Min((int)position, from - 1);
            taps.Add(new(first, Math.Min(first + 1, from - 1), position - first));
        }

        return taps.MoveToImmutable();
    }

    /// <summary>The value between those of the two neighbours.</summary>
    public float Mix(float first, float second) => ((1 - Share) * first) + (Share * second);
}

using System.Collections.Immutable;

namespace Pqf.Nets.Metrics;

/// <summary>Orders classes by their scores.</summary>
public static class Ranking
{
    /// <summary>How many classes come before the given one: 0 if it is the first. Of equal scores the lower number comes first; a score
    /// that is not a number comes last.</summary>
    /// <param name="scores">One a class, such as logits.</param>
    /// <param name="label">The class asked for.</param>
    public static int RankOf(ReadOnlySpan<float> scores, int label)
    {
        int before = 0;
        for (int other = 0; other < scores.Length; other++)
            if (ComesBefore(scores[other], other, scores[label], label))
                before++;
        return before;
    }

    /// <summary>The class of the highest score, as <see cref="RankOf"/> orders them.</summary>
    /// <param name="scores">One a class, 1 at least.</param>
    public static int First(ReadOnlySpan<float> scores)
    {
        int first = 0;
        for (int other = 1; other < scores.Length; other++)
            if (ComesBefore(scores[other], other, scores[first], first))
                first = other;
        return first;
    }

    /// <summary>The classes of the highest scores, best first.</summary>
    public static ImmutableArray<int> Top(ReadOnlySpan<float> scores, int count)
    {
        float[] values = scores.ToArray();
        int[] order = [.. Enumerable.Range(0, values.Length)];
        Array.Sort(
            order,
            (x, y) =>
                x == y ? 0
                : ComesBefore(values[x], x, values[y], y) ? -1
                : 1
        );
        return [.. order.Take(count)];
    }

    static bool ComesBefore(float x, int xNumber, float y, int yNumber) =>
        x > y || (xNumber < yNumber && (x == y || (float.IsNaN(x) && float.IsNaN(y)))) || (float.IsNaN(y) && !float.IsNaN(x));
}

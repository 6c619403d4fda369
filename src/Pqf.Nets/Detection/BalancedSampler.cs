using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Detection;

/// <summary>Draws the boxes of one image that train: not too many background ones beside those of objects (Girshick 2015, arXiv 1504.08083,
/// section 2.3).</summary>
/// <param name="Count">Boxes to draw; fewer if there are not as many.</param>
/// <param name="PositiveFraction">At most this part of them are of objects.</param>
public sealed record BalancedSampler(int Count, float PositiveFraction)
{
    /// <summary>Numbers of the boxes drawn, in rising order.</summary>
    /// <param name="matches">As <see cref="Matcher.Match"/> gives them.</param>
    /// <param name="key">The draw depends on it and the matches alone.</param>
    public (ImmutableArray<int> Positive, ImmutableArray<int> Negative) Draw(IReadOnlyList<int> matches, RngKey key)
    {
        int[] positive = [.. Enumerable.Range(0, matches.Count).Where(i => matches[i] >= 0)];
        int[] negative = [.. Enumerable.Range(0, matches.Count).Where(i => matches[i] == Matcher.Background)];
        int positiveCount = Math.Min(positive.Length, (int)(Count * (double)PositiveFraction));
        int negativeCount = Math.Min(negative.Length, Count - positiveCount);
        return (Some(positive, positiveCount, key.Fold("positive")), Some(negative, negativeCount, key.Fold("negative")));
    }

    static ImmutableArray<int> Some(int[] all, int count, RngKey key) =>
        count == all.Length ? [.. all] : [.. key.Permutation(all.Length).Take(count).Select(i => all[i]).Order()];
}

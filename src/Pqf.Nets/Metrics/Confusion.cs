using System.Collections.Immutable;

namespace Pqf.Nets.Metrics;

/// <summary>Images of one class for which a classifier answers one class.</summary>
/// <param name="Class">The images' class.</param>
/// <param name="Answer">The classifier's.</param>
/// <param name="Count">Images, at least 1.</param>
public readonly record struct AnswerCount(int Class, int Answer, int Count);

/// <summary>How often a classifier takes images of one class for another.</summary>
/// <param name="Answers">Every pair that comes up, equal classes included; by class, then by answer.</param>
public sealed record Confusion(ImmutableArray<AnswerCount> Answers)
{
    /// <summary>Counts answers.</summary>
    /// <param name="pairs">Class and answer of each image.</param>
    public static Confusion Of(IEnumerable<(int Class, int Answer)> pairs) =>
        new([
            .. pairs
                .GroupBy(pair => pair)
                .Select(group => new AnswerCount(group.Key.Class, group.Key.Answer, group.Count()))
                .OrderBy(item => item.Class)
                .ThenBy(item => item.Answer),
        ]);

    /// <summary>Each class that has images: how many are answered correctly; by class.</summary>
    public IEnumerable<(int Class, Proportion Correct)> Classes =>
        Answers
            .GroupBy(item => item.Class)
            .Select(group =>
                (
                    group.Key,
                    new Proportion(group.Where(item => item.Answer == group.Key).Sum(item => item.Count), group.Sum(item => item.Count))
                )
            );

    /// <summary>Wrong answers, the most frequent pair first; of equal counts by class, then by answer.</summary>
    public IEnumerable<AnswerCount> Wrong => Answers.Where(item => item.Class != item.Answer).OrderByDescending(item => item.Count);
}

using Pqf.Nets.Metrics;
using Xunit;

namespace Pqf.Nets.Tests;

public class ConfusionTests
{
    // Classes 0, 2 and 3 of four have images: two wrong answers of one kind, two of others.
    static readonly Confusion Counted = Confusion.Of([(2, 0), (0, 0), (3, 1), (2, 2), (2, 0), (0, 3), (3, 3), (3, 3)]);

    [Fact]
    public void Answers_are_counted_for_each_class() =>
        Assert.Equal([new(0, 0, 1), new(0, 3, 1), new(2, 0, 2), new(2, 2, 1), new(3, 1, 1), new AnswerCount(3, 3, 2)], Counted.Answers);

    [Fact]
    public void The_most_frequent_wrong_answer_comes_first_and_of_equal_ones_the_lower_class() =>
        Assert.Equal([new(2, 0, 2), new(0, 3, 1), new AnswerCount(3, 1, 1)], Counted.Wrong);

    [Fact]
    public void Classes_without_images_are_left_out() =>
        Assert.Equal([(0, new(1, 2)), (2, new(1, 3)), (3, new Proportion(2, 3))], Counted.Classes);
}

using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Graphs;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

/// <summary>Rows of groups of channels, and measurements with their counts.</summary>
public class GroupRowsTests
{
    [Fact]
    public void A_layer_of_many_groups_has_one_row()
    {
        var rows = CompressPage.Rows([Report("a", 8, 2), Report("b", 8, 1), Report("b", 8, 3), Report("c", 8, 1), Report("c", 16, 1)]);
        Assert.Equal(
            [
                ["a", "8", "0.000", "-2.000", "2.000", "3 of 10"],
                ["b", "2 groups of 8", "0.000", "-2.000", "2.000", "6 of 20"],
                ["c", "2 groups of 8 to 16", "0.000", "-1.000", "1.000", "6 of 20"],
            ],
            rows.Select(row => row.Cells.Select(cell => cell.Text).ToArray())
        );
    }

    [Fact]
    public void Of_many_layers_those_that_gained_least_are_shown()
    {
        var rows = CompressPage.Rows([.. Enumerable.Range(0, 30).SelectMany(i => new[] { Report($"l{i}", 8, i), Report($"l{i}", 8, i) })]);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"l{i}"), rows.Select(row => row.Cells[0].Text));
    }

    // 1.49 and 35.39: Wilson's interval of 1 of 12: (p + z²/2n ± z√(p(1 − p)/n + z²/4n²)) / (1 + z²/n), z = 1.96.
    [Fact]
    public void A_validation_has_its_count_and_interval()
    {
        var validation = new Metrics(12, [new(Metrics.Loss, 2.5), new(Classification.Accuracy, 1.0 / 12)]);
        Assert.Equal("loss 2.5000, accuracy 8.33 % (1 of 12; 95 %: 1.49 … 35.39)", MetricsText.Counted(validation));
        Assert.Equal("loss 2.5000", MetricsText.Counted(new Metrics(12, [new(Metrics.Loss, 2.5)])));
    }

    static PermutationReport Report(string layer, int channels, double gain) =>
        new(
            layer,
            new ChannelGroup
            {
                ChannelCount = channels,
                Rows = [],
                Norms = [],
                Children = [new ChannelRun(layer, 1)],
            },
            9,
            0,
            null,
            -gain,
            10,
            3,
            []
        );
}

using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using Pqf.Autodiff;
using Pqf.Compression.Reporting;
using Pqf.Nets.Metrics;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

public sealed class ReportPageTests
{
    // A layer of 4 × 2 blocks of 9 and one of 3 × 4 blocks of 18, values of no meaning.
    static readonly CompressionReport Report = new()
    {
        Network = "a network & <its> name",
        Images = "200 images",
        Stages =
        [
            new("dense", 1 << 20, new(190, 200)),
            new("compressed", 1 << 16, new(100, 200)),
            new("calibrated", 1 << 16, new(176, 200)),
            new("fine-tuned", 1 << 16, new(187, 200)),
        ],
        Layers =
        [
            new(new LayerBlocks("small", [4, 2, 3, 3], 9, 2, KMeansType.Src, 5), 1.5, 0.25, 0.9),
            new(new LayerBlocks("large", [3, 8, 3, 3], 18, 2, KMeansType.Src, 5), 1.5, 0.125, 1),
        ],
        Steps = [.. Enumerable.Range(1, 40).Select(i => new StepRecord(i, 2.0 / i, 0.5, 1e-3))],
        StepsPerEpoch = 20,
        Codebooks =
        [
            new Codebook(
                "small",
                3,
                3,
                [
                    [.. Enumerable.Range(0, 9).Select(i => i - 4f)],
                    [0, 0, 0, 0, 0, 0, 0, 0, 0],
                ],
                [5, 3]
            ),
        ],
        Notes = ["made by a test"],
    };

    static readonly XElement Page = XDocument.Parse(ReportPage.Of(StudyPage.Of(Report))).Root!;

    [Fact]
    public void The_page_needs_nothing_outside_itself_and_is_the_same_to_parsers_of_html_and_of_xml()
    {
        PageRules.Check(ReportPage.Of(StudyPage.Of(Report)));
        Assert.Contains("a network &amp; &lt;its&gt; name", ReportPage.Of(StudyPage.Of(Report)), StringComparison.Ordinal);
    }

    /// <summary>A picture of 1 × 3000 pixels would otherwise be 3000 times as high as its column is wide.</summary>
    [Fact]
    public void Pictures_have_a_maximum_height_in_every_gallery()
    {
        string rule = Page.Descendants("style").Single().Value.Split("\nfigure img {")[1].Split('}')[0];
        Assert.Matches("max-height: [0-9]+px; object-fit: contain;", rule);
    }

    [Fact]
    public void The_table_of_stages_holds_the_reports_figures()
    {
        string[][] rows = Rows("stages");
        Assert.Equal(["dense", "128 KiB", "1.00", "95.00 %", Figures.Interval(new Proportion(190, 200)), "190 of 200"], rows[0]);
        Assert.Equal(["fine-tuned", "8 KiB", "16.00", "93.50 %", Figures.Interval(new Proportion(187, 200)), "187 of 200"], rows[3]);
        Assert.Equal("16.0 times smaller, 1.5 points less accurate", Page.Descendants("h1").Single().Value);
    }

    [Fact]
    public void The_table_of_layers_holds_bits_a_weight_and_errors_with_bars_of_their_share()
    {
        // 8 codes of a bit and 2 · 9 values of 16 bits over 72 weights; 12 codes and 2 · 18 values over 216.
        string[][] rows = Rows("layers");
        Assert.Equal(["small", "4 × 2 × 3 × 3", "2 × 9", "4.11", "0.250"], rows[0]);
        Assert.Equal(["large", "3 × 8 × 3 × 3", "2 × 18", "2.72", "0.125"], rows[1]);
        string[] bars = [.. Page.Descendants("span").Attributes("style").Select(style => style.Value)];
        Assert.Equal(["--part:100%", "--part:100%", "--part:66.22%", "--part:50%"], bars);
    }

    [Fact]
    public void Points_of_the_chart_stand_at_factors_of_size_and_of_mistakes()
    {
        (double X, double Y)[] points = [.. Page.Descendants("circle").Select(circle => (Number(circle, "cx"), Number(circle, "cy")))];
        Assert.Equal(points[1].X, points[3].X);
        Assert.True(points[0].X > points[1].X);
        // 5 %, 50 %, 12 % and 6.5 % mistakes.
        double factor = (points[1].Y - points[0].Y) / Math.Log(0.5 / 0.05);
        Assert.Equal(points[0].Y + (factor * Math.Log(0.12 / 0.05)), points[2].Y, 0.02);
        Assert.Equal(points[0].Y + (factor * Math.Log(0.065 / 0.05)), points[3].Y, 0.02);
        // A line of the grid for 90 % stands where 10 % mistakes would.
        var tick = Page.Descendants("text").Single(text => text.Value == "90 %");
        Assert.Equal(points[0].Y + (factor * Math.Log(0.1 / 0.05)) + 4, Number(tick, "y"), 0.02);
    }

    [Fact]
    public void The_loss_falls_from_left_to_right_and_its_average_has_as_many_points()
    {
        double[][] lines =
        [
            .. Page.Descendants("polyline")
                .Where(line => line.Attribute("class")!.Value is "raw" or "smooth")
                .Select(line =>
                    line.Attribute("points")!
                        .Value.Split(' ')
                        .Select(point => double.Parse(point.Split(',')[1], CultureInfo.InvariantCulture))
                        .ToArray()
                ),
        ];
        Assert.All(lines, line => Assert.Equal(40, line.Length));
        Assert.All(lines, line => Assert.Equal(line.Order(), line)); // downwards on the page
        Assert.Equal(lines[0][^1], lines[1][^1]);
        Assert.Equal(1, Page.Descendants("line").Count(line => line.Attribute("class")!.Value == "epoch"));
    }

    [Fact]
    public void A_report_without_training_or_codebooks_leaves_them_out()
    {
        var page = XDocument.Parse(ReportPage.Of(StudyPage.Of(Report with { Steps = [], Codebooks = [], Layers = [], Notes = [] }))).Root!;
        Assert.Equal(["Stage by stage", "Accuracy against size", "What was done"], page.Descendants("h2").Select(title => title.Value));
    }

    [Fact]
    public void A_network_that_makes_no_mistake_has_a_place_on_the_chart()
    {
        var page = XDocument
            .Parse(
                ReportPage.Of(
                    StudyPage.Of(Report with { Stages = [new("dense", 1 << 20, new(200, 200)), new("compressed", 1 << 16, new(0, 200))] })
                )
            )
            .Root!;
        Assert.All(page.Descendants("circle"), circle => Assert.InRange(Number(circle, "cy"), 0, 320));
        Assert.DoesNotContain("NaN", page.ToString(), StringComparison.Ordinal);
    }

    static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    static string[][] Rows(string table) =>
        [
            .. Page.Descendants("table")
                .Single(candidate => candidate.Attribute("class")!.Value == table)
                .Element("tbody")!
                .Elements("tr")
                .Select(row => row.Elements("td").Select(cell => cell.Value).ToArray()),
        ];
}

using System.Globalization;
using System.Text.Json;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Which classes a classifier takes for which.</summary>
public sealed class EvaluateConfusionTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public EvaluateConfusionTests()
    {
        TestNetworks.Write(folder.File("net.safetensors"), classCount: 3);
        TestNetworks.WriteImages(folder.File("images"), [("cat", 6), ("dog", 9), ("emu", 4)]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pairs_are_those_of_the_answers_for_each_image_in_text_JSON_and_CSV()
    {
        var classified = JsonCli.Run(
            "classify",
            ExitCode.Success,
            ["classify", Network, folder.File("images"), .. TestNetworks.ThreeClasses]
        );
        (string Class, string Answer)[] answers =
        [
            .. classified
                .At("images")
                .EnumerateArray()
                .Select(image =>
                    (Path.GetFileName(Path.GetDirectoryName(image.At("path").GetString()!))!, image.At("classes", 0, "name").GetString()!)
                ),
        ];
        Assert.Equal(19, answers.Length);
        int Count(string one, string answer) => answers.Count(pair => pair == (one, answer));
        string[] names = ["cat", "dog", "emu"];
        string[] expected =
        [
            .. (from one in names from answer in names where one != answer && Count(one, answer) > 0 select (one, answer))
                .OrderByDescending(pair => Count(pair.one, pair.answer))
                .Take(5)
                .Select(pair =>
                    $"confused {Count(pair.one, pair.answer)} of {answers.Count(item => item.Class == pair.one)} images of {pair.one} with "
                    + pair.answer
                ),
        ];
        Assert.NotEmpty(expected);

        string[] evaluate = ["evaluate", "--weights", Network, "--data", folder.File("images"), .. TestNetworks.ThreeClasses];
        var result = Cli.Run([.. evaluate, "--output", folder.File("out")]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(expected, result.Lines.Where(line => line.StartsWith("confused ", StringComparison.Ordinal)));
        string[] columns = [.. names.Where(name => answers.Any(pair => pair.Answer == name || pair.Class == name))];
        Assert.Equal(
            [
                $@"class,true\predicted,{string.Join(',', columns)}",
                .. names.Select((one, i) => $"{i},{one},{string.Join(',', columns.Select(answer => Count(one, answer)))}"),
            ],
            File.ReadAllLines(folder.File("out/confusion.csv"))
        );

        var page = PageRules.Check(File.ReadAllText(folder.File("out/report.html")));
        int wrong = answers.Count(pair => pair.Class != pair.Answer);
        Assert.Equal(Math.Min(24, wrong), page.Descendants("img").Count());
        double[] sure =
        [
            .. page.Descendants("figcaption").Select(text => double.Parse(text.Value.Split(' ')[1], CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(sure.OrderDescending(), sure);

        var json = JsonCli.Run("evaluate-classifier", ExitCode.Success, evaluate);
        Assert.Equal(
            names.Select(one => $"{one} {Count(one, one)} {answers.Count(pair => pair.Class == one)}"),
            json.At("classes")
                .EnumerateArray()
                .Select(item => $"{item.At("name").GetString()} {item.At("correct").GetInt32()} {item.At("images").GetInt32()}")
        );
        Assert.All(
            json.At("confusions").EnumerateArray(),
            pair => Assert.Equal(Count(names[pair.At("class").GetInt32()], Text(pair)), pair.At("images").GetInt32())
        );
        Assert.Equal(
            answers.Count(pair => pair.Class != pair.Answer),
            json.At("confusions").EnumerateArray().Sum(pair => pair.At("images").GetInt32())
        );
    }

    static string Text(JsonElement pair) => pair.At("answer").GetString()!;

    string Network => folder.File("net.safetensors");
}

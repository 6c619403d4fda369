using System.Text.Json;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Two networks side by side.</summary>
public sealed class CompareTests : IDisposable
{
    static readonly string[] Small = ["--preprocessing.resize", "32", "--preprocessing.crop", "32", "--quiet", "--device", "host"];
    static readonly string[] Names = ["--model.class_names", "cat,dog,emu"];

    readonly TemporaryFolder folder = new();

    public CompareTests()
    {
        TestNetworks.Write(folder.File("first.safetensors"), classCount: 3);
        // The rows of the last layer the other way round: class 0 and class 2 change places, more or less.
        TestNetworks.Write(
            folder.File("second.safetensors"),
            tensor =>
                tensor.Name == "fc.weight"
                    ? StoredTensor.FromSingles(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Reverse()])
                    : tensor,
            classCount: 3
        );
        TestNetworks.WriteImages(folder.File("images"), [("cat", 6), ("dog", 9), ("emu", 4)]);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(1000, false)]
    public void A_network_that_gives_one_answer_is_named_where_no_label_shows_it(float scale, bool isSaid)
    {
        TestNetworks.Write(
            folder.File("first.safetensors"),
            tensor =>
                tensor.Name == "fc.weight"
                    ? StoredTensor.FromSingles(tensor.Name, tensor.Shape, [.. tensor.ToSingles().Select(value => scale * value)])
                    : tensor
        );
        TestNetworks.Write(folder.File("second.safetensors"));
        string[] arguments = [.. Compare("first.safetensors", "second.safetensors"), "--unlabelled"];
        var result = Cli.Run([.. arguments.Where(word => word != "--quiet")]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(
            isSaid,
            result.Error.Contains(
                $"{folder.File("first.safetensors")}: the network gives nearly the same answer for each of the first 19 photographs: ",
                StringComparison.Ordinal
            )
        );
    }

    /// <summary>Folders without labels are named by --unlabelled, whatever is wrong with their class folders.</summary>
    [Theory]
    [InlineData("images/cat")]
    [InlineData("others")]
    public void The_error_of_images_without_classes_names_the_option_for_them(string images)
    {
        TestNetworks.WriteImages(folder.File("others"), "x", "y");
        string[] arguments = [.. Compare("first.safetensors", "second.safetensors"), .. Names];
        var result = Cli.Run([.. arguments.Select(word => word == folder.File("images") ? folder.File(images) : word)]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.EndsWith("; --unlabelled compares on the images without classes", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_second_network_is_described() =>
        Assert.StartsWith(
            "error: command line: second: expected a value, got none; it is a second classifier, of the same classes, such as the compressed "
                + "form of the first\n",
            Cli.Run("compare", "a.pth").Error,
            StringComparison.Ordinal
        );

    [Fact]
    public void Reports_tell_images_of_the_same_name_and_name_those_left_out()
    {
        File.WriteAllBytes(folder.File("images/cat/bad.png"), []);
        string[] arguments = [.. Compare("first.safetensors", "second.safetensors"), "--output", folder.File("out"), .. Names];
        var result = Cli.Run([.. arguments, "--skip-corrupt"]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string text = File.ReadAllText(folder.File("out/report.md"));
        Assert.Matches(@" \(dog/[1-9]\.png\) \|", text);
        Assert.Contains(
            $"\n- Left out 1 image that cannot be decoded: {folder.File("images/cat/bad.png")}: is empty; expected an image",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Answers_are_those_that_classify_gives_for_each_image()
    {
        var (first, second) = (Answers("first.safetensors"), Answers("second.safetensors"));
        string[] changed = [.. first.Keys.Where(path => first[path] != second[path]).Order(StringComparer.Ordinal)];
        Assert.InRange(changed.Length, 13, 18);
        int Right(Dictionary<string, string> answers) =>
            answers.Count(pair => pair.Key.Contains($"/{pair.Value}/", StringComparison.Ordinal));

        string[] arguments = [.. Compare("first.safetensors", "second.safetensors"), "--output", folder.File("out"), .. Names];
        var json = JsonCli.Run("compare", ExitCode.Success, arguments);
        Assert.Equal((19 - changed.Length, 19), (json.At("agreement", "correct").GetInt32(), json.At("agreement", "count").GetInt32()));
        Assert.Equal(
            (Right(first), Right(second)),
            (json.At("firstTop1", "correct").GetInt32(), json.At("secondTop1", "correct").GetInt32())
        );
        Assert.True(json.At("divergence").GetDouble() > 0);
        var images = json.At("changed").EnumerateArray().ToList();
        Assert.Equal(changed, images.Select(image => image.At("image").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(
            images,
            image =>
                Assert.Equal((first[Text(image, "image")], second[Text(image, "image")]), (Text(image, "first"), Text(image, "second")))
        );
        double[] sure = [.. images.Select(image => image.At("firstConfidence").GetDouble())];
        Assert.Equal(sure.OrderDescending(), sure);

        var page = PageRules.Check(File.ReadAllText(folder.File("out/report.html")));
        Assert.Equal(12, page.Descendants("img").Count());
        string text = File.ReadAllText(folder.File("out/report.md"));
        Assert.Contains("| first.safetensors (first) is right |", text, StringComparison.Ordinal);
        // The table that stands for the pictures.
        Assert.Equal(12, text.Split('\n').Count(line => line.EndsWith(".png) |", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_network_agrees_with_itself_and_images_need_no_labels()
    {
        var result = Cli.Run([.. Compare("first.safetensors", "first.safetensors"), "--unlabelled"]);
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.Contains(result.Lines, line => line.StartsWith("same     19/19 = 100.00 %", StringComparison.Ordinal));
        Assert.Contains("diverge  0.0000 nats an image", result.Lines);
        Assert.DoesNotContain(result.Lines, line => line.StartsWith("top-1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[0.5, 0.456, 0.406]", true)]
    [InlineData("[0.485, 0.456, 0.406]", false)]
    public void Networks_that_see_the_images_differently_are_named(string mean, bool isSaid)
    {
        Directory.CreateDirectory(folder.File("other"));
        string other = folder.File("other/second.safetensors");
        File.Copy(folder.File("second.safetensors"), other);
        File.WriteAllText(
            folder.File("other/preprocessor_config.json"),
            $$"""{"size": {"shortest_edge": 256}, "crop_size": 224, "image_mean": {{mean}}, "image_std": [0.229, 0.224, 0.225]}"""
        );
        string[] arguments = [.. Compare("first.safetensors", "other/second.safetensors"), "--unlabelled"];

        var result = Cli.Run([.. arguments.Where(word => word != "--quiet")]);

        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(
            isSaid,
            result.Error.Contains(
                $"the networks prepare images in different ways: {folder.File("first.safetensors")}: resize 32, crop 32 × 32, mean [0.485, "
                    + $"0.456, 0.406], deviation [0.229, 0.224, 0.225]; {other}: resize 32, crop 32 × 32, mean {mean}, deviation [0.229, "
                    + "0.224, 0.225]",
                StringComparison.Ordinal
            )
        );
    }

    [Fact]
    public void Networks_of_other_classes_and_missing_images_are_errors()
    {
        TestNetworks.Write(folder.File("four.safetensors"), classCount: 4);
        Assert.Equal(
            $"error: {folder.File("four.safetensors")}: has 4 classes; expected 3, as {folder.File("first.safetensors")} has",
            Cli.Run([.. Compare("first.safetensors", "four.safetensors"), "--unlabelled"]).ErrorLine
        );
        Assert.Equal(
            "error: command line: --data: expected a folder of images, here or in dataloader.*_path, got none",
            Cli.Run(["compare", folder.File("first.safetensors"), folder.File("second.safetensors")]).ErrorLine
        );
    }

    string[] Compare(string first, string second) =>
        ["compare", folder.File(first), folder.File(second), "--data", folder.File("images"), .. Small];

    Dictionary<string, string> Answers(string network) =>
        JsonCli
            .Run("classify", ExitCode.Success, ["classify", folder.File(network), folder.File("images"), .. Small, .. Names])
            .At("images")
            .EnumerateArray()
            .ToDictionary(image => Text(image, "path"), image => image.At("classes", 0, "name").GetString()!);

    static string Text(JsonElement element, string name) => element.At(name).GetString()!;
}

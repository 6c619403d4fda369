using System.Text.Json;
using System.Text.Json.Nodes;
using Pqf.Cli.Shell;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Names of the user's classes: where they are stored, matched and asked for, with the small detector of the shared
/// cases.</summary>
public sealed class DetectorClassesTests : IDisposable
{
    const string Train = "annotations/instances_train2017.json",
        Val = "annotations/instances_val2017.json";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Coco_helmet_gives_a_head_by_the_data_and_detect_says_helmet()
    {
        string data = SharedData.Path("cases/coco/helmet");
        var trained = TrainOn(data, SharedData.Path("cases/det4.pth"));
        AssertRan(trained);
        Assert.Contains(
            "draws a new head: 3 classes by the categories of "
                + $"{Path.Combine(data, Train)}: the background, helmet, vest; all other layers are those of "
                + $"{SharedData.Path("cases/det4.pth")}",
            trained.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("3 classes", trained.Lines[0], StringComparison.Ordinal);
        string[] found = Categories(Detect(Path.Combine(data, "val2017/1.jpg")));
        Assert.NotEmpty(found);
        Assert.Subset(new HashSet<string>(["helmet", "vest"]), found.ToHashSet());
        AssertRan(Evaluate(data));
    }

    [Theory]
    [InlineData("float_crowd", 4)]
    [InlineData("nan_area", 4)]
    [InlineData("utf16", 4)]
    [InlineData("cat_id_0", 4)]
    [InlineData("cat_id_0_used", 3)]
    [InlineData("seg_empty", 4)]
    [InlineData("seg_missing", 4)]
    [InlineData("all_crowd", 4)]
    [InlineData("no_image", 4)]
    public void What_does_no_harm_trains_and_is_measured(string name, int classCount)
    {
        string data = SharedData.Path($"cases/coco/{name}");
        var trained = TrainOn(data, SharedData.Path("cases/det4.pth"));
        AssertRan(trained);
        Assert.Contains($"{classCount} classes", trained.Lines[0], StringComparison.Ordinal);
        string[] found = Categories(Detect(Path.Combine(data, "val2017/1.jpg")));
        Assert.DoesNotContain("animals", found);
        Assert.True(found.Contains("dog") || found.Contains("cat"), string.Join(' ', found));
        AssertRan(Evaluate(data, "--output", folder.File("results")));
        using var boxes = JsonDocument.Parse(File.ReadAllBytes(folder.File("results/bbox_results.json")));
        int[] ids = [.. boxes.RootElement.EnumerateArray().Select(item => item.GetProperty("category_id").GetInt32()).Distinct()];
        Assert.Subset(new HashSet<int>(name == "cat_id_0_used" ? [0, 1] : [1, 3]), ids.ToHashSet());
    }

    [Fact]
    public void Numbers_do_not_matter_where_names_are_stored()
    {
        string helmet = SharedData.Path("cases/coco/helmet");
        AssertRan(TrainOn(helmet, SharedData.Path("cases/det4.pth")));
        string other = Copy("coco/helmet", "other");
        Edit(other, Val, data => Renumber(data, ("helmet", 700_000), ("vest", 2)));
        var plain = Evaluate(helmet, "--output", folder.File("plain"));
        var renumbered = Evaluate(other, "--output", folder.File("renumbered"));
        Assert.Equal(plain.Lines[2..5], renumbered.Lines[2..5]);
        Assert.Equal(
            File.ReadAllText(folder.File("plain/bbox_results.json"))
                .Replace("\"category_id\":1,", "\"category_id\":700000,", StringComparison.Ordinal),
            File.ReadAllText(folder.File("renumbered/bbox_results.json"))
        );
    }

    [Fact]
    public void Objects_of_a_class_that_the_network_does_not_have_are_an_error()
    {
        AssertRan(TrainOn(SharedData.Path("cases/coco/helmet"), SharedData.Path("cases/det4.pth")));
        string other = Copy("coco/helmet", "other");
        Edit(other, Val, data => Rename(data, "helmet", "hat"));
        var result = Evaluate(other);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.EndsWith(
            $"error: {Path.Combine(other, Val)}: has objects of hat, which the network has no class for; its classes are helmet, vest. If "
                + "they are the same under other names, give those of the data in model.class_names",
            result.Error.TrimEnd(),
            StringComparison.Ordinal
        );
        AssertRan(Evaluate(other, "--model.class_names", "[background, hat, vest]"));
        // A class without objects does no harm.
        Edit(other, Val, data => Rename(Rename(data, "hat", "helmet"), "vest", "boots"));
        var harmless = Evaluate(other);
        AssertRan(harmless);
        Assert.Contains("the network has no class for boots; no object is of it", harmless.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_without_names_is_taken_by_numbers_and_a_line_says_so()
    {
        var result = Run(
            "evaluate-maskrcnn",
            "--weights",
            SharedData.Path("cases/det4.pth"),
            "--dataloader.coco_path",
            SharedData.Path("cases/coco/helmet")
        );
        AssertRan(result);
        Assert.Contains("its labels are taken for the numbers of the categories of", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_that_knows_all_the_data_is_kept_whatever_the_numbers()
    {
        AssertRan(TrainOn(SharedData.Path("cases/coco/helmet"), SharedData.Path("cases/det4.pth")));
        string other = Copy("coco/helmet", "other");
        foreach (string file in (string[])[Train, Val])
            Edit(other, file, data => Renumber(data, ("helmet", 9), ("vest", 4)));
        var result = TrainOn(other, folder.File("out/trained_models/best.pqf"), "again", "--epochs", "0");
        AssertRan(result);
        Assert.DoesNotContain("head", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            File.ReadAllBytes(folder.File("out/trained_models/1.pqf")),
            File.ReadAllBytes(folder.File("again/trained_models/0.pqf"))
        );
    }

    [Fact]
    public void A_head_that_knows_some_of_the_data_is_an_error_until_a_class_count_is_given()
    {
        AssertRan(TrainOn(SharedData.Path("cases/coco/helmet"), SharedData.Path("cases/det4.pth")));
        string network = folder.File("out/trained_models/best.pqf");
        string other = Copy("coco/helmet", "other");
        foreach (string file in (string[])[Train, Val])
            Edit(other, file, data => Second(Rename(data, "vest", "boots"), "boots"));
        var result = TrainOn(other, network, "some");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.EndsWith(
            $"{Path.Combine(other, Train)}: has boots, which {network} has no class for, beside helmet, which it has; model.class_count: 3 "
                + "draws a new head for the data's classes",
            result.Error.TrimEnd(),
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(folder.File("some/trained_models/0.pqf")));
        var drawn = TrainOn(other, network, "some", "--model.class_count", "3");
        AssertRan(drawn);
        Assert.Contains("draws a new head: 3 classes; all other layers are those of ", drawn.Error, StringComparison.Ordinal);
        AssertRan(Evaluate(other, "--weights", folder.File("some/trained_models/best.pqf")));
    }

    [Fact]
    public void Names_that_are_given_win()
    {
        string data = SharedData.Path("cases/coco/helmet");
        var result = TrainOn(data, SharedData.Path("cases/det4.pth"), "out", "--model.class_names", "[background, Helm, Weste]");
        AssertRan(result);
        string[] found = Categories(Detect(Path.Combine(data, "val2017/1.jpg")));
        Assert.Subset(new HashSet<string>(["Helm", "Weste"]), found.ToHashSet());
        AssertRan(TrainOn(data, SharedData.Path("cases/det4.pth"), "out", "--model.class_names", "[background, Helm, Weste]", "--resume"));
    }

    [Fact]
    public void Images_to_measure_on_have_the_classes_of_those_to_train_on()
    {
        string other = Copy("coco/helmet", "other");
        Edit(other, Val, data => Renumber(data, ("helmet", 2), ("vest", 1)));
        AssertRan(TrainOn(other, SharedData.Path("cases/det4.pth")));
        Edit(other, Val, data => Rename(data, "helmet", "hat"));
        var result = TrainOn(other, SharedData.Path("cases/det4.pth"), "refused");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.EndsWith(
            $"{Path.Combine(other, Val)}: has objects of hat; expected the categories of {Path.Combine(other, Train)}, which are "
                + "helmet, vest",
            result.Error.TrimEnd(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Sparse_numbers_are_ranks_in_a_new_head_and_results_have_the_files()
    {
        string other = Copy("coco/helmet", "other");
        foreach (string file in (string[])[Train, Val])
            Edit(other, file, data => Renumber(data, ("helmet", 1_000_000), ("vest", 40)));
        var result = TrainOn(other, SharedData.Path("cases/det4.pth"));
        AssertRan(result);
        Assert.Contains("3 classes", result.Lines[0], StringComparison.Ordinal);
        AssertRan(Evaluate(other, "--output", folder.File("results")));
        Assert.Contains("\"category_id\":1000000,", File.ReadAllText(folder.File("results/bbox_results.json")), StringComparison.Ordinal);
        // A .pth file has no names: as many ranks as labels are taken, and a line reports it.
        var nameless = Evaluate(other, "--weights", folder.File("out/trained_models/1.pth"));
        AssertRan(nameless);
        Assert.Contains("its labels are taken for the ranks of the categories of", nameless.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // as self-supervised training leaves it
    public void A_body_with_a_new_detector_takes_its_class_count_from_the_data(bool hasHead)
    {
        string data = SharedData.Path("cases/coco/helmet");
        var result = Run(
            "train-maskrcnn",
            "--backbone",
            hasHead ? SharedData.Path("cases/r50w8.pth") : Headless(SharedData.Path("cases/r50w8.pth")),
            "--model.width",
            "8",
            "--dataloader.coco_path",
            data,
            "--output",
            folder.File("out")
        );
        AssertRan(result);
        Assert.Contains(
            $"the network has 3 classes by the categories of {Path.Combine(data, Train)}",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("3 classes", result.Lines[0], StringComparison.Ordinal);
    }

    string Headless(string path)
    {
        using var file = TensorFiles.Open(path).Value();
        var body = file.Tensors.Where(tensor => !tensor.Name.StartsWith("fc.", StringComparison.Ordinal));
        Safetensors.Write(folder.File("body.safetensors"), [.. body], new Dictionary<string, string>()).Value();
        return folder.File("body.safetensors");
    }

    static void AssertRan(CliResult result) => Assert.True(result.Code == ExitCode.Success, result.Error);

    CliResult TrainOn(string data, string weights, string output = "out", params string[] more) =>
        Run(["train-maskrcnn", "--weights", weights, "--dataloader.coco_path", data, "--output", folder.File(output), .. more]);

    CliResult Evaluate(string data, params string[] more) =>
        Run([
            "evaluate-maskrcnn",
            "--dataloader.coco_path",
            data,
            .. more.Contains("--weights") ? [] : (string[])["--weights", folder.File("out/trained_models/best.pqf")],
            .. more,
        ]);

    CliResult Detect(string image) =>
        Run("detect", folder.File("out/trained_models/best.pqf"), image, "--threshold", "0", "--output", folder.File("found"));

    static CliResult Run(params string[] arguments) =>
        Cli.Run([.. arguments, "--config", SharedData.Path("cases/det.yaml"), "--device", "host"]);

    /// <summary>Names in <c>  12.34 %  helmet at 1, 2, …</c>.</summary>
    static string[] Categories(CliResult result)
    {
        AssertRan(result);
        return
        [
            .. result
                .Lines.Where(line => line.Contains(" %  ", StringComparison.Ordinal))
                .Select(line => line.Split(" %  ")[1].Split(" at ")[0])
                .Distinct(),
        ];
    }

    string Copy(string name, string target)
    {
        string from = SharedData.Path($"cases/{name}");
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(folder.File(target), Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.WriteAllBytes(to, File.ReadAllBytes(file));
        }

        return folder.File(target);
    }

    static void Edit(string data, string file, Func<JsonNode, JsonNode> change)
    {
        string path = Path.Combine(data, file);
        File.WriteAllText(path, change(JsonNode.Parse(File.ReadAllText(path))!).ToJsonString());
    }

    static JsonNode Rename(JsonNode data, string from, string to)
    {
        foreach (var category in data["categories"]!.AsArray().Where(item => (string)item!["name"]! == from))
            category!["name"] = to;
        return data;
    }

    static JsonNode Renumber(JsonNode data, params (string Name, int Id)[] ids)
    {
        var old = data["categories"]!
            .AsArray()
            .ToDictionary(item => (int)item!["id"]!, item => ids.Single(pair => pair.Name == (string)item!["name"]!).Id);
        foreach (var category in data["categories"]!.AsArray())
            category!["id"] = old[(int)category["id"]!];
        foreach (var annotation in data["annotations"]!.AsArray())
            annotation!["category_id"] = old[(int)annotation["category_id"]!];
        return data;
    }

    /// <summary>Gives the second object a class.</summary>
    static JsonNode Second(JsonNode data, string name)
    {
        data["annotations"]![1]!["category_id"] = (int)data["categories"]!.AsArray().Single(item => (string)item!["name"]! == name)!["id"]!;
        return data;
    }
}

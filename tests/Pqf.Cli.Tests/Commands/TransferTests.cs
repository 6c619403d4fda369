using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Networks trained on classes that they do not know: a new head, and names that go with the network.</summary>
public sealed class TransferTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Good => SharedData.Path("cases/folders/good");

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_network_of_1000_classes_learns_three_others_and_names_them()
    {
        string published = SharedData.Path("published/resnet18.pth");
        var result = Train(published, "--epochs", "6", "--preprocessing.resize", "128", "--preprocessing.crop", "128");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"{published}: fc begins with random weights, for 3 classes: a, b, c", result.Error.Split('\n'));
        string best = folder.File("out/trained_models/best.pqf");
        var classified = Cli.Run([
            "classify",
            best,
            "--top",
            "1",
            .. ((string[])["a", "b", "c"]).Select(name => $"{Good}/val/{name}/0.png"),
        ]);
        Assert.Equal(["a", "b", "c"], classified.Lines.Where((_, i) => i % 2 == 1).Select(line => line.Split("  ")[^1]));
        Assert.Contains("top-1    8/8 = ", Evaluate(best, SharedData.Path("cases/folders/sub_bc")).Out, StringComparison.Ordinal);
        // Another spelling, and so another order: B sorts before a.
        Directory.CreateDirectory(folder.File("reordered/val"));
        foreach (var (name, original) in new[] { ("B", "b"), ("a", "a") })
            Directory.CreateSymbolicLink(folder.File($"reordered/val/{name}"), $"{Good}/val/{original}");
        Assert.Contains("top-1    8/8 = ", Evaluate(best, folder.File("reordered")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_without_a_head_gets_one()
    {
        string path = SharedData.Path("cases/checkpoints/no_fc.pth");
        var result = TrainSmall(path);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"{path}: fc begins with random weights, for 3 classes: a, b, c", result.Error.Split('\n'));
    }

    [Theory]
    [InlineData("xyz.pqf")]
    [InlineData("xyz.safetensors")]
    public void As_many_classes_of_other_names_are_other_classes(string name)
    {
        string path = SharedData.Path("cases/abc.pqf");
        Assert.DoesNotContain("random weights", TrainSmall(path, "--model.class_names", "[a, b, c]").Error, StringComparison.Ordinal);
        Cli.Run("convert", path, folder.File(name), "--model.class_names", "[x, y, z]");
        Directory.Delete(folder.File("out"), true);
        Assert.Contains(
            $"{folder.File(name)}: fc begins with random weights, for 3 classes: a, b, c",
            TrainSmall(folder.File(name)).Error.Split('\n')
        );
    }

    [Fact]
    public void Classes_that_are_partly_the_networks_are_an_error()
    {
        Cli.Run("convert", SharedData.Path("cases/abc.pqf"), folder.File("aby.pqf"), "--model.class_names", "[a, b, y]");
        string[] names = ["--model.class_names", "[a, b, z]"];
        Assert.EndsWith(
            "; model.class_count 3 without model.class_names draws a new head for the data's classes",
            TrainSmall(folder.File("aby.pqf"), ["--quiet", .. names]).ErrorLine
        );
        Assert.Equal(
            $"error: {Good}: 1 of its 3 classes is not the network's: c; expected some of a, b, y, or numbers below 3; model.class_names "
                + "gives the network other names; model.class_count 3 draws a new head for the data's classes",
            TrainSmall(folder.File("aby.pqf"), "--quiet").ErrorLine
        );
        // What the message advises.
        var result = TrainSmall(folder.File("aby.pqf"), "--model.class_count", "3");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"{folder.File("aby.pqf")}: fc begins with random weights, for 3 classes: a, b, c", result.Error.Split('\n'));
    }

    [Fact]
    public void More_classes_than_images_show_need_names()
    {
        string path = SharedData.Path("cases/abc.pqf");
        Assert.Equal(
            $"error: {Good}: has 3 classes; expected those of a network of 5, whose class names are not known (model.class_names gives "
                + "them), or class folders named by numbers below 5",
            TrainSmall(path, "--model.class_count", "5", "--quiet").ErrorLine
        );
        Assert.Equal(ExitCode.Success, TrainSmall(path, "--model.class_names", "[c, d, a, e, b]").Code);
        string inspected = Cli.Run("inspect", folder.File("out/trained_models/best.pqf")).Out;
        Assert.Contains("""classes: ["c","d","a","e","b"]""", inspected, StringComparison.Ordinal);
    }

    CliResult TrainSmall(string weights, params string[] more) =>
        Train(
            weights,
            ["--epochs", "1", "--model.compress", "false", "--preprocessing.resize", "40", "--preprocessing.crop", "32", .. more]
        );

    CliResult Train(string weights, params string[] more) =>
        Cli.Run([
            "train-resnet",
            "--weights",
            weights,
            "--dataloader.imagenet_path",
            Good,
            "--output",
            folder.File("out"),
            "--dataloader.batch_size",
            "8",
            .. more,
        ]);

    static CliResult Evaluate(string weights, string path) =>
        Cli.Run("evaluate-resnet", "--quiet", "--weights", weights, "--dataloader.imagenet_path", path);
}

using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class EvaluateTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // What the authors' own code gives on these 400 photographs (reference/published_*).
    [Theory]
    [InlineData("resnet18", 297, 366)]
    [InlineData("resnet18_large", 264, 348)]
    [InlineData("resnet50_large", 309, 368)]
    public void Published_networks_classify_photographs_as_the_authors_code_does(string name, int top1, int top5)
    {
        var result = Cli.Run(
            "evaluate-resnet",
            "--quiet",
            "--weights",
            SharedData.Path($"published/{name}.pth"),
            "--dataloader.imagenet_path",
            SharedData.Path("data/imagenet-ccby")
        );
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.InRange(Right(result, "top-1"), top1 - 1, top1 + 1);
        Assert.InRange(Right(result, "top-5"), top5 - 1, top5 + 1);
    }

    [Fact]
    public void Weights_and_folder_may_stand_in_the_configuration()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images"), "0", "1");
        File.WriteAllText(
            folder.File("c.yaml"),
            $"""
            model: {"{"}arch: resnet18, state_dict_compressed: {folder.File("dense.safetensors")}{"}"}
            dataloader: {"{"}imagenet_path: {folder.File("images")}, batch_size: 3{"}"}
            preprocessing: {"{"}resize: 40, crop: 32{"}"}
            """
        );
        var result = Cli.Run("evaluate-resnet", "--config", folder.File("c.yaml"));
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("evaluating: 4 images in", result.Error, StringComparison.Ordinal);
        Assert.Contains("/4 = ", result.Out, StringComparison.Ordinal);
        Assert.InRange(Right(result, "top-5"), Right(result, "top-1"), 4);
    }

    /// <summary>Random weights for ten classes, and images of those that they never answer.</summary>
    [Theory]
    [InlineData(10, true)]
    [InlineData(9, false)]
    public void A_network_that_guesses_is_named_if_there_are_images_enough_to_tell(int count, bool isSaid)
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images"), [("7", count), ("8", count)]);
        var result = Cli.Run(
            "evaluate",
            folder.File("dense.safetensors"),
            "--data",
            folder.File("images"),
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32"
        );
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(
            isSaid,
            result.Error.Contains(
                $"{folder.File("dense.safetensors")}: the network is no better than guessing on these images: it is not trained, or its "
                    + "classes or its preprocessing do not fit them\n",
                StringComparison.Ordinal
            )
        );
    }

    [Fact]
    public void A_val_folder_is_found()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images/val"), "0", "1");
        TestNetworks.WriteImages(folder.File("images/train"));
        var result = Evaluate("--dataloader.imagenet_path", folder.File("images"));
        Assert.Contains("/4 = ", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_cannot_be_decoded_are_left_out_where_that_is_asked_for()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images"), "0", "1");
        File.WriteAllBytes(folder.File("images/0/broken.png"), [1, 2, 3]);
        string[] arguments = ["--dataloader.imagenet_path", folder.File("images"), "--dataloader.batch_size", "2"];
        Assert.Equal(ExitCode.Failure, Evaluate(arguments).Code);
        var result = Evaluate([.. arguments, "--skip-corrupt"], isQuiet: false);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"skipped {folder.File("images/0/broken.png")}: is not an image", result.Error, StringComparison.Ordinal);
        Assert.Equal("skipped  1 image that cannot be decoded", result.Lines[0]);
        Assert.Contains("\nevaluating: 4 images in ", result.Error, StringComparison.Ordinal);
        // The two images before the broken one in its class, and the two of the other class.
        File.Delete(folder.File("images/0/broken.png"));
        var whole = Evaluate(arguments);
        Assert.Equal(whole.Lines[2..4], result.Lines[3..5]);
    }

    [Theory]
    [InlineData("0,1,2,3,4", false)]
    [InlineData("0,1,2,3,4,5", true)]
    public void The_first_five_count_where_there_are_more_classes(string names, bool isPrinted)
    {
        TestNetworks.WriteImages(folder.File("images"), "0");
        TestNetworks.Write(folder.File("dense.safetensors"), classCount: names.Split(',').Length);
        var result = Evaluate("--dataloader.imagenet_path", folder.File("images"), "--model.class_names", names);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(isPrinted, result.Out.Contains("top-5", StringComparison.Ordinal));
    }

    [Fact]
    public void Images_of_which_none_can_be_decoded_are_an_error()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        foreach (string name in new[] { "0", "1" })
        {
            Directory.CreateDirectory(folder.File($"images/{name}"));
            File.WriteAllBytes(folder.File($"images/{name}/broken.png"), []);
        }

        var result = Evaluate("--dataloader.imagenet_path", folder.File("images"), "--dataloader.skip_corrupt", "true");
        Assert.Equal(
            (ExitCode.Failure, $"error: {folder.File("images/1/broken.png")}: is empty; expected an image"),
            (result.Code, result.ErrorLine)
        );
    }

    [Fact]
    public void More_classes_than_the_network_has_are_an_error()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        foreach (int number in Enumerable.Range(0, 11))
        {
            Directory.CreateDirectory(folder.File($"images/c{number}"));
            TestNetworks.WriteImage(folder.File($"images/c{number}/x.png"), 0);
        }

        var result = Evaluate("--dataloader.imagenet_path", folder.File("images"));
        Assert.Equal(
            (
                ExitCode.Failure,
                $"error: {folder.File("images")}: has 11 classes; expected those of a network of 10, whose class names are not known "
                    + "(model.class_names gives them), or class folders named by numbers below 10"
            ),
            (result.Code, result.ErrorLine)
        );
    }

    [Theory]
    [InlineData(
        "error: command line: --weights: expected a network's file, here, as the argument, or in model.state_dict_compressed, got none",
        "evaluate-resnet"
    )]
    [InlineData(
        "error: command line: --data: expected a folder of labelled images, here, in dataloader.imagenet_path or in "
            + "dataloader.idx_path, got none",
        "evaluate-resnet",
        "--weights",
        "x.pth"
    )]
    [InlineData("error: command line: --top: expected a whole number of 1 or more, got 0", "classify", "x.pth", "y.jpg", "--top", "0")]
    [InlineData("error: command line: --top: expected a whole number of 1 or more, got x", "classify", "x.pth", "y.jpg", "--top", "x")]
    [InlineData(
        "error: command line: --quality: expected a whole number from 1 to 100, got 1.5",
        "detect",
        "x.pth",
        "y.jpg",
        "--quality",
        "1.5"
    )]
    [InlineData(
        "error: command line: --threshold: expected a number from 0 to 1, got nan",
        "detect",
        "x.pth",
        "y.jpg",
        "--threshold",
        "nan"
    )]
    [InlineData(
        "error: command line: --pictures: expected one of auto, jpg, png, jpeg, got 7",
        "detect",
        "x.pth",
        "y.jpg",
        "--pictures",
        "7"
    )]
    [InlineData(
        "error: command line: --pictures: expected one of auto, jpg, png, jpeg, got jpg,png",
        "detect",
        "x.pth",
        "y.jpg",
        "--pictures",
        "jpg,png"
    )]
    public void What_is_missing_is_a_usage_error(string expected, params string[] arguments)
    {
        var result = Cli.Run(arguments);
        Assert.Equal((ExitCode.Usage, expected), (result.Code, result.Error.Split('\n')[0]));
    }

    [Fact]
    public void Classify_names_what_a_photograph_shows()
    {
        string photographs = SharedData.Path("data/imagenet-ccby/val/n02814533"); // beach wagon
        var result = Cli.Run([
            "classify",
            SharedData.Path("published/resnet18.pth"),
            "--top",
            "2",
            .. Directory.GetFiles(photographs).Order(StringComparer.Ordinal),
        ]);
        Assert.Equal(5 * 3, result.Lines.Length);
        Assert.EndsWith("%  beach wagon", result.Lines[1], StringComparison.Ordinal);
    }

    CliResult Evaluate(params string[] more) => Evaluate(more, isQuiet: true);

    CliResult Evaluate(string[] more, bool isQuiet) =>
        Cli.Run([
            "evaluate-resnet",
            .. isQuiet ? ["--quiet"] : (string[])[],
            "--weights",
            folder.File("dense.safetensors"),
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32",
            .. more,
        ]);

    static int Right(CliResult result, string row)
    {
        string line = result.Lines.Single(text => text.StartsWith(row, StringComparison.Ordinal));
        return int.Parse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].Split('/')[0],
            System.Globalization.CultureInfo.InvariantCulture
        );
    }
}

using Pqf.Cli.Shell;
using Pqf.Nets.Coco;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>What training says of what it cannot do: one clear line, the documented exit code, the last good state kept.</summary>
public sealed class TrainBadInputTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainBadInputTests() => IdxFiles.Write(folder.File("idx"), 24, 6);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_step_that_leaves_what_is_no_number_is_not_saved()
    {
        // The rate is infinite in single precision; the loss before the step is not.
        var result = Train("--optimizer", "sgd", "--learning_rate", "1e39", "--save_minutes", "0");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Matches(
            @"^error: [\w.]+: holds values that are not finite at epoch 1, batch 2, after a step of learning rate 1e\+39\. The last saved state is untouched; a lower learning_rate may help$",
            result.ErrorLine
        );
        Assert.Equal(["0.state"], Directory.GetFiles(folder.File("out/states")).Select(Path.GetFileName));
        Assert.Equal(
            ["0.pqf", "0.pth"],
            Directory.GetFiles(folder.File("out/trained_models")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_network_after_an_epoch_that_is_no_number_is_not_written()
    {
        var result = Train("--optimizer", "sgd", "--learning_rate", "1e39", "--dataloader.batch_size", "24");
        Assert.Contains(
            ": holds values that are not finite at epoch 2, batch 1, after a step of learning rate 1e+39.",
            result.ErrorLine,
            StringComparison.Ordinal
        );
        Assert.Equal(
            ["0.pqf", "0.pth"],
            Directory.GetFiles(folder.File("out/trained_models")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_folder_with_another_run_in_it()
    {
        Train("--epochs", "0");
        Assert.Equal(
            $"error: {folder.File("out")}: holds a run already (states/0.state); --resume continues it; another folder begins a new one",
            Train("--epochs", "0").ErrorLine
        );
    }

    [Fact]
    public void A_loss_that_is_no_number()
    {
        var result = Train("--optimizer", "sgd", "--learning_rate", "1e38");
        Assert.Equal(
            "error: bn1: its input is not finite and the loss is NaN, at epoch 1, batch 2, learning rate 7.5e+37. The last saved "
                + "state is untouched; a lower learning_rate may help",
            result.ErrorLine
        );
        var resumed = Train("--optimizer", "sgd", "--learning_rate", "0.1", "--resume");
        Assert.Equal(
            (ExitCode.Usage, "error: configuration: learning_rate: expected 1E+38, as the run began with, got 0.1"),
            (resumed.Code, resumed.ErrorLine)
        );
    }

    [Fact]
    public void A_last_batch_of_one_image()
    {
        var result = Train("--dataloader.batch_size", "23", "--preprocessing.resize", "4", "--preprocessing.crop", "4");
        Assert.Equal(
            (
                ExitCode.Failure,
                "error: layer3.0.bn1: expected more than one value of each channel to train on, got one: a batch of 1 image of "
                    + "4×4; another batch_size may help"
            ),
            (result.Code, result.ErrorLine)
        );
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void Classes_that_the_network_does_not_have()
    {
        var result = Train("--model.class_count", "2");
        Assert.Equal(
            (
                ExitCode.Failure,
                $"error: {folder.File("idx")}: has 3 classes; expected those of a network of 2, whose class names are not known "
                    + "(model.class_names gives them), or class folders named by numbers below 2"
            ),
            (result.Code, result.ErrorLine)
        );
    }

    [Fact]
    public void An_unknown_optimizer()
    {
        var result = Train("--optimizer", "adamw");
        Assert.Equal(
            (ExitCode.Usage, "error: command line: optimizer: expected one of sgd, adam, got 'adamw'"),
            (result.Code, result.ErrorLine)
        );
    }

    [Fact]
    public void Another_optimizer_than_the_run_began_with()
    {
        Train("--epochs", "1");
        var result = Train("--epochs", "0", "--optimizer", "sgd", "--resume");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Equal(
            "error: configuration: epochs: expected 1 or more, since the run was last started with 1, got 0\n"
                + "error: configuration: optimizer: expected adam, as the run began with, got sgd of momentum 0.9 and weight decay 0\n",
            result.Error
        );
    }

    [Fact]
    public void An_output_that_cannot_be_written()
    {
        File.WriteAllText(folder.File("out"), "");
        var result = Train();
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal($"error: {folder.File("out")}: is a file; expected a folder", result.ErrorLine);
    }

    [Fact]
    public void A_corrupt_image_ends_the_run_unless_it_is_to_be_skipped()
    {
        TestNetworks.WriteImages(folder.File("images/train"));
        TestNetworks.WriteImages(folder.File("images/val"));
        File.WriteAllBytes(folder.File("images/train/a/0.png"), []);
        File.WriteAllBytes(folder.File("images/val/b/0.png"), []);
        string problem = "is empty; expected an image";
        var failed = TrainOn("images", "--skip_initial_validation", "true");
        Assert.Equal((ExitCode.Failure, $"error: {folder.File("images/train/a/0.png")}: {problem}"), (failed.Code, failed.ErrorLine));
        Directory.Delete(folder.File("out"), true);
        AssertContinues();
        Directory.Delete(folder.File("out"), true);
        var skipped = TrainOn("images", "--skip-corrupt", "--epochs", "2");
        Assert.Equal(ExitCode.Success, skipped.Code);
        Assert.Equal("skipped   2 images that cannot be decoded", skipped.Lines[^2]);
        Assert.Single(skipped.Error.Split('\n'), line => line == $"skipped {folder.File("images/train/a/0.png")}: {problem}");
        Assert.Single(skipped.Error.Split('\n'), line => line == $"skipped {folder.File("images/val/b/0.png")}: {problem}");
    }

    /// <summary>A run that a corrupt image has ended says how it continues, and continues so.</summary>
    void AssertContinues()
    {
        string command = $"train-resnet --resume {folder.File("out")}";
        var ended = Cli.Run([.. ImageArguments("images"), "--epochs", "1"]);
        Assert.Contains(
            $"\n{folder.File("out")} keeps the run as it was last saved; to resume: pqf {command}; with --skip-corrupt, images that "
                + $"cannot be decoded are left out\nerror: {folder.File("images/val/b/0.png")}: ",
            ended.Error,
            StringComparison.Ordinal
        );
        var continued = Cli.Run([.. command.Split(' '), "--skip-corrupt"]);
        Assert.True(continued.Code == ExitCode.Success, continued.Error);
        Assert.True(File.Exists(folder.File("out/states/1.state")));
    }

    [Fact]
    public void A_batch_of_corrupt_images_ends_the_run()
    {
        foreach (string part in (string[])["train", "val"])
            TestNetworks.WriteImages(folder.File($"images/{part}"));
        foreach (string path in Directory.GetFiles(folder.File("images/train"), "*", SearchOption.AllDirectories))
            File.WriteAllBytes(path, []);
        Assert.EndsWith(
            "images: none of the 4 images of a batch can be decoded",
            TrainOn("images", "--skip-corrupt").Error.TrimEnd(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_teacher_of_other_classes()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        var result = Train("--distill", folder.File("dense.safetensors"));
        Assert.Equal(
            (
                ExitCode.Failure,
                $"error: {folder.File("dense.safetensors")}: has 10 classes and 3 input channels; expected 3 and 1, as the network "
                    + $"that learns from it"
            ),
            (result.Code, result.ErrorLine)
        );
    }

    [Theory]
    [InlineData(
        "error: command line: --weights: expected a network to compress, got none; --model.compress false trains one from scratch",
        "--model.compress",
        "true"
    )]
    [InlineData("error: configuration: preprocessing.padding: expected less than crop (8), got 8", "--preprocessing.padding", "8")]
    [InlineData("error: command line: preprocessing.crop: expected at most resize (8), got 9", "--preprocessing.crop", "9")]
    public void Settings_that_do_not_go_together(string expected, params string[] more)
    {
        var result = Train(more);
        Assert.Equal((ExitCode.Usage, expected), (result.Code, result.ErrorLine));
    }

    [Fact]
    public void An_optimizer_that_takes_no_notice_of_a_key_says_so_once()
    {
        var result = Cli.Run([.. Arguments("--momentum", "0.9").Where(argument => argument != "--quiet")]);
        Assert.Single(result.Error.Split('\n'), line => line == "optimizer adam ignores momentum and weight_decay");
        Directory.Delete(folder.File("out"), true);
        Assert.DoesNotContain(
            "notice",
            Cli.Run([.. Arguments("--optimizer", "sgd", "--momentum", "0.9").Where(argument => argument != "--quiet")]).Error,
            StringComparison.Ordinal
        );
    }

    CliResult Train(params string[] more) => Cli.Run(Arguments(more));

    string[] Arguments(params string[] more) =>
        [
            "train-resnet",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File("out"),
            "--quiet",
            "--model.compress",
            "false",
            "--epochs",
            "1",
            "--skip_initial_validation",
            "true",
            .. TestImages.Network,
            .. more,
        ];

    CliResult TrainOn(string images, params string[] more) =>
        Cli.Run([.. ImageArguments(images), "--epochs", "1", .. more.Contains("--skip-corrupt") ? [] : (string[])["--quiet"], .. more]);

    string[] ImageArguments(string images) =>
        [
            "train-resnet",
            "--dataloader.imagenet_path",
            folder.File(images),
            "--output",
            folder.File("out"),
            "--model.compress",
            "false",
            "--model.arch",
            "resnet20",
            "--model.width",
            "4",
            "--preprocessing.resize",
            "32",
            "--preprocessing.crop",
            "32",
            "--device",
            "host",
        ];
}

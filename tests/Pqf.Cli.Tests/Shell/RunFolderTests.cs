using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Nets.Architectures;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

/// <summary>Commands that are told little: where results go, which data a folder holds, and how a run continues.</summary>
public sealed class RunFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Without_an_output_folder_results_go_to_one_of_the_commands_and_a_number_tells_runs_apart()
    {
        TestGraphFiles.WriteOnnx(folder.File("a b.onnx"));
        string[] arguments = ["compress", "a b.onnx", "--device", "host", "--model.sls_iterations", "50"];
        var first = ProgramProcess.Run(folder.Path, arguments);
        Assert.Equal(ExitCode.Success, first.Code);
        Assert.Contains("output   runs/compress-a_b\n", first.Error, StringComparison.Ordinal);
        Assert.Contains("output   runs/compress-a_b-2\n", ProgramProcess.Run(folder.Path, arguments).Error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("runs/compress-a_b-2/layers.csv")));
    }

    [Theory]
    [InlineData("compress", "absent.pth")]
    [InlineData("run", "absent.pth", "a.png")]
    [InlineData("train", "--weights", "absent.pth", "--data", "idx")]
    public void A_folder_that_is_not_made_is_not_named(params string[] arguments)
    {
        IdxFiles.Write(folder.File("idx"), 24, 12);
        TestNetworks.WriteImage(folder.File("a.png"), 1);
        var result = ProgramProcess.Run(folder.Path, [.. arguments, "--device", "host"]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.DoesNotContain("output ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("runs")));
    }

    [Fact]
    public void A_compression_without_photographs_says_what_to_do_next()
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        string[] arguments = ["compress", folder.File("a.safetensors"), .. TestNetworks.QuickSettings.Where(word => word != "--quiet")];
        var result = Cli.Run([.. arguments, "--output", folder.File("out")]);
        Assert.Equal(
            [
                "The network is not calibrated: its norms do not fit the quantised layers, and it is often near guessing. Compress it "
                    + "again with --calibrate DIR, a folder of photographs without labels, which replaces these files. With labelled "
                    + "images, train from the dense network "
                    + $"instead, which is compressed and calibrated first: pqf train --weights {folder.File("a.safetensors")} --data DIR",
                $"next     pqf {string.Join(' ', arguments)} --output {folder.File("out")} --calibrate DIR",
            ],
            result.Error.TrimEnd('\n').Split('\n')[^2..]
        );
        TestNetworks.WriteImages(folder.File("images"));
        result = Cli.Run([
            .. arguments,
            "--output",
            folder.File("calibrated"),
            "--calibrate",
            folder.File("images"),
            "--calibration",
            "norms",
        ]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.EndsWith(
            "To measure it, replace DIR by a folder of labelled images: a folder for each class, or COCO's annotations for a detector.\n"
                + $"next     pqf evaluate --weights {folder.File("calibrated/resnet18.pqf")} --data DIR\n",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("dataloader.idx_path", null, "t10k-images-idx3-ubyte.gz")]
    [InlineData("dataloader.coco_path", null, "annotations/instances_val2017.json")]
    [InlineData("dataloader.coco_path", null, "train/_annotations.coco.json")]
    [InlineData("dataloader.coco_path", null, "train.json")]
    [InlineData("dataloader.imagenet_path", null, "val/cat/1.jpg")]
    [InlineData("dataloader.imagenet_path", NetworkTask.Classification, "train.json")]
    [InlineData("dataloader.coco_path", NetworkTask.Detection, "cat/1.jpg")]
    public void A_folder_of_data_is_known_by_what_it_holds(string key, NetworkTask? task, string file)
    {
        string path = folder.File($"data/{file}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        Assert.Equal(key, DataFolder.KeyOf(folder.File("data"), task));
        Assert.Equal(folder.File("data"), Assert.Single(DataFolder.Overrides(folder.File("data"), task), one => one.Text != "null").Text);
    }

    [Theory]
    [InlineData("error: command line: --resume: expected the folder of the run in --output, beside 3", "3")]
    [InlineData("error: command line: --resume: expected the folder of the run in --output, beside {0}/a.state", "{0}/a.state")]
    public void A_run_that_is_not_there_does_not_resume(string expected, params string[] arguments)
    {
        string Placed(string text) => text.Replace("{0}", folder.Path, StringComparison.Ordinal);
        File.WriteAllText(folder.File("a.state"), "");
        IdxFiles.Write(folder.File("idx"), 24, 12);
        var result = Cli.Run(["train", "--data", folder.File("idx"), .. TestImages.Network, "--resume", .. arguments.Select(Placed)]);
        Assert.Equal(Placed(expected), result.ErrorLine);
    }

    [Fact]
    public void A_folder_alone_resumes_a_run_with_its_own_settings_from_anywhere()
    {
        IdxFiles.Write(folder.File("idx"), 24, 12);
        string[] settings = ["--data", "idx", .. TestImages.Network, "--model.compress", "false", "--learning_rate", "0.02", "--quiet"];
        var whole = ProgramProcess.Run(folder.Path, ["train", .. settings, "--epochs", "2", "--output", "whole"]);
        Assert.True(whole.Code == ExitCode.Success, whole.Error);
        Assert.Contains(
            $"idx_path: \"{folder.File("idx")}\"",
            File.ReadAllText(folder.File("whole/config.yaml")),
            StringComparison.Ordinal
        );
        Directory.Move(folder.File("whole"), folder.File("moved"));
        byte[] last = File.ReadAllBytes(folder.File("moved/trained_models/2.pqf"));
        File.Delete(folder.File("moved/states/2.state"));
        File.Delete(folder.File("moved/trained_models/2.pqf"));
        var resumed = Cli.Run("train", "--resume", folder.File("moved"));
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.Equal(last, File.ReadAllBytes(folder.File("moved/trained_models/2.pqf")));
        Assert.Equal(
            $"next     pqf evaluate --weights {folder.File("moved/trained_models/best.pqf")} --dataloader.idx_path {folder.File("idx")}",
            resumed.Error.TrimEnd('\n').Split('\n')[^1]
        );

        var longer = Cli.Run("train", "--resume", folder.File("moved"), "--epochs", "4");
        Assert.True(longer.Code == ExitCode.Success, longer.Error);
        // Half a cosine over 12 steps, of which 6 are done: half way from 0.02 to 1e-6.
        Assert.Contains(
            "4 epochs in place of 2: the learning rate continues at 0.01, as in a run of 4 epochs\n",
            longer.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(
            ["epoch   3", "epoch   4"],
            longer.Lines.Where(line => line.StartsWith("epoch", StringComparison.Ordinal)).Select(line => line[..9])
        );
        Assert.Equal(
            "error: configuration: epochs: expected 4 or more, since the run was last started with 4, got 3",
            Cli.Run("train", "--resume", folder.File("moved"), "--epochs", "3").ErrorLine
        );

        var complete = Cli.Run("train", "--resume", folder.File("moved"), "--epochs", "4");
        Assert.Equal(ExitCode.Success, complete.Code);
        Assert.Contains(
            $"{folder.File("moved")} is complete: epoch 4 of 4 is done, and there is nothing to do; a larger --epochs trains further\n",
            complete.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("resumes from", complete.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_to_resume_that_is_not_named_is_a_usage_error() =>
        Assert.Equal(
            "error: command line: --resume: expected the folder of the run, here or in --output, got none",
            Cli.Run("train", "--data", folder.Path, "--resume").ErrorLine
        );
}

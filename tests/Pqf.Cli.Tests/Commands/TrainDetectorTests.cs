using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class TrainDetectorTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainDetectorTests()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_dense_detector_learns_and_can_be_measured()
    {
        var result = Train(
            "--weights",
            folder.File("net.safetensors"),
            "--model.compress",
            "false",
            "--epochs",
            "3",
            "--format",
            "pqf,onnx"
        );
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(3, result.Lines.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal)));
        Assert.True(File.Exists(folder.File("out/trained_models/3.onnx")));
        double[] losses =
        [
            .. File.ReadLines(folder.File("out/metrics.csv"))
                .Skip(1)
                .Select(line => double.Parse(line.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture)),
        ];
        Assert.All(losses, loss => Assert.True(double.IsFinite(loss)));
        Assert.True(losses[2] < losses[0], string.Join(' ', losses));
        var measured = Cli.Run([
            "evaluate-maskrcnn",
            "--weights",
            folder.File("out/trained_models/best.pqf"),
            "--dataloader.coco_path",
            folder.File("coco"),
            "--quiet",
            "--device",
            "host",
        ]);
        Assert.True(measured.Code == ExitCode.Success, measured.Error);
    }

    [Fact]
    public void The_report_shows_what_the_network_found_and_missed_after_the_last_epoch()
    {
        var result = Train("--weights", folder.File("net.safetensors"), "--model.compress", "false", "--epochs", "2");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        var measured = Cli.Run([
            "evaluate-maskrcnn",
            "--weights",
            folder.File("out/trained_models/2.pqf"),
            "--dataloader.coco_path",
            folder.File("coco"),
            "--output",
            folder.File("measured"),
            .. TestDetectors.QuickSettings,
        ]);
        Assert.True(measured.Code == ExitCode.Success, measured.Error);
        Assert.Equal(2, Captions("measured").Length);
        Assert.Equal(Captions("measured"), Captions("out"));

        string[] Captions(string run) =>
            [.. PageRules.Check(File.ReadAllText(folder.File($"{run}/report.html"))).Descendants("figcaption").Select(text => text.Value)];
    }

    [Fact]
    public void A_profile_says_what_each_stage_took_a_step()
    {
        var result = Train("--weights", folder.File("net.safetensors"), "--model.compress", "false", "--epochs", "1", "--profile");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string[] stages =
        [
            .. result
                .Lines.SkipWhile(line => !line.StartsWith("stage", StringComparison.Ordinal))
                .Skip(1)
                .Select(line => line.Split(' ')[0]),
        ];
        Assert.Superset(
            new HashSet<string>(["Decoding", "Features", "FeaturesBackward", "MaskHeadBackward", "Optimizer", "Validation", "Saving"]),
            stages.ToHashSet()
        );
    }

    [Fact]
    public void A_detector_is_compressed_and_fine_tuned()
    {
        var result = Train(
            "--weights",
            folder.File("net.safetensors"),
            "--model.compression_parameters.ignored_modules",
            "backbone.body.conv1",
            "--model.compression_parameters.k",
            "8",
            "--model.compression_parameters.k_means_n_iters",
            "2",
            "--model.sls_iterations",
            "20",
            "--epochs",
            "1"
        );
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.StartsWith("dense ", result.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("quantised ", result.Lines[1], StringComparison.Ordinal);
        Assert.Contains(result.Lines, line => line.StartsWith("calibrated ", StringComparison.Ordinal));
        Assert.Contains(result.Lines, line => line.Contains("(compressed)", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_goes_on_where_it_was_to_the_same_network()
    {
        string[] arguments = ["--weights", folder.File("net.safetensors"), "--model.compress", "false", "--epochs", "2"];
        Assert.Equal(ExitCode.Success, Train(arguments).Code);
        byte[] whole = File.ReadAllBytes(folder.File("out/trained_models/2.pqf"));
        File.Delete(folder.File("out/states/2.state"));
        var result = Train([.. arguments, "--resume", "1"]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(whole, File.ReadAllBytes(folder.File("out/trained_models/2.pqf")));
    }

    [Fact]
    public void An_epoch_to_go_on_from_in_the_configuration_counts_as_done()
    {
        string[] arguments = ["--weights", folder.File("net.safetensors"), "--model.compress", "false", "--epochs", "3"];
        var result = Train([.. arguments, "--lr_scheduler.last_epoch", "0", "--lr_scheduler.type", "multistep", .. Milestones]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string[][] rows = [.. File.ReadAllLines(folder.File("out/metrics.csv")).Skip(1).Select(row => row.Split(','))];
        Assert.Equal(["2", "3"], rows.Select(row => row[0]));
        // The rate falls to a tenth after the first epoch, which counts as done, and again after the second.
        Assert.Equal(
            [1e-4, 1e-5],
            rows.Select(row => Math.Round(double.Parse(row[^1], System.Globalization.CultureInfo.InvariantCulture), 9))
        );
    }

    static string[] Milestones => ["--lr_scheduler.milestones", "[1, 2]", "--lr_scheduler.factor", "0.1"];

    [Fact]
    public void Images_that_cannot_be_decoded_are_named_once_and_counted_in_the_end()
    {
        string broken = Directory.GetFiles(folder.File("coco/train2017")).Order(StringComparer.Ordinal).First();
        File.WriteAllBytes(broken, []);
        string[] arguments = ["--weights", folder.File("net.safetensors"), "--model.compress", "false", "--epochs", "2"];
        var result = Train([.. arguments, "--dataloader.skip_corrupt", "true"]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal("skipped   1 image that cannot be decoded", result.Lines[^2]);
    }

    [Theory]
    [InlineData("--label_smoothing", "0.1", "label_smoothing: expected 0, since a detector's losses do not take it, got 0.1")]
    [InlineData(
        "--distillation.teacher",
        "a.pth",
        "distillation.teacher: expected none, since a detector's losses do not take it, got a.pth"
    )]
    public void Settings_of_classifiers_alone_are_refused(string key, string value, string expected)
    {
        var result = Train("--weights", folder.File("net.safetensors"), key, value);
        Assert.Equal((ExitCode.Usage, $"error: configuration: {expected}"), (result.Code, result.ErrorLine));
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void A_corrupt_image_to_train_on_is_left_out_where_that_is_asked_for()
    {
        File.WriteAllBytes(folder.File("coco/train2017/2.png"), []);
        string[] settings = ["--weights", folder.File("net.safetensors"), "--model.compress", "false", "--epochs", "1"];
        Assert.Contains("2.png: is empty", Train(settings).ErrorLine);
        Directory.Delete(folder.File("out"), true);
        Assert.Contains("skipped   1 image that cannot be decoded", Train([.. settings, "--skip-corrupt"]).Lines);
    }

    [Fact]
    public void A_classifier_of_other_shapes_gives_no_body_and_one_of_two_files_is_wanted()
    {
        TestNetworks.Write(folder.File("resnet.safetensors"));
        Assert.Contains(
            "in the network that gives the body, got ",
            Train("--backbone", folder.File("resnet.safetensors"), "--model.compress", "false").ErrorLine
        );
        Assert.Contains("--weights: expected a detector here, or a classifier for its body in --backbone, got neither", Train().ErrorLine);
        Assert.Contains("--data: expected a folder with train2017", Cli.Run("train-maskrcnn", "--output", folder.File("out")).ErrorLine);
    }

    CliResult Train(params string[] more) =>
        Cli.Run([
            "train-maskrcnn",
            "--dataloader.coco_path",
            folder.File("coco"),
            "--output",
            folder.File("out"),
            "--model.maskrcnn.rpn_pre_nms_top_n_train",
            "50",
            "--model.maskrcnn.rpn_post_nms_top_n_train",
            "20",
            "--learning_rate",
            "1e-3",
            .. more,
            .. TestDetectors.QuickSettings,
        ]);
}

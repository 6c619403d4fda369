using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Training on images that vary in scale and colour.</summary>
public sealed class TrainAugmentationTests : IDisposable
{
    static readonly string[] Varied =
    [
        "--preprocessing.padding",
        "0",
        "--preprocessing.random_scale",
        "[0.5, 1]",
        "--preprocessing.color_jitter.brightness",
        "0.3",
        "--preprocessing.color_jitter.contrast",
        "0.3",
    ];

    readonly TemporaryFolder folder = new();

    public TrainAugmentationTests() => IdxFiles.Write(folder.File("idx"), 45, 12);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Images_vary_alike_on_any_number_of_threads_and_on_resume()
    {
        Assert.Equal(ExitCode.Success, Train("plain", "--epochs", "2").Code);
        Assert.Equal(ExitCode.Success, Train("one", ["--epochs", "2", "--dataloader.num_workers", "1", .. Varied]).Code);
        Assert.Equal(ExitCode.Success, Train("three", ["--epochs", "2", "--dataloader.num_workers", "3", .. Varied]).Code);
        Assert.Equal(Metrics("one"), Metrics("three"));
        Assert.NotEqual(Metrics("plain"), Metrics("one"));
        File.Delete(folder.File("three/states/2.state"));
        Assert.Equal(ExitCode.Success, Cli.Run("train-resnet", "--resume", folder.File("three")).Code);
        Assert.Equal(Metrics("one"), Metrics("three"));
    }

    [Fact]
    public void A_run_does_not_resume_with_other_variations()
    {
        Train("out", ["--epochs", "1", .. Varied]);
        var other = Train("out", ["--epochs", "2", "--resume", .. Varied[..2], "--preprocessing.color_jitter.hue", "0.1"]);
        Assert.Contains(
            "preprocessing.color_jitter: expected brightness 0.3, contrast 0.3, saturation 0, hue 0, as the run began with, got",
            other.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("random_scale", "[0.5, 1]", "random_scale")]
    [InlineData("color_jitter.hue", "0.1", "color_jitter")]
    public void Detectors_do_not_take_them(string key, string value, string named)
    {
        var result = Cli.Run("train-maskrcnn", $"--preprocessing.{key}", value, "--data", folder.Path, "--output", folder.File("out"));
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains(
            $"preprocessing.{named}: expected none: only the images of classifiers are varied in this way",
            result.Error,
            StringComparison.Ordinal
        );
    }

    string Metrics(string output) => File.ReadAllText(folder.File($"{output}/metrics.csv"));

    CliResult Train(string output, params string[] more) => TestImages.Train(folder, output, more);
}

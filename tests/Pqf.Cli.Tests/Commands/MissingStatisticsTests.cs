using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Checkpoints of a network's parameters without the running statistics of its norms.</summary>
public sealed class MissingStatisticsTests : IDisposable
{
    const string Problem =
        "has the parameters of its norms but no running statistics (model.parameters() instead of model.state_dict()?): with mean 0 and "
        + "variance 1 the network is useless; pqf compress --calibrate DIR estimates them on photographs";

    // Those of abc.pqf: pixels of the small photographs on which it was trained.
    static readonly string[] Sizes = ["--preprocessing.resize", "40", "--preprocessing.crop", "32"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Good => SharedData.Path("cases/folders/good");

    [Theory]
    [InlineData("classify")]
    [InlineData("convert")]
    [InlineData("compress")]
    public void They_are_an_error_case_bn_nostats(string command)
    {
        string path = SharedData.Path("cases/checkpoints/bn_nostats.pth");
        var result = command switch
        {
            "classify" => Cli.Run("classify", path, SharedData.Path("cases/images/car.jpg")),
            "convert" => Cli.Run("convert", path, folder.File("x.pth")),
            _ => Cli.Run("compress", "--weights", path, "--output", folder.File("out")),
        };
        Assert.Equal((ExitCode.Failure, $"error: {path}: {Problem}"), (result.Code, result.ErrorLine));
    }

    [Fact]
    public void With_statistics_the_same_network_is_read_case_bn_full()
    {
        var result = Cli.Run("classify", SharedData.Path("cases/checkpoints/bn_full.pth"), SharedData.Path("cases/images/car.jpg"));
        Assert.Equal("   43.14 %  class 5", result.Lines[1]);
    }

    [Fact]
    public void Compressing_estimates_them_on_the_images_of_calibrate()
    {
        var (full, bare) = WriteTrained();
        Assert.Contains("top-1    12/12", Evaluate(full), StringComparison.Ordinal);
        // So small a network loses much; what counts is that it loses as much.
        string expected = Top1(Evaluate(Compressed(full)));
        Assert.Equal(expected, Top1(Evaluate(Compressed(bare))));
        Assert.NotEqual("top-1    4/12", expected);

        static string Top1(string text) =>
            text.Split('\n').Single(line => line.StartsWith("top-1", StringComparison.Ordinal)).Split(" =")[0];
    }

    [Fact]
    public void Training_estimates_them_on_its_images_before_the_first_step()
    {
        var (_, bare) = WriteTrained();
        var result = Cli.Run([
            "train-resnet",
            "--weights",
            bare,
            "--dataloader.imagenet_path",
            Good,
            "--output",
            folder.File("run"),
            "--epochs",
            "0",
            "--model.compress",
            "false",
            .. Names,
            .. Sizes,
        ]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"{bare}: has no running statistics of norms; they are estimated on the images", result.Error.Split('\n'));
        Assert.Contains("accuracy 100.00 %", result.Out, StringComparison.Ordinal);
    }

    static string[] Names => ["--model.class_names", "[a, b, c]"];

    static string Evaluate(string network) =>
        Cli.Run(["evaluate-resnet", "--weights", network, "--dataloader.imagenet_path", Good, .. Names, .. Sizes]).Out;

    string Compressed(string network)
    {
        string output = folder.File(Path.GetFileNameWithoutExtension(network));
        var result = Cli.Run([
            "compress",
            "--weights",
            network,
            "--output",
            output,
            "--calibrate",
            $"{Good}/train",
            "--calibration",
            "norms",
            "--search",
            "greedy",
            "--model.compression_parameters.k",
            "2048",
            .. Sizes,
        ]);
        Assert.Equal(ExitCode.Success, result.Code);
        return Path.Combine(output, "resnet18.pqf");
    }

    /// <summary>The network of abc.pqf with the statistics of its images: whole, and its parameters alone.</summary>
    (string Full, string Bare) WriteTrained()
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = Network.Load(SharedData.Path("cases/abc.pqf"), device).Value();
        var images = ImageSet.OpenUnlabelled($"{Good}/train", ImageDecoder.Reader).Value();
        var trained = Calibration.Unfold(
            network.Graph,
            network.Parameters,
            [
                Tensor<float>.From(
                    device,
                    network.Preprocessing.InputShape(images.Count),
                    [.. Enumerable.Range(0, images.Count).SelectMany(i => Pixels(images, i, network.Preprocessing))]
                ),
            ]
        );
        StoredTensor[] tensors = [.. StateDict.Dense(network.Graph, trained)];
        PyTorchFile.Write(folder.File("full.pth"), tensors).Value();
        PyTorchFile.Write(folder.File("bare.pth"), tensors.Where(tensor => !tensor.Name.Contains(".running_"))).Value();
        return (folder.File("full.pth"), folder.File("bare.pth"));
    }

    static float[] Pixels(ImageSet images, int number, Preprocessing preprocessing)
    {
        float[] pixels = new float[Preprocess.InputCount(preprocessing)];
        images.Prepare(number, preprocessing, null, pixels).Value();
        return pixels;
    }
}

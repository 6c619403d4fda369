using Pqf.Cli.Shell;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>State dicts whose graph follows from the names and shapes of their tensors.</summary>
public sealed class FamilyFileTests : IDisposable
{
    static readonly string[] SmallImages = ["--preprocessing.resize", "32", "--preprocessing.crop", "32"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_network_keeps_names_and_values_in_every_format()
    {
        TestFamilyFiles.Write(folder.File("a.pth"));
        var first = Convert("a.pth", "b.safetensors");
        Assert.Contains(
            "a.pth: its layers are those of a RegNet of sizes of its own; strides, activations and eps are taken from that definition, "
                + "images from its weights' usual form: resize 256, crop 224 × 224, ImageNet's mean and deviation\n",
            first.Error,
            StringComparison.Ordinal
        );
        Convert("b.safetensors", "c.onnx");
        Convert("c.onnx", "d.pqf");
        // A file of tensors alone tells the whole network: nothing is lost.
        Assert.DoesNotContain("keeps no", Convert("b.safetensors", "e.pth").Error, StringComparison.Ordinal);
        Assert.Equal(Values("a.pth"), Values("e.pth"));
        Assert.Equal(TestFamilyFiles.Shapes().Select(pair => pair.Key).Order(), Values("b.safetensors").Select(pair => pair.Key).Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("module.")]
    public void A_network_is_compressed_and_runs(string prefix)
    {
        string path = TestFamilyFiles.Write(folder.File("small.pth"), name => prefix + name);
        var result = Cli.Run([
            "compress",
            "--weights",
            path,
            "--output",
            folder.File("out"),
            .. SmallImages,
            "--model.compression_parameters.k_means_n_iters",
            "2",
        ]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("its logits are the same", result.Out, StringComparison.Ordinal);
        var inspected = Cli.Run("inspect", folder.File("out/small.pqf"));
        Assert.Contains("trunk_output.block1.block1-1.f.c.0", inspected.Out, StringComparison.Ordinal);
    }

    const string NoGraph =
        "a .pth file has no place for a graph: nothing could read the compressed small from it; expected .pqf, .safetensors or .onnx";

    [Fact]
    public void What_no_program_could_read_is_not_written()
    {
        string path = TestFamilyFiles.Write(folder.File("small.pth"));
        string[] quick = [.. TestImages.QuickCompression, "--preprocessing.resize", "32", "--preprocessing.crop", "32"];
        var refused = Cli.Run(["compress", path, "--output", folder.File("none"), "--format", "pqf,pth", "--quiet", .. quick]);
        Assert.Equal((ExitCode.Usage, $"error: command line: format: {NoGraph}\n"), (refused.Code, refused.Error));
        Assert.False(Directory.Exists(folder.File("none")));

        Assert.Equal(ExitCode.Success, Cli.Run(["compress", path, "--output", folder.File("out"), "--quiet", .. quick]).Code);
        var converted = Cli.Run("convert", folder.File("out/small.pqf"), folder.File("codes.pth"), "--quiet");
        Assert.Equal((ExitCode.Failure, $"error: {folder.File("codes.pth")}: {NoGraph}\n"), (converted.Code, converted.Error));
        Assert.False(File.Exists(folder.File("codes.pth")));

        TestNetworks.WriteImages(folder.File("images"), "0", "1", "2");
        string[] data = ["--data", folder.File("images"), "--dataloader.train_images_per_class", "1", "--model.class_count", "3"];
        var trained = Cli.Run(["train", "--weights", path, .. data, "--output", folder.File("trained"), "--epochs", "1", .. quick]);
        Assert.True(trained.Code == ExitCode.Success, trained.Error);
        Assert.DoesNotContain("not written", trained.Error, StringComparison.Ordinal); // nobody asked for it
        Assert.Equal(
            ["0.pqf", "1.pqf", "best.pqf"],
            Directory.GetFiles(folder.File("trained/trained_models")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_network_of_a_file_is_trained_on_other_classes()
    {
        IdxFiles.Write(folder.File("idx"), 44, 12);
        string path = TestFamilyFiles.Write(folder.File("small.pth"));
        var result = Train("--weights", path, "--model.class_count", "3");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"{path}: fc begins with random weights, for 3 classes: class 0, class 1, class 2\n", result.Error);
    }

    [Fact]
    public void A_network_of_a_known_name_is_trained_from_random_weights()
    {
        IdxFiles.Write(folder.File("idx"), 44, 12);
        var result = Train("--model.arch", "shufflenet_v2_x0_5", "--model.class_count", "3");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains(
            "network  shufflenet_v2_x0_5, 3 classes, images of 32×32, grey (pqf, version 2)",
            Cli.Run("inspect", folder.File("out/trained_models/1.pqf")).Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("regnet_x_400mf", null)]
    [InlineData("resnet50", "expected resnet50, as model.arch says, got a RegNet")]
    [InlineData("vgg11", "expected vgg11, as model.arch says, got a RegNet")]
    public void A_name_that_is_given_must_be_the_networks(string name, string? problem)
    {
        string path = TestFamilyFiles.Write(folder.File("small.pth"));
        var result = Cli.Run("inspect", path, "--model.arch", name);
        Assert.Equal(problem is null ? ExitCode.Success : ExitCode.Failure, result.Code);
        if (problem is not null)
            Assert.Equal($"error: {path}: {problem}", result.ErrorLine);
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_lists_the_nearest()
    {
        IdxFiles.Write(folder.File("idx"), 44, 12);
        Assert.Equal(
            "error: model: arch: expected one of resnet18, resnet34, resnet50, resnet50ssl, resnet101, resnet152, resnext50_32x4d, "
                + "resnext101_32x8d, wide_resnet50_2, wide_resnet101_2, resnet20, maskrcnn or another network that docs/configuration.md "
                + "lists, got mobilnet_v2 (nearest: mobilenet_v2)",
            Train("--model.arch", "mobilnet_v2").ErrorLine
        );
    }

    [Fact]
    public void A_name_of_a_family_is_not_that_of_another_network()
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        Assert.Equal(
            $"error: {folder.File("a.safetensors")}: expected the layers of vgg11, as model.arch says, got those of another network",
            Cli.Run("inspect", folder.File("a.safetensors"), "--model.arch", "vgg11").ErrorLine
        );
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("tf_efficientnet_b0", null, true)]
    [InlineData("efficientnet_b0", null, false)]
    [InlineData(null, "tf_efficientnet_b0_ns", true)]
    public void Padding_and_eps_of_TensorFlow_are_taken_where_a_name_asks_for_them(string? beside, string? arch, bool isTaken)
    {
        string path = TestFamilyFiles.WriteTimm(folder.File("small.pth"));
        if (beside is not null)
            File.WriteAllText(folder.File("config.json"), $$"""{"architecture": "{{beside}}"}""");
        string[] more = arch is null ? [] : ["--model.arch", arch];
        var result = Cli.Run(["inspect", path, .. SmallImages, .. more]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains(
            isTaken
                ? $"{path}: padding and eps are those of timm's tf_ networks\n"
                : $"{path}: names are timm's; taken are padding by half the kernel and an eps of 1e-5 in all norms. timm's tf_ networks "
                    + "have the same names and other padding and eps: model.arch with their name reads them so\n",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_missing_layer_is_one_line()
    {
        const string Layer = "trunk_output.block1.block1-1.f.b.0.weight";
        string path = TestFamilyFiles.Write(folder.File("small.pth"), name => name == Layer ? null : name);
        var result = Cli.Run("compress", "--weights", path, "--output", folder.File("out"));
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal($"error: {path}: {Layer}: is missing; expected a grouped convolution of 16 channels (a RegNet)", result.ErrorLine);
    }

    CliResult Train(params string[] arguments) =>
        Cli.Run([
            "train",
            .. arguments,
            "--model.compress",
            "false",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--dataloader.batch_size",
            "8",
            "--epochs",
            "1",
            "--output",
            folder.File("out"),
            .. SmallImages,
        ]);

    CliResult Convert(string from, string to)
    {
        var result = Cli.Run("convert", folder.File(from), folder.File(to));
        Assert.Equal(ExitCode.Success, result.Code);
        return result;
    }

    Dictionary<string, float[]> Values(string name)
    {
        using var file = TensorFiles.Open(folder.File(name)).Value();
        return file
            .Tensors.Where(tensor => !tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name, tensor => tensor.ToSingles());
    }
}

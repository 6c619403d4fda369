using Pqf.Cli.Shell;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class ConvertTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_dense_network_survives_every_format()
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        Convert("a.safetensors", "b.pth");
        Convert("b.pth", "c.safetensors");
        Assert.Equal(Values("b.pth"), Values("c.safetensors"));
        Assert.Equal(
            Values("a.safetensors"),
            Values("c.safetensors").Where(pair => !pair.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_compressed_network_survives_every_format()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        Cli.Run(["compress", "--weights", folder.File("dense.safetensors"), "--output", folder.Path, .. TestNetworks.QuickSettings]);
        Convert("resnet18.pqf", "a.pth");
        Convert("a.pth", "b.safetensors");
        Convert("b.safetensors", "c.pqf", "--preprocessing.resize", "40", "--preprocessing.crop", "32");
        Assert.Equal(Values("resnet18.pqf"), Values("c.pqf"));
    }

    [Theory]
    [InlineData("a.pth", true)]
    [InlineData("a.safetensors", false)]
    [InlineData("a.pqf", false)]
    [InlineData("a.onnx", false)]
    public void What_a_kind_of_file_does_not_keep_is_said(string name, bool isSaid)
    {
        var result = Cli.Run("convert", SharedData.Path("cases/abc.pqf"), folder.File(name), "--model.class_names", "[a, b, c]");

        Assert.Equal(ExitCode.Success, result.Code);
        const string Lost =
            "this file keeps no class names (model.class_names) and no preprocessing (preprocessing.resize, crop, mean, "
            + "deviation); give the keys whenever it is read, or use a .pqf";
        Assert.Equal(isSaid, (result.Out + result.Error).Contains(Lost, StringComparison.Ordinal));
    }

    [Fact]
    public void A_safetensors_file_keeps_names_and_preprocessing()
    {
        string[] settings = ["--model.class_names", "[a, b, c]", "--preprocessing.resize", "40", "--preprocessing.crop", "32"];
        Cli.Run(["convert", SharedData.Path("cases/abc.pqf"), folder.File("abc.pqf"), .. settings]);
        Convert("abc.pqf", "b.safetensors");
        Convert("b.safetensors", "c.pqf");
        Assert.Equal(Open("abc.pqf", file => file.Metadata), Open("c.pqf", file => file.Metadata));
        Assert.Equal("pt", Open("b.safetensors", file => file.Metadata["format"]));
        Assert.Contains("3 classes, images of 32×32, colour (safetensors)", Cli.Run("inspect", folder.File("b.safetensors")).Out);
        // Given keys win, as they do over a .pqf.
        Convert("b.safetensors", "d.pqf", "--model.class_names", "[x, y, z]");
        Assert.Equal("""["x","y","z"]""", Open("d.pqf", file => file.Metadata["classes"]));
    }

    [Fact]
    public void A_detectors_settings_are_kept_or_it_is_said()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        string[] settings = ["--model.maskrcnn.min_size", "64", "--model.maskrcnn.max_size", "96"];
        Convert("net.safetensors", "a.pqf", settings);
        Convert("a.pqf", "b.safetensors");
        Convert("b.safetensors", "c.pqf");
        Assert.Equal(Open("a.pqf", file => file.Metadata), Open("c.pqf", file => file.Metadata));
        Assert.Contains("\"min_size\":64", Open("c.pqf", file => file.Metadata["architecture"]));
        const string Lost = "this file keeps no settings of the detector (model.maskrcnn)";
        Assert.Contains(Lost, Cli.Run("convert", folder.File("a.pqf"), folder.File("d.pth")).Error);
        // Its channels are not the usual ones, but the tensors tell.
        Assert.DoesNotContain(Lost, Cli.Run("convert", folder.File("net.safetensors"), folder.File("e.pth")).Error);
    }

    [Fact]
    public void Text_of_another_version_is_refused()
    {
        Cli.Run("convert", SharedData.Path("cases/abc.pqf"), folder.File("a.safetensors"));
        Open(
            "a.safetensors",
            file =>
                Safetensors.Write(
                    folder.File("b.safetensors"),
                    file.Tensors,
                    new Dictionary<string, string>(file.Metadata) { ["pqf"] = "3" }
                )
        );
        Assert.Equal(
            $"error: {folder.File("b.safetensors")}: its metadata is of version 3 of this program's; this program reads versions 1 and 2",
            Cli.Run("convert", folder.File("b.safetensors"), folder.File("c.pqf")).ErrorLine
        );
    }

    [Fact]
    public void A_detector_as_an_ONNX_model_can_be_read_again()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        Convert("net.safetensors", "a.onnx", "--model.maskrcnn.min_size", "64", "--model.maskrcnn.max_size", "96");
        Convert("net.safetensors", "a.pqf", "--model.maskrcnn.min_size", "64", "--model.maskrcnn.max_size", "96");
        Convert("a.onnx", "b.pqf");
        Convert("b.pqf", "b.onnx");
        Assert.Equal(File.ReadAllBytes(folder.File("a.onnx")), File.ReadAllBytes(folder.File("b.onnx")));
        string[] found = Labels("a.pqf");
        Assert.NotEmpty(found);
        Assert.Equal(found, Labels("a.onnx"));
    }

    /// <summary>Classes of what is found in x.png, in order. Boxes differ by rounding: norms are folded in one file and not in the
    /// other.</summary>
    string[] Labels(string name)
    {
        string[] settings = ["--output", folder.File($"{name}-found"), "--threshold", "0.1", "--quiet", "--device", "host"];
        var result = Cli.Run(["detect", folder.File(name), folder.File("x.png"), .. settings]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string text = File.ReadAllText(Path.Combine(folder.File($"{name}-found"), "results.json"));
        return [.. text.Split("\"category_id\":").Skip(1).Select(found => found.Split(',')[0])];
    }

    [Fact]
    public void Decoding_gives_a_dense_network_of_the_same_codes()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        Cli.Run(["compress", "--weights", folder.File("dense.safetensors"), "--output", folder.Path, .. TestNetworks.QuickSettings]);
        Convert("resnet18.pqf", "decoded.pth", "--format", "dense");
        string text = Cli.Run("inspect", folder.File("decoded.pth"), "--tensors").Out;
        Assert.Contains("layer1.0.conv1.weight ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("codebook", text, StringComparison.Ordinal);
        Assert.DoesNotContain("times smaller", text, StringComparison.Ordinal);
        // k 16 and 9 values a block: at most 16 different first values.
        float[] weight = Open("decoded.pth", file => file.ByName["layer1.0.conv1.weight"].ToSingles());
        Assert.InRange(weight.Where((_, i) => i % 9 == 0).Distinct().Count(), 2, 16);
    }

    [Fact]
    public void A_compressed_network_survives_ONNX_with_all_its_text()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        Cli.Run([
            "compress",
            "--weights",
            folder.File("dense.safetensors"),
            "--output",
            folder.Path,
            "--format",
            "pqf,onnx",
            .. TestNetworks.QuickSettings,
        ]);
        Convert("resnet18.onnx", "back.pqf");
        Assert.Equal(Open("resnet18.pqf", file => file.Metadata), Open("back.pqf", file => file.Metadata));
        static bool IsNorm(string name) =>
            name.Contains("bn", StringComparison.Ordinal) || name.Contains("downsample.1", StringComparison.Ordinal);
        Assert.Equal(Values("resnet18.pqf").Where(pair => !IsNorm(pair.Key)), Values("back.pqf").Where(pair => !IsNorm(pair.Key)));
        Assert.Contains("images of 32×32, colour (ONNX)", Cli.Run("inspect", folder.File("resnet18.onnx")).Out, StringComparison.Ordinal);
    }

    /// <summary>ONNX wants biases in single precision; the file that is made of the model holds them in half precision again.</summary>
    [Fact]
    public void A_compressed_graph_is_as_small_after_a_way_through_ONNX()
    {
        string model = TestGraphFiles.WriteOnnx(folder.File("small.onnx"));
        var compressed = Cli.Run([
            "compress",
            model,
            "--output",
            folder.File("out"),
            "--format",
            "pqf,onnx",
            .. TestImages.QuickCompression,
            "--device",
            "host",
        ]);
        Assert.True(compressed.Code == ExitCode.Success, compressed.Error);
        Convert("out/small.onnx", "back.pqf");
        Assert.Equal(new FileInfo(folder.File("out/small.pqf")).Length, new FileInfo(folder.File("back.pqf")).Length);
        Assert.Equal(Values("out/small.pqf"), Values("back.pqf"));
    }

    [Fact]
    public void A_dense_ONNX_model_is_read_with_its_norms_folded()
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        Convert("a.safetensors", "b.onnx", "--dense", "--preprocessing.resize", "40", "--preprocessing.crop", "32");
        Convert("b.onnx", "c.pth");
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        string[] settings = ["--preprocessing.resize", "40", "--preprocessing.crop", "32", "--quiet"];
        string original = Cli.Run(["classify", folder.File("a.safetensors"), folder.File("x.png"), .. settings]).Out;
        Assert.Equal(5 + 1, original.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(original, Cli.Run(["classify", folder.File("b.onnx"), folder.File("x.png"), .. settings]).Out);
        Assert.Equal(original, Cli.Run(["classify", folder.File("c.pth"), folder.File("x.png"), .. settings]).Out);
    }

    [Theory]
    [InlineData("a.safetensors", "--seed 1", true)]
    [InlineData("a.safetensors", "--preprocessing.resize 40 --preprocessing.crop 32", false)]
    [InlineData("b.pqf", "--seed 1", false)]
    public void Sizes_of_images_that_were_guessed_are_said(string name, string settings, bool isSaid)
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        Convert("a.safetensors", "b.pqf", "--preprocessing.resize", "40", "--preprocessing.crop", "32");
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        var result = Cli.Run(["classify", folder.File(name), folder.File("x.png"), .. settings.Split(' ')]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal(
            isSaid,
            result.Error.Contains(
                "nothing says what images it takes: they are resized to 256 and cropped to 224 pixels",
                StringComparison.Ordinal
            )
        );
    }

    [Fact]
    public void A_dense_network_has_no_compressed_form()
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        var result = Cli.Run("convert", folder.File("a.safetensors"), folder.File("b.pth"), "--format", "compressed");
        Assert.Equal(
            (ExitCode.Failure, $"error: {folder.File("a.safetensors")}: is dense; expected a compressed network (pqf compress makes one)"),
            (result.Code, result.Error.TrimEnd().Split('\n')[^1])
        );
        Assert.False(File.Exists(folder.File("b.pth")));
    }

    [Fact]
    public void An_unknown_ending_is_a_usage_error()
    {
        var result = Cli.Run("convert", "a.pth", "b.tflite");
        Assert.Equal(
            (ExitCode.Usage, "error: command line: out: expected a name that ends in .pqf, .pth, .safetensors or .onnx, got b.tflite"),
            (result.Code, result.ErrorLine)
        );
    }

    void Convert(string from, string to, params string[] more)
    {
        var result = Cli.Run(["convert", folder.File(from), folder.File(to), .. more]);
        Assert.Equal(
            (ExitCode.Success, $"wrote {folder.File(to)} ({new FileInfo(folder.File(to)).Length:N0} bytes)"),
            // Other lines may say what was guessed, and what the file does not keep.
            (result.Code, result.Error.Split('\n').First(line => line.StartsWith("wrote", StringComparison.Ordinal)))
        );
    }

    /// <summary>Every tensor's type, shape and bytes, as text that can be compared.</summary>
    SortedDictionary<string, string> Values(string name) =>
        Open(
            name,
            file => new SortedDictionary<string, string>(
                file.Tensors.ToDictionary(
                    tensor => tensor.Name,
                    tensor =>
                    {
                        byte[] bytes = new byte[tensor.SizeBytes];
                        tensor.ReadBytes(bytes);
                        return $"{tensor.Type} {tensor.Shape} "
                            + $"{System.Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}";
                    }
                )
            )
        );

    T Open<T>(string name, Func<TensorFile, T> read) =>
        TensorFiles
            .Open(folder.File(name))
            .Match(
                file =>
                {
                    using (file)
                        return read(file);
                },
                error => throw new InvalidOperationException(error.Message)
            );
}

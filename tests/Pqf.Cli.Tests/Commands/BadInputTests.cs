using System.Text;
using Pqf.Cli.Shell;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Whatever is wrong: one clear line, the documented exit code, no partial file.</summary>
public sealed class BadInputTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_missing_file() => Fails("inspect", folder.File("none.pth"), "not found");

    [Fact]
    public void A_truncated_file()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        using (var file = File.OpenWrite(folder.File("dense.safetensors")))
            file.SetLength(file.Length / 2);
        Fails("compress", folder.File("dense.safetensors"), "");
    }

    [Fact]
    public void A_corrupt_file()
    {
        File.WriteAllBytes(folder.File("x.pth"), [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 77))]);
        Fails("inspect", folder.File("x.pth"), "expected a .pqf, safetensors, PyTorch zip, PyTorch legacy or ONNX file");
    }

    [Fact]
    public void A_pickle_that_calls_a_function()
    {
        // PyTorch's legacy form: magic number, protocol 1001, system information, then an object that calls os.system.
        byte[] legacy =
        [
            0x80,
            2,
            0x8A,
            10,
            0x6C,
            0xFC,
            0x9C,
            0x46,
            0xF9,
            0x20,
            0x6A,
            0xA8,
            0x50,
            0x19,
            (byte)'.',
            0x80,
            2,
            (byte)'M',
            0xE9,
            3,
            (byte)'.',
            0x80,
            2,
            .. "}X\u000D\0\0\0little_endian"u8,
            0x88,
            (byte)'s',
            (byte)'.',
            0x80,
            2,
            .. "cposix\nsystem\nX\u0004\0\0\0exit"u8,
            0x85,
            (byte)'R',
            (byte)'.',
        ];
        File.WriteAllBytes(folder.File("x.pth"), legacy);
        Fails("inspect", folder.File("x.pth"), "posix");
    }

    [Fact]
    public void A_header_that_claims_2_to_the_60_bytes()
    {
        File.WriteAllBytes(folder.File("x.safetensors"), [.. BitConverter.GetBytes(1UL << 60), .. "{}"u8]);
        Fails("inspect", folder.File("x.safetensors"), "");
    }

    [Fact]
    public void Overlapping_tensors()
    {
        byte[] header = Encoding.UTF8.GetBytes(
            """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"""
        );
        File.WriteAllBytes(folder.File("x.safetensors"), [.. BitConverter.GetBytes((ulong)header.Length), .. header, 0, 0, 0, 0, 0, 0]);
        Fails("inspect", folder.File("x.safetensors"), "b");
    }

    [Fact]
    public void A_code_outside_its_codebook()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        Cli.Run([
            "compress",
            "--weights",
            folder.File("dense.safetensors"),
            "--output",
            folder.Path,
            "--format",
            "safetensors",
            .. TestNetworks.QuickSettings,
        ]);
        Rewrite(
            "resnet18.safetensors",
            "bad.safetensors",
            tensor =>
                tensor.Name != "fc.codes_matrix"
                    ? tensor
                    : new StoredTensor(
                        tensor.Name,
                        tensor.Type,
                        tensor.Shape,
                        bytes =>
                        {
                            tensor.ReadBytes(bytes);
                            bytes[7] = 16; // k is 16
                        }
                    )
        );
        Fails(
            "evaluate-resnet",
            folder.File("bad.safetensors"),
            "fc.codes_matrix: expected codes below 16, the rows of the codebook, got 16 at position 7"
        );
    }

    [Fact]
    public void The_wrong_architecture()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        Fails(
            "evaluate-resnet",
            folder.File("dense.safetensors"),
            "expected resnet50, as model.arch says, got resnet18",
            "--model.arch",
            "resnet50"
        );
    }

    [Fact]
    public void The_preset_of_another_known_network_is_named()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        Fails("compress", folder.File("dense.safetensors"), "expected resnet50, as --preset says, got resnet18", "--preset", "resnet50");
    }

    [Theory]
    [InlineData("compress_resnet50")]
    [InlineData("config/compress_resnet50.yaml")]
    [InlineData("resnet-50")]
    [InlineData("train_resnet50")]
    public void The_file_of_a_preset_names_it(string name)
    {
        var result = Cli.Run("compress", "a.pth", "--preset", name);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.EndsWith($", got {name}; the nearest is resnet50", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_architecture()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        var result = Run("evaluate-resnet", folder.File("dense.safetensors"), "--model.arch", "resnet17");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains("nearest: resnet18", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_listed_one_a_line()
    {
        TestNetworks.Write(folder.File("dense.safetensors"), tensor => tensor.Name is "fc.bias" ? tensor.Rename("fc.bais") : tensor);
        var result = Run("evaluate-resnet", folder.File("dense.safetensors"));
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal(
            $"error: {folder.File("dense.safetensors")}: the tensors do not fit the network:\n  missing: fc.bias (nearest in the "
                + $"file: fc.bais)\n  unused: fc.bais (nearest in the network: fc.bias)\n",
            result.Error
        );
    }

    [Fact]
    public void The_preset_of_another_network_is_named()
    {
        TestGraphFiles.WriteOnnx(folder.File("a.onnx"));
        var result = Cli.Run("compress", folder.File("a.onnx"), "--preset", "resnet50", "--output", folder.File("out"), "--dry-run");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith(
            $"error: {folder.File("a.onnx")}: the tensors do not fit resnet50, which --preset names (without --preset the model's own graph "
                + "is read):\n  missing: conv1.weight",
            result.Error,
            StringComparison.Ordinal
        );
        // Nothing of it is there: three lines show what is missing, and no name is near.
        Assert.Equal(5, result.Error.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain("nearest", result.Error, StringComparison.Ordinal);
        // 53 convolutions, 53 norms of weight and bias, and the last layer's two.
        Assert.EndsWith("  … and 158 more of the 161 tensors that the network needs\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(
            ExitCode.Success,
            Cli.Run("compress", folder.File("a.onnx"), "--output", folder.File("out"), "--dry-run", "--quiet").Code
        );
    }

    [Fact]
    public void Weights_that_are_not_numbers()
    {
        TestNetworks.Write(
            folder.File("dense.safetensors"),
            tensor =>
                tensor.Name != "layer3.0.conv1.weight"
                    ? tensor
                    : new StoredTensor(
                        tensor.Name,
                        tensor.Type,
                        tensor.Shape,
                        bytes =>
                        {
                            tensor.ReadBytes(bytes);
                            BitConverter.TryWriteBytes(bytes[20..], float.NaN);
                        }
                    )
        );
        Fails("compress", folder.File("dense.safetensors"), "layer3.0.conv1.weight: expected finite values, got NaN at position 5");
    }

    [Fact]
    public void A_missing_image_folder()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        var result = Cli.Run(
            "evaluate-resnet",
            "--quiet",
            "--weights",
            folder.File("dense.safetensors"),
            "--dataloader.imagenet_path",
            "/nowhere"
        );
        Assert.Equal((ExitCode.Failure, "error: /nowhere: folder not found"), (result.Code, result.ErrorLine));
    }

    [Fact]
    public void A_corrupt_photograph()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images"), "0", "1");
        File.WriteAllBytes(folder.File("images/1/3.jpg"), [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 1, 2, 3]);
        var result = Cli.Run([
            "evaluate-resnet",
            "--quiet",
            "--weights",
            folder.File("dense.safetensors"),
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32",
            "--dataloader.imagenet_path",
            folder.File("images"),
        ]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith($"error: {folder.File("images/1/3.jpg")}: is ", result.ErrorLine, StringComparison.Ordinal);
        var calibrated = Cli.Run([
            "compress",
            "--weights",
            folder.File("dense.safetensors"),
            "--output",
            folder.File("out"),
            "--calibrate",
            folder.File("images/1"),
            .. TestNetworks.QuickSettings,
        ]);
        Assert.Equal(ExitCode.Failure, calibrated.Code);
        Assert.StartsWith($"error: {folder.File("images/1/3.jpg")}: is ", calibrated.ErrorLine, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
        var skipped = Cli.Run([
            "compress",
            "--weights",
            folder.File("dense.safetensors"),
            "--output",
            folder.File("out"),
            "--calibrate",
            folder.File("images/1"),
            "--skip-corrupt",
            .. TestNetworks.QuickSettings.Where(setting => setting != "--quiet"),
        ]);
        Assert.Equal(ExitCode.Success, skipped.Code);
        Assert.Contains($"skipped {folder.File("images/1/3.jpg")}: is ", skipped.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_cannot_be_written()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        File.WriteAllText(folder.File("file"), "");
        var result = Cli.Run([
            "compress",
            "--weights",
            folder.File("dense.safetensors"),
            "--output",
            folder.File("file/out"),
            .. TestNetworks.QuickSettings,
        ]);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal($"error: {folder.File("file")}: is a file; expected a folder", result.ErrorLine);
        var converted = Cli.Run("convert", folder.File("dense.safetensors"), folder.File("none/x.pth"), "--preprocessing.crop", "32");
        Assert.Equal(
            (ExitCode.Failure, $"error: {folder.File("none/x.pth")}: cannot be written: its folder does not exist"),
            (converted.Code, converted.ErrorLine)
        );
    }

    [Fact]
    public void Interrupted_in_the_middle_nothing_is_left()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        using var cancellation = new CancellationTokenSource();
        using var error = new CancellingWriter("permuting", cancellation);
        var code = CommandLine.Run(
            [
                "compress",
                "--weights",
                folder.File("dense.safetensors"),
                "--output",
                folder.File("out"),
                .. TestNetworks.QuickSettings.Where(setting => setting != "--quiet"),
            ],
            new Terminal(TextWriter.Null, error, false, TimeProvider.System, cancellation.Token)
        );
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.EndsWith("interrupted\n", error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    /// <summary>Runs a command on a file and expects one line that names the file.</summary>
    void Fails(string command, string path, string problem, params string[] more)
    {
        var result = Run(command, path, more);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith($"error: {path}: ", result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains(problem, result.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("", result.Out);
        Assert.False(Directory.Exists(folder.File("out")) && Directory.EnumerateFileSystemEntries(folder.File("out")).Any());
    }

    CliResult Run(string command, string path, params string[] more) =>
        command switch
        {
            "compress" => Cli.Run([command, "--weights", path, "--output", folder.File("out"), .. TestNetworks.QuickSettings, .. more]),
            "evaluate-resnet" => Cli.Run([command, "--quiet", "--weights", path, "--dataloader.imagenet_path", folder.Path, .. more]),
            _ => Cli.Run([command, path, .. more]),
        };

    void Rewrite(string from, string to, Func<StoredTensor, StoredTensor> change) =>
        TensorFiles
            .Open(folder.File(from))
            .Match(
                file =>
                {
                    using (file)
                        return Safetensors
                            .Write(folder.File(to), file.Tensors.Select(change), file.Metadata)
                            .Match(_ => 0, error => throw new InvalidOperationException(error.Message));
                },
                error => throw new InvalidOperationException(error.Message)
            );
}

using System.Globalization;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>What a command prints as the next one is run, and must reproduce what the first one measured.</summary>
public sealed class NextCommandTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("idx", 12)]
    [InlineData("idx", 45, "--dataloader.validation_fraction", "0.25")]
    [InlineData("idx", 45, "--dataloader.validation_fraction", "0.25", "--dataloader.split_seed", "3")]
    [InlineData("halves", 24)]
    [InlineData("one", 6, "--dataloader.validation_fraction", "0.3")]
    [InlineData("one", 9, "--dataloader.train_images_per_class", "5")]
    [InlineData(
        "one",
        9,
        "--dataloader.train_images_per_class",
        "5",
        "--dataloader.skip_corrupt",
        "true",
        "--preprocessing.exif",
        "ignore"
    )]
    public void The_command_after_a_training_measures_what_the_training_measured(string data, int count, params string[] settings)
    {
        string images = folder.File($"my {data}");
        Make(data, images);
        var trained = Cli.Run([
            "train",
            "--data",
            images,
            "--output",
            folder.File("the run's"),
            "--epochs",
            "2",
            "--learning_rate",
            "0.02",
            "--model.compress",
            "false",
            .. TestImages.Network,
            .. settings,
        ]);
        Assert.True(trained.Code == ExitCode.Success, trained.Error);

        string[] next = Following(trained.Error);
        var measured = Cli.Run(next);

        // Other images of an easy task may be as easy: the settings must be there too.
        Assert.Equal(settings, next[^settings.Length..]);
        Assert.True(measured.Code == ExitCode.Success, measured.Error);
        string[] rows = File.ReadAllLines(folder.File("the run's/metrics.csv"));
        int column = Array.IndexOf(rows[0].Split(','), "validation_accuracy");
        double best = rows[1..].Max(row => double.Parse(row.Split(',')[column], CultureInfo.InvariantCulture));
        var top1 = Regex.Match(measured.Out, "top-1 +([0-9]+)/([0-9]+) ");
        Assert.Equal($"{count}", top1.Groups[2].Value);
        Assert.Equal(best, double.Parse(top1.Groups[1].Value) / double.Parse(top1.Groups[2].Value), 1e-6);
    }

    [Fact]
    public void The_command_after_a_training_of_a_detector_measures_what_the_training_measured()
    {
        TestDetectors.Write(folder.File("detector.safetensors"));
        TestDetectors.WriteImages(folder.File("my coco"));
        var trained = Cli.Run([
            "train",
            "--weights",
            folder.File("detector.safetensors"),
            "--data",
            folder.File("my coco"),
            "--output",
            folder.File("out"),
            "--epochs",
            "1",
            "--model.compress",
            "false",
            .. TestDetectors.QuickSettings.Where(word => word != "--quiet"),
        ]);
        Assert.True(trained.Code == ExitCode.Success, trained.Error);
        string[] next = Following(trained.Error);
        Assert.Equal(
            ["evaluate", "--weights", folder.File("out/trained_models/best.pqf"), "--dataloader.coco_path", folder.File("my coco")],
            next
        );
        var measured = Cli.Run(next);
        Assert.True(measured.Code == ExitCode.Success, measured.Error);
    }

    [Fact]
    public void The_commands_after_a_compression_run_as_they_stand_and_end_with_a_calibrated_network()
    {
        TestNetworks.Write(folder.File("dense.safetensors"));
        TestNetworks.WriteImages(folder.File("images/train"));
        TestNetworks.WriteImages(folder.File("images/val"));
        var compressed = Cli.Run([
            "compress",
            folder.File("dense.safetensors"),
            "--output",
            folder.File("my network"),
            "--format",
            "pth,pqf",
            "--model.class_names",
            "a,b,c,d,e,f,g,h,i,j",
            "--calibration",
            "norms",
            .. TestNetworks.QuickSettings.Where(word => word != "--quiet"),
        ]);
        Assert.True(compressed.Code == ExitCode.Success, compressed.Error);
        string size = compressed.Lines.Single(line => line.StartsWith("size ", StringComparison.Ordinal));
        byte[] before = File.ReadAllBytes(folder.File("my network/resnet18.pqf"));

        string[] next = Following(compressed.Error);
        Assert.Equal(["--calibrate", "DIR"], next[^2..]);
        var calibrated = Cli.Run([.. next[..^1], folder.File("images/train")]);
        Assert.True(calibrated.Code == ExitCode.Success, calibrated.Error);
        Assert.NotEqual(before, File.ReadAllBytes(folder.File("my network/resnet18.pqf")));

        string[] measure = Following(calibrated.Error);
        Assert.Equal(["evaluate", "--weights", folder.File("my network/resnet18.pqf"), "--data", "DIR"], measure);

        string[] train = Words(Regex.Match(compressed.Error, "compressed and calibrated first: pqf (.*)\n").Groups[1].Value);
        Assert.Equal(["train", "--weights", folder.File("dense.safetensors"), "--data", "DIR"], train);
        Assert.Contains(size, calibrated.Lines);
    }

    [Theory]
    [InlineData("compress a.pth --output out", "pqf compress a.pth --output out --calibrate DIR")]
    [InlineData("compress --k 3 -- -a.pth", "pqf compress --k 3 --calibrate DIR -- -a.pth")]
    public void A_command_is_repeated_with_photographs(string typed, string expected) =>
        Assert.Equal(expected, NextCommand.Calibrated([.. typed.Split(' ')]));

    [Theory]
    [InlineData("compress a --calibration none", true, "pqf compress a --calibrate DIR --calibration layers")]
    [InlineData("compress a --calibration=none -- b", true, "pqf compress a --calibrate DIR --calibration layers -- b")]
    [InlineData("compress a --calibrate b --config c.yaml", false, "pqf compress a --calibrate b --config c.yaml --calibration layers")]
    public void A_command_of_level_none_is_repeated_with_another_level(string typed, bool needsFolder, string expected) =>
        Assert.Equal(expected, NextCommand.Calibrated([.. typed.Split(' ')], needsFolder, needsLevel: true));

    [Theory]
    [InlineData("a/b_c-1.pqf", "a/b_c-1.pqf")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    [InlineData("", "''")]
    [InlineData("a\nb\\n it's \u202e$x", @"$'a\nb\\n it\'s \u202e$x'")]
    public void A_word_is_quoted_where_a_shell_would_change_it(string word, string expected)
    {
        Assert.Equal(expected, NextCommand.Word(word));
        Assert.Equal([word], Words(expected));
    }

    static void Make(string data, string images)
    {
        if (data == "idx")
            IdxFiles.Write(images, 180, 12);
        ulong seed = 0;
        foreach (
            string part in data == "halves" ? (string[])["train/", "val/"]
            : data == "one" ? [""]
            : []
        )
        foreach (string name in (string[])["cat", "dog", "owl"])
        {
            Directory.CreateDirectory(Path.Combine(images, part + name));
            for (int i = 0; i < 8; i++)
                TestNetworks.WriteImage(Path.Combine(images, part + name, $"{i}.png"), seed++);
        }
    }

    static string[] Following(string error) => Words(Regex.Match(error, "\nnext     pqf (.*)\n$").Groups[1].Value);

    /// <summary>Words of a line as a shell takes it.</summary>
    static string[] Words(string line) =>
        [
            .. Regex
                .Matches(line, @"\$'(?:[^'\\]|\\.)*'|(?:'[^']*'|\\'|[^\s'\\])+")
                .Select(match =>
                    // The escapes that bash and .NET's patterns have in common.
                    match.Value.StartsWith("$'", StringComparison.Ordinal)
                        ? Regex.Unescape(match.Value[2..^1])
                        : Regex.Replace(match.Value, @"\\'|'([^']*)'", part => part.Value == @"\'" ? "'" : part.Groups[1].Value)
                ),
        ];
}

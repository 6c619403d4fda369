using System.Text.Json;
using Pqf.Cli.Shell;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class DetectTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public DetectTests()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestNetworks.WriteImage(folder.File("a.png"), 1);
        TestNetworks.WriteImage(folder.File("b.png"), 2);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_image_gives_a_picture_and_all_of_them_a_file_of_results()
    {
        var result = Detect("0", "a.png", "b.png");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal((40, 48), (Picture("a").Height, Picture("b").Width));
        var found = Results();
        Assert.NotEmpty(found);
        Assert.All(
            found,
            item =>
            {
                Assert.Equal(
                    item.GetProperty("file_name").GetString(),
                    folder.File(item.GetProperty("image_id").GetInt32() == 1 ? "a.png" : "b.png")
                );
                Assert.Equal($"class {item.GetProperty("category_id").GetInt32()}", item.GetProperty("category").GetString());
                Assert.Equal([40, 48], item.GetProperty("segmentation").GetProperty("size").Deserialize<int[]>()!);
                Assert.InRange(item.GetProperty("score").GetDouble(), 0, 1);
            }
        );
        Assert.Equal(found.Length, result.Lines.Count(line => line.Contains("% ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Nothing_above_the_threshold_leaves_the_picture_as_it_is()
    {
        var result = Detect("1", "a.png");
        string wrote = $"wrote    {folder.File("out/a.png")}, {folder.File("out/results.json")}";
        Assert.Equal([folder.File("a.png"), "  nothing", wrote], result.Lines);
        Assert.Empty(Results());
        Assert.Equal(ImageDecoder.Decode(folder.File("a.png")).Value().Pixels, Picture("a").Pixels);
    }

    [Fact]
    public void A_profile_says_what_each_stage_takes()
    {
        var result = Cli.Run([
            "detect",
            folder.File("net.safetensors"),
            folder.File("a.png"),
            "--output",
            folder.File("out"),
            "--profile",
            .. TestDetectors.QuickSettings,
        ]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(
            ["Compiling", "Decoding", "Image", "Features", "ProposalHead", "Proposals", "BoxHead", "Boxes", "MaskHead", "Pictures"],
            result
                .Lines.SkipWhile(line => !line.StartsWith("stage", StringComparison.Ordinal))
                .Skip(1)
                .SkipLast(1)
                .Select(line => line.Split(' ')[0])
        );
    }

    [Fact]
    public void An_image_that_cannot_be_decoded_is_named()
    {
        folder.Write("bad.jpg", [1, 2, 3]);
        var result = Detect("0", "bad.jpg");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith($"error: {folder.File("bad.jpg")}: is not an image", result.ErrorLine);
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("b.png")]
    public void A_bad_photograph_is_named_and_the_others_have_pictures_and_results(string bad)
    {
        TestNetworks.WriteImage(folder.File("c.png"), 3);
        Detect("0", "a.png", "b.png", "c.png");
        var before = Results();
        folder.Write(bad, [1, 2, 3]);
        Directory.Move(folder.File("out"), folder.File("before"));
        var result = Detect("0", "a.png", "b.png", "c.png");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal(
            [
                $"error: {folder.File(bad)}: is not an image that can be decoded (JPEG, PNG, BMP, GIF, WebP, TIFF, PPM), or is damaged",
                "error: 1 of 3 photographs could not be decoded",
            ],
            result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );
        Assert.Equal(
            before.Where(item => item.GetProperty("file_name").GetString() != folder.File(bad)).Select(item => item.GetRawText()),
            Results().Select(item => item.GetRawText())
        );
        Assert.Equal(
            new[] { "a.png", "b.png", "c.png", "results.json" }.Where(name => name != bad),
            Directory.GetFiles(folder.File("out")).Select(Path.GetFileName).Order()
        );
    }

    [Fact]
    public void A_folder_means_its_pictures_and_equal_names_get_numbers()
    {
        TestNetworks.WriteImages(folder.File("images"));
        TestNetworks.WriteImage(folder.File("1-2.png"), 3);
        var result = Detect("0", "images", "1-2.png");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(
            ["1-2.png", "1-3.png", "1.png", "2-2.png", "2.png", "results.json"],
            Directory.GetFiles(folder.File("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.Equal([(1, "a/1.png"), (2, "a/2.png"), (3, "b/1.png"), (4, "b/2.png"), (5, folder.File("1-2.png"))], FileNames());
    }

    [Fact]
    public void Photographs_of_one_name_in_two_folders_have_the_folders_in_their_names()
    {
        foreach (string name in (string[])["x", "y"])
        {
            Directory.CreateDirectory(folder.File(name));
            TestNetworks.WriteImage(folder.File($"{name}/1.png"), 3);
        }

        Assert.Equal(ExitCode.Success, Detect("0", "x", "y").Code);
        Assert.Equal([(1, folder.File("x/1.png")), (2, folder.File("y/1.png"))], FileNames());
    }

    [Theory]
    [InlineData(ExifOrientation.Apply)]
    [InlineData(ExifOrientation.Ignore)]
    public void A_photograph_is_seen_as_people_see_it_unless_that_is_not_wanted(ExifOrientation exif)
    {
        string path = SharedData.Path("cases/images/car_exif6.jpg");
        var result = Cli.Run([
            "detect",
            folder.File("net.safetensors"),
            path,
            "--output",
            folder.File("out"),
            "--threshold",
            "1",
            "--pictures",
            "png",
            .. exif == ExifOrientation.Apply ? [] : (string[])["--preprocessing.exif", "ignore"],
            .. TestDetectors.QuickSettings,
        ]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal(ImageDecoder.ReaderOf(exif).Decode(path).Value().Pixels, Picture("car_exif6").Pixels);
    }

    [Fact]
    public void The_picture_of_a_JPEG_is_a_JPEG_and_its_quality_is_said()
    {
        File.Copy(SharedData.Path("cases/images/car_exif6.jpg"), folder.File("car.jpg"));
        var result = DetectAloud("1", "a.png", "car.jpg");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Equal([0xFF, 0xD8, 0xFF], File.ReadAllBytes(folder.File("out/car.jpg"))[..3]);
        Assert.True(File.Exists(folder.File("out/a.png")));
        Assert.Contains(
            "1 picture is JPEG of quality 90; --quality N changes the quality, --pictures png writes PNG without loss\n",
            result.Error,
            StringComparison.Ordinal
        );
        long usual = new FileInfo(folder.File("out/car.jpg")).Length;
        Detect("1", "car.jpg", "--quality", "20");
        Assert.InRange(new FileInfo(folder.File("out/car.jpg")).Length, 1, usual / 2);
        Assert.Contains("--quality: expected a whole number from 1 to 100", Detect("1", "car.jpg", "--quality", "0").Error);
    }

    [Theory]
    [InlineData("a.png", "--pictures", "png")]
    [InlineData("a.jpg", "--pictures", "png")]
    [InlineData("a.png", "--pictures", "auto")]
    public void The_quality_of_pictures_that_are_all_PNG_is_an_error(string photograph, string option, string kind)
    {
        var result = Detect("1", photograph, "--quality", "80", option, kind);
        Assert.Equal(
            "error: command line: --quality: is the quality of JPEG pictures, but all pictures will be PNG; leave it out, or write JPEG "
                + "with --pictures jpg",
            result.ErrorLine
        );
        Assert.Equal(ExitCode.Usage, result.Code);
    }

    [Fact]
    public void Names_that_the_font_lacks_are_said()
    {
        var result = DetectAloud("1", "a.png", "--model.class_names", "[background, Zebra, 猫, 犬]");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Contains(
            "the labels' font lacks letters of 猫, 犬: they are drawn as boxes; results.json has the names\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("font", DetectAloud("1", "a.png", "--model.class_names", "[background, Zebra, Žába, жаба]").Error);
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        Assert.Contains("--threshold: expected a number from 0 to 1", Detect("2", "a.png").Error);
        Assert.Contains(
            "which would be overwritten",
            Cli.Run("detect", folder.File("net.safetensors"), folder.File("a.png"), "--output", folder.Path).ErrorLine
        );
        TestNetworks.Write(folder.File("resnet.safetensors"));
        Assert.Contains(
            "is a resnet18; expected a network that finds objects (maskrcnn)",
            Cli.Run("detect", folder.File("resnet.safetensors"), folder.File("a.png"), "--output", folder.File("out"), "--quiet").ErrorLine
        );
    }

    CliResult Detect(string threshold, params string[] images) => Run(threshold, TestDetectors.QuickSettings, images);

    /// <summary>The same with what it has to say.</summary>
    CliResult DetectAloud(string threshold, params string[] images) =>
        Run(threshold, [.. TestDetectors.QuickSettings.Except(["--quiet"])], images);

    CliResult Run(string threshold, string[] settings, string[] images) =>
        Cli.Run([
            "detect",
            folder.File("net.safetensors"),
            .. images.TakeWhile(image => !image.StartsWith("--", StringComparison.Ordinal)).Select(folder.File),
            "--output",
            folder.File("out"),
            "--threshold",
            threshold,
            "--model.maskrcnn.box_score_thresh",
            "0.01",
            .. images.SkipWhile(image => !image.StartsWith("--", StringComparison.Ordinal)),
            .. settings,
        ]);

    PixelImage Picture(string name) => ImageDecoder.Decode(folder.File($"out/{name}.png")).Value();

    IEnumerable<(int Id, string Name)> FileNames() =>
        Results().Select(item => (item.GetProperty("image_id").GetInt32(), item.GetProperty("file_name").GetString()!)).Distinct();

    JsonElement[] Results() => [.. JsonDocument.Parse(File.ReadAllBytes(folder.File("out/results.json"))).RootElement.EnumerateArray()];
}

using System.Globalization;
using System.Runtime.InteropServices;
using Pqf.Cli.Shell;
using Pqf.Nets.Coco;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>What the commands of detectors do with images and annotations that are empty, odd or wrong: numbers, or one clear line and the
/// documented exit code.</summary>
public sealed class DetectorBadInputTests : IDisposable
{
    const string Usual =
        """{"id": 9, "image_id": 2, "category_id": 3, "bbox": [5, 6, 20, 25], "area": 500, "iscrowd": 0, "segmentation": [[5, 6, 25, 6, 25, 31, 5, 31]]}""";
    const string Crowd =
        """{"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 6, 20, 25], "area": 500, "iscrowd": 1, "segmentation": {"size": [40, 48], "counts": [246, 25, 1649]}}""";
    const string Images =
        """{"id": 1, "file_name": "1.png", "height": 40, "width": 48}, {"id": 2, "file_name": "2.png", "height": 40, "width": 48}""";

    readonly TemporaryFolder folder = new();

    public DetectorBadInputTests()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"));
    }

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> OddObjects =>
        new()
        {
            { "an image without objects", Usual },
            {
                "a box of zero width",
                $"{Usual}, {Object("[5, 6, 0, 25]", "[[5, 6, 5, 6, 5, 31, 5, 31]]")}, "
                    + $"{Object("[5, 6, 20, 25]", "[[5, 6, 25, 6, 25, 31, 5, 31]]", 2)}"
            },
            { "a mask of one pixel", $"{Usual}, {Object("[5, 6, 2, 2]", """{"size": [40, 48], "counts": [206, 1, 1713]}""")}" },
            { "a crowd beside an object", $"{Usual}, {Crowd}" },
            { "a crowd only", Crowd },
            { "a box that reaches outside", $"{Usual}, {Object("[-10, 20, 500, 500]", "[[-10, 20, 490, 20, 490, 520, -10, 520]]")}" },
            { "a box outside", $"{Usual}, {Object("[100, 100, 20, 20]", "[[100, 100, 120, 100, 120, 120, 100, 120]]")}" },
            { "a box of numbers beyond singles", $"{Usual}, {Object("[-1e300, 0, 2e300, 1e300]", "[]")}" },
            { "a box of a width without a logarithm of use", $"{Usual}, {Object("[0, 6, 1e-42, 25]", "[]")}" },
            { "a box of negative sides", $"{Usual}, {Object("[30, 30, -20, -20]", "[[10, 10, 30, 10, 30, 30, 10, 30]]")}" },
            { "no mask", $"{Usual}, {Object("[5, 6, 20, 25]", "[]")}" },
        };

    [Theory]
    [MemberData(nameof(OddObjects))]
    public void Odd_objects_are_trained_and_measured_on(string what, string annotations)
    {
        Annotate("train2017", annotations);
        Annotate("val2017", annotations);
        var result = Train();
        Assert.True(result.Code == ExitCode.Success, $"{what}: {result.Error}");
        string[] row = File.ReadAllLines(folder.File("out/metrics.csv"))[1].Split(',');
        Assert.All(row, value => Assert.True(double.IsFinite(double.Parse(value, CultureInfo.InvariantCulture)), $"{what}: {value}"));
        // Reading refuses values that are not finite.
        var measured = Evaluate(folder.File("out/trained_models/best.pqf"));
        Assert.True(measured.Code == ExitCode.Success, $"{what}: {measured.Error}");
        Assert.DoesNotContain("NaN", measured.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Crowd)]
    public void Where_there_is_nothing_to_find_the_average_precision_is_a_dash(string annotations)
    {
        Annotate("val2017", annotations);
        var result = Evaluate(folder.File("net.safetensors"));
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.All(
            result.Lines[3..5],
            line => Assert.Equal(Enumerable.Repeat("-", 12), line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..])
        );
    }

    [Fact]
    public void An_empty_list_of_objects_is_nothing_to_train_on() =>
        AssertNothingWritten(Train, "train2017", Json(Images, ""), "has no image with an object of more than a pixel");

    [Fact]
    public void An_empty_list_of_images_is_nothing_to_measure_on()
    {
        AssertNothingWritten(Train, "val2017", Json("", ""), "has no images");
        AssertRefused(Evaluate(folder.File("net.safetensors")), "val2017", "has no images");
    }

    public static TheoryData<string, string> WrongFiles =>
        new()
        {
            { Json($"{Images}, {Images}", Usual), "images: id 1 occurs twice" },
            { Json(Images, $"{Usual}, {Usual}"), "annotations: id 9 occurs twice" },
            {
                Json(Images, Usual).Replace("2.png", "2\\u0000.png", StringComparison.Ordinal),
                "images[1] (id 2): file_name: expected a file's name, got one with a zero character in it"
            },
            { Json(Images, Usual)[..^40], "is not JSON: " },
            { "", "is not JSON: " },
            {
                Json(Images, Object("[5, 6, 20, 25]", """{"size": [48, 40], "counts": [246, 25, 1649]}""")),
                "annotation 1: segmentation: expected the size of image 1, 48×40, got 40×48"
            },
            {
                Json(Images, Object("[5, 6, 20, 25]", """{"size": [40, 48], "counts": [246, 25]}""")),
                "annotations[0] (id 1): segmentation: counts: expected runs of 1920 pixels in all for 48×40, got 271"
            },
            {
                Json(Images, Object("[5, 6, 20, 25]", "[[5, 6, 25]]")),
                "annotations[0] (id 1): segmentation: expected pairs of x and y, got 3 numbers"
            },
            {
                Json(Images, Object("[5, 6, 20, 25]", "[[5, 6, 25, 31]]")),
                "annotations[0] (id 1): segmentation: expected outlines of 6 numbers or more, x and y of each corner in turn, got 4"
            },
        };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public void A_wrong_file_of_annotations_is_named_and_nothing_written(string json, string problem)
    {
        AssertNothingWritten(Train, "train2017", json, problem);
        TestDetectors.WriteImages(folder.File("coco"));
        AssertNothingWritten(Train, "val2017", json, problem);
        AssertRefused(Evaluate(folder.File("net.safetensors")), "val2017", problem);
    }

    [Fact]
    public void Categories_beyond_the_labels_of_a_network_without_names_are_an_error_to_measure_and_a_new_head_to_train()
    {
        string json = Json(Images, Usual)
            .Replace("\"id\": 3", "\"id\": 90", StringComparison.Ordinal)
            .Replace("\"category_id\": 3", "\"category_id\": 90", StringComparison.Ordinal);
        foreach (string part in (string[])["train2017", "val2017"])
            File.WriteAllText(folder.File($"coco/annotations/instances_{part}.json"), json);
        AssertRefused(
            Evaluate(folder.File("net.safetensors")),
            "val2017",
            "has category 90 (dog); expected numbers below 4, as the network has classes"
        );
        var result = Train();
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Contains("3 classes", result.Lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("val2017")]
    [InlineData("train2017")]
    public void An_image_that_is_not_as_the_annotations_say_is_named(string part)
    {
        string image = folder.File($"coco/{part}/2.png");
        byte[] whole = File.ReadAllBytes(image);
        Annotate(part, Usual, Images.Replace("\"2.png\", \"height\": 40", "\"2.png\", \"height\": 41", StringComparison.Ordinal));
        AssertImage($"has 48×40 pixels; expected 48×41, as {folder.File($"coco/annotations/instances_{part}.json")} says of image 2");
        Annotate(part, Usual);
        File.WriteAllBytes(image, whole[..(whole.Length / 2)]);
        AssertImage("");
        File.Delete(image);
        AssertImage("not found");

        void AssertImage(string problem)
        {
            var results = part == "val2017" ? (CliResult[])[Train(), Evaluate(folder.File("net.safetensors"))] : [Train()];
            foreach (var result in results)
            {
                Assert.Equal(ExitCode.Failure, result.Code);
                Assert.StartsWith($"error: {image}: {problem}", result.ErrorLine);
            }

            // Before the first epoch the images to measure on were all there; the network of that moment is whole. Where files are missing,
            // nothing has begun.
            Assert.False(File.Exists(folder.File("out/trained_models/1.pqf")));
            if (Directory.Exists(folder.File("out")))
                Directory.Delete(folder.File("out"), true);
        }
    }

    [Fact]
    public void Images_to_train_on_that_are_cut_off_are_left_out_and_named_once_if_asked()
    {
        string image = folder.File("coco/train2017/2.png");
        byte[] whole = File.ReadAllBytes(image);
        File.WriteAllBytes(image, whole[..(whole.Length / 2)]);
        var result = Cli.Run([
            .. Arguments(
                    "net.safetensors",
                    "--dataloader.skip_corrupt",
                    "true",
                    "--dataloader.batch_size",
                    "2",
                    "--dataloader.train_passes",
                    "2"
                )
                .Where(argument => argument != "--quiet"),
        ]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Single(result.Error.Split('\n'), line => line.StartsWith($"skipped {image}: ", StringComparison.Ordinal));
        Assert.True(File.Exists(folder.File("out/trained_models/1.pqf")));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_that_are_no_numbers_are_named_and_nothing_written(float value)
    {
        TestDetectors.Write(
            folder.File("bad.safetensors"),
            tensor => Changed(tensor, "roi_heads.box_head.fc7.weight", values => values[7] = value)
        );
        foreach (
            var result in (CliResult[])
                [
                    Cli.Run(Arguments("bad.safetensors")),
                    Cli.Run(Arguments("bad.safetensors", "--model.compress", "true")),
                    Evaluate(folder.File("bad.safetensors")),
                    Detect("bad.safetensors", "coco/val2017/1.png"),
                ]
        )
        {
            Assert.Equal(ExitCode.Failure, result.Code);
            Assert.Contains("roi_heads.box_head.fc7.weight", result.ErrorLine, StringComparison.Ordinal);
            Assert.Contains(value.ToString(CultureInfo.InvariantCulture), result.ErrorLine, StringComparison.Ordinal);
        }

        Assert.Empty(Files());
    }

    // Either the step leaves values that are not finite, or the next loss is none.
    [Theory]
    [InlineData("1e39", @"^error: [\w.]+: holds values that are not finite at epoch 1, batch 2, after a step of learning rate 1e\+39")]
    [InlineData(
        "1e30",
        @"^error: the output: its input is not finite and the loss is (NaN|∞|Infinity), at epoch 1, batch 2, learning rate [0-9.]+e\+[0-9]+\."
    )]
    public void A_run_that_diverges_says_so_and_saves_no_more(string rate, string line)
    {
        var result = Train("--learning_rate", rate, "--optimizer", "sgd", "--dataloader.batch_size", "1", "--save_minutes", "0");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Matches(line, result.ErrorLine);
        Assert.EndsWith("The last saved state is untouched; a lower learning_rate may help", result.ErrorLine);
        Assert.Equal(
            ["0.pqf", "0.pth"],
            Directory.GetFiles(folder.File("out/trained_models")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void An_image_that_is_missing_or_cut_off_is_named_by_detect()
    {
        string image = folder.File("coco/val2017/1.png");
        byte[] whole = File.ReadAllBytes(image);
        File.WriteAllBytes(image, whole[..(whole.Length / 2)]);
        var cut = Detect("net.safetensors", "coco/val2017/1.png");
        Assert.Equal(ExitCode.Failure, cut.Code);
        Assert.StartsWith($"error: {image}: ", cut.ErrorLine);
        var missing = Detect("net.safetensors", "none.png");
        Assert.Equal((ExitCode.Failure, $"error: {folder.File("none.png")}: not found"), (missing.Code, missing.ErrorLine));
        Assert.Empty(Files());
    }

    [Fact]
    public void Without_proposals_nothing_is_found_and_training_goes_on()
    {
        // Of all anchors e⁻¹⁰⁰⁰ is left.
        TestDetectors.Write(
            folder.File("net.safetensors"),
            tensor => Changed(tensor, "rpn.head.bbox_pred.bias", values => values.Fill(-1000))
        );
        var found = Detect("net.safetensors", "coco/val2017/1.png", "--threshold", "0");
        Assert.Equal((ExitCode.Success, "  nothing"), (found.Code, found.Lines[^2]));
        Assert.Equal("[]", File.ReadAllText(folder.File("out/results.json")).Trim());
        Directory.Delete(folder.File("out"), true);
        var measured = Evaluate(folder.File("net.safetensors"));
        Assert.True(measured.Code == ExitCode.Success, measured.Error);
        Assert.Equal(["0.0", "0.0"], measured.Lines[3..5].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        var trained = Train();
        Assert.True(trained.Code == ExitCode.Success, trained.Error);
    }

    static StoredTensor Changed(StoredTensor tensor, string name, Action<Span<float>> change) =>
        tensor.Name != name
            ? tensor
            : new(
                tensor.Name,
                tensor.Type,
                tensor.Shape,
                bytes =>
                {
                    tensor.ReadBytes(bytes);
                    change(MemoryMarshal.Cast<byte, float>(bytes));
                }
            );

    static string Object(string box, string segmentation, int id = 1) =>
        $$"""{"id": {{id}}, "image_id": 1, "category_id": 1, "bbox": {{box}}, "area": 1, "iscrowd": 0, "segmentation": {{segmentation}}}""";

    static string Json(string images, string annotations) =>
        $$"""{"images": [{{images}}], "categories": [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}], "annotations": [{{annotations}}]}""";

    void Annotate(string part, string annotations, string images = Images) =>
        File.WriteAllText(folder.File($"coco/annotations/instances_{part}.json"), Json(images, annotations));

    void AssertNothingWritten(Func<string[], CliResult> train, string part, string json, string problem)
    {
        File.WriteAllText(folder.File($"coco/annotations/instances_{part}.json"), json);
        AssertRefused(train([]), part, problem);
        Assert.Empty(Files());
    }

    void AssertRefused(CliResult result, string part, string problem)
    {
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith($"error: {folder.File($"coco/annotations/instances_{part}.json")}: {problem}", result.ErrorLine);
    }

    string[] Files() =>
        Directory.Exists(folder.File("out")) ? Directory.GetFiles(folder.File("out"), "*", SearchOption.AllDirectories) : [];

    CliResult Train(params string[] more) => Cli.Run(Arguments("net.safetensors", more));

    string[] Arguments(string weights, params string[] more) =>
        [
            "train-maskrcnn",
            "--weights",
            folder.File(weights),
            "--dataloader.coco_path",
            folder.File("coco"),
            "--output",
            folder.File("out"),
            "--epochs",
            "1",
            "--model.maskrcnn.rpn_pre_nms_top_n_train",
            "50",
            "--model.maskrcnn.rpn_post_nms_top_n_train",
            "20",
            .. more.Contains("--model.compress") ? [] : (string[])["--model.compress", "false"],
            .. more.Contains("--learning_rate") ? [] : (string[])["--learning_rate", "1e-3"],
            .. more,
            .. TestDetectors.QuickSettings,
        ];

    CliResult Evaluate(string weights) =>
        Cli.Run(["evaluate-maskrcnn", "--weights", weights, "--dataloader.coco_path", folder.File("coco"), .. TestDetectors.QuickSettings]);

    CliResult Detect(string weights, string image, params string[] more) =>
        Cli.Run([
            "detect",
            folder.File(weights),
            folder.File(image),
            "--output",
            folder.File("out"),
            .. more,
            .. TestDetectors.QuickSettings,
        ]);
}

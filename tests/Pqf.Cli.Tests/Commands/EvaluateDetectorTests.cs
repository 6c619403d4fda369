using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Reporting;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class EvaluateDetectorTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public EvaluateDetectorTests()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Both_tasks_twelve_numbers_are_printed_and_results_written()
    {
        var result = Evaluate("--output", folder.File("out"), "--profile");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.StartsWith("network  maskrcnn of width 4, 4 classes", result.Lines[0]);
        Assert.Equal(
            ["%", "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"],
            Fields(result.Lines[2])
        );
        Assert.Equal(("box", 13), (Fields(result.Lines[3])[0], Fields(result.Lines[3]).Length));
        // One object a picture, of 500 pixels: there are no medium and no large ones.
        Assert.Equal(["-", "-"], Fields(result.Lines[4])[5..7]);
        Assert.StartsWith("speed    ", result.Lines[5]);
        Assert.Equal(
            ["Decoding", "Image", "Features", "ProposalHead", "Proposals", "BoxHead", "Boxes", "MaskHead", "Masks"],
            result.Lines[7..16].Select(line => Fields(line)[0])
        );
        // Cats have no objects. The only category's numbers are those of all.
        Assert.Equal("category  objects  box AP  box AP50  mask AP  mask AP50", result.Lines[16]);
        string[] box = Fields(result.Lines[3]),
            mask = Fields(result.Lines[4]);
        Assert.Equal(["dog", "2", box[1], box[2], mask[1], mask[2]], Fields(Assert.Single(result.Lines[17..^1])));
        string[] table = File.ReadAllLines(folder.File("out/categories.csv"));
        Assert.Equal("id,name,objects,box_ap,box_ap50,box_ap75,mask_ap,mask_ap50,mask_ap75", table[0]);
        Assert.StartsWith("3,dog,2,", Assert.Single(table[1..]), StringComparison.Ordinal);
        var truth = CocoFiles.ReadInstances(folder.File("coco/annotations/instances_val2017.json")).Value();
        var boxes = CocoFiles.ReadResults(folder.File("out/bbox_results.json"), truth).Value();
        var masks = CocoFiles.ReadResults(folder.File("out/segm_results.json"), truth).Value();
        Assert.Equal(boxes.Select(item => item.Score), masks.Select(item => item.Score));
        Assert.All(boxes, item => Assert.Null(item.Mask));
        Assert.All(masks, item => Assert.Null(item.Box));
    }

    [Fact]
    public void The_report_shows_images_with_what_was_found_missed_and_false()
    {
        var result = Evaluate("--output", folder.File("out"));
        Assert.True(result.Code == ExitCode.Success, result.Error);
        var truth = CocoFiles.ReadInstances(folder.File("coco/annotations/instances_val2017.json")).Value();
        var shown = ShownImages.Of(truth, CocoFiles.ReadResults(folder.File("out/bbox_results.json"), truth).Value());
        (string Name, string Words)[] expected =
        [
            .. shown.Worst.Concat(shown.Best).Select(item => (item.Image.FileName, DetectionSection.Words(item))),
        ];
        Assert.Equal(2, expected.Length);

        var page = PageRules.Check(File.ReadAllText(folder.File("out/report.html")));
        Assert.Equal(expected.Select(item => $"{item.Name} {item.Words}"), page.Descendants("figcaption").Select(text => text.Value));
        Assert.Equal(
            expected.Select(item => $"{item.Name}, {item.Words}"),
            page.Descendants("img").Select(picture => picture.Attribute("alt")!.Value)
        );
        Assert.All(page.Descendants("img"), picture => Assert.StartsWith("data:image/jpeg", picture.Attribute("src")!.Value));
        string[] text = File.ReadAllLines(folder.File("out/report.md"));
        Assert.All(expected, item => Assert.Contains($"| {item.Name} | {item.Words} |", text));
    }

    [Fact]
    public void A_missing_image_is_named()
    {
        File.Delete(folder.File("coco/val2017/2.png"));
        var result = Evaluate();
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal(
            $"error: {folder.File("coco/val2017/2.png")}: not found; 1 of the 2 images that "
                + $"{folder.File("coco/annotations/instances_val2017.json")} names are missing, the nearest name here is 1.png",
            result.ErrorLine
        );
    }

    [Fact]
    public void What_is_missing_on_the_command_line_is_named()
    {
        Assert.Contains("--weights: expected a network's file", Cli.Run("evaluate-maskrcnn").ErrorLine);
        Assert.Contains(
            "--data: expected a folder with val2017 and annotations, here or in dataloader.coco_path, got none",
            Cli.Run("evaluate-maskrcnn", "--weights", folder.File("net.safetensors")).ErrorLine
        );
    }

    static string[] Fields(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    CliResult Evaluate(params string[] more) =>
        Cli.Run([
            "evaluate-maskrcnn",
            "--weights",
            folder.File("net.safetensors"),
            "--dataloader.coco_path",
            folder.File("coco"),
            .. more,
            .. TestDetectors.QuickSettings,
        ]);
}

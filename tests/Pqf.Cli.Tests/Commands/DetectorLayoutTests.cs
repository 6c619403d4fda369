using System.Text.Json.Nodes;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>The shared photographs in the layouts of other tools, from training to detections, without renaming a file.</summary>
public sealed class DetectorLayoutTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("Roboflow", "train/_annotations.coco.json", "train", "valid/_annotations.coco.json", "valid", 0)]
    [InlineData(
        "CVAT",
        "annotations/instances_Train.json",
        "images/Train",
        "annotations/instances_Validation.json",
        "images/Validation",
        1
    )]
    public void Photographs_train_and_are_measured_and_detect_prints_the_data_s_names(
        string tool,
        string trainFile,
        string trainImages,
        string valFile,
        string valImages,
        int firstCategory
    )
    {
        Export("train2017", trainFile, trainImages, firstCategory);
        Export("val2017", valFile, valImages, firstCategory);
        var trained = Run(
            "train-maskrcnn",
            "--weights",
            SharedData.Path("cases/det4.pth"),
            "--dataloader.coco_path",
            folder.File("data"),
            "--output",
            folder.File("out")
        );
        Assert.True(trained.Code == ExitCode.Success, $"{tool}: {trained.Error}");
        Assert.Contains("81 classes", trained.Lines[0], StringComparison.Ordinal);
        Assert.Contains(
            $"val: {folder.File($"data/{valFile}")} with images in {folder.File($"data/{valImages}")}",
            trained.Error,
            StringComparison.Ordinal
        );
        string network = folder.File("out/trained_models/best.pqf");
        var measured = Run(
            "evaluate-maskrcnn",
            "--weights",
            network,
            "--dataloader.val_annotations",
            folder.File($"data/{valFile}"),
            "--output",
            folder.File("results")
        );
        Assert.True(measured.Code == ExitCode.Success, $"{tool}: {measured.Error}");
        string photograph = Directory.GetFiles(folder.File($"data/{valImages}"), "*.jpg").Order(StringComparer.Ordinal).First();
        var found = Run("detect", network, photograph, "--threshold", "0", "--output", folder.File("found"));
        Assert.True(found.Code == ExitCode.Success, $"{tool}: {found.Error}");
        string[] lines = [.. found.Lines.Where(line => line.Contains(" %  ", StringComparison.Ordinal))];
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Contains(" %  my ", line, StringComparison.Ordinal));
    }

    /// <summary>Categories are renamed and numbered without gaps; at 0 is Roboflow's root, which no object has.</summary>
    void Export(string part, string file, string images, int firstCategory)
    {
        string source = SharedData.Path("data/coco-ccby");
        var data = JsonNode.Parse(File.ReadAllText(Path.Combine(source, $"annotations/instances_{part}.json")))!;
        int[] old = [.. data["categories"]!.AsArray().Select(item => (int)item!["id"]!).Order()];
        foreach (var category in data["categories"]!.AsArray())
            (category!["id"], category["name"]) = (Array.IndexOf(old, (int)category["id"]!) + 1, $"my {category["name"]}");
        if (firstCategory == 0)
            data["categories"]!
                .AsArray()
                .Insert(
                    0,
                    new JsonObject
                    {
                        ["id"] = 0,
                        ["name"] = "objects",
                        ["supercategory"] = "none",
                    }
                );
        foreach (var annotation in data["annotations"]!.AsArray())
            annotation!["category_id"] = Array.IndexOf(old, (int)annotation["category_id"]!) + 1;
        Directory.CreateDirectory(folder.File($"data/{images}"));
        foreach (string photograph in Directory.GetFiles(Path.Combine(source, part)))
            File.CreateSymbolicLink(folder.File($"data/{images}/{Path.GetFileName(photograph)}"), photograph);
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File($"data/{file}"))!);
        File.WriteAllText(folder.File($"data/{file}"), data.ToJsonString());
    }

    static CliResult Run(params string[] arguments) =>
        Cli.Run([.. arguments, "--config", SharedData.Path("cases/det.yaml"), "--device", "host"]);
}

using System.Text.Json.Nodes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Measurements by several processes under the launchers of MPI libraries.</summary>
public sealed class MpiEvaluateTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi)]
    [InlineData(MpiProgram.Mpich)]
    public void A_classifier_has_the_figures_of_one_process(string launcher)
    {
        MpiProgram.Found(launcher);
        IdxFiles.Write(folder.File("idx"), 44, 13);
        TestImages.Train(folder, "run", "--epochs", "1", "--quiet");
        AssertSame(
            launcher,
            [folder.File("run/trained_models/best.pqf"), "--dataloader.idx_path", folder.File("idx"), "--quiet", "--device", "host"],
            "confusion.csv"
        );
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi)]
    [InlineData(MpiProgram.Mpich)]
    public void A_detector_has_the_figures_of_one_process(string launcher)
    {
        MpiProgram.Found(launcher);
        TestDetectors.Write(folder.File("net.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"), 3);
        AssertSame(
            launcher,
            [folder.File("net.safetensors"), "--dataloader.coco_path", folder.File("coco"), .. TestDetectors.QuickSettings],
            "bbox_results.json",
            "segm_results.json",
            "categories.csv"
        );
    }

    void AssertSame(string launcher, string[] arguments, params string[] files)
    {
        string alone = MpiProgram.Alone(Evaluate("alone", arguments)).WithoutProblems().Out,
            ranks = MpiProgram.Run(launcher, 2, Evaluate("ranks", arguments)).WithoutProblems().Out;
        Assert.Equal(Figures(alone.Replace("/alone", "/ranks", StringComparison.Ordinal)), Figures(ranks));
        Assert.All(files, name => Assert.True(new FileInfo(folder.File($"alone/{name}")).Length > "[]".Length));
        foreach (string name in files)
            Assert.Equal(File.ReadAllText(folder.File($"alone/{name}")), File.ReadAllText(folder.File($"ranks/{name}")));
    }

    string[] Evaluate(string output, string[] arguments) =>
        ["evaluate", .. arguments, "--json", "--dataloader.batch_size", "4", "--output", folder.File(output)];

    /// <summary>The one document, without the rate.</summary>
    static string Figures(string text)
    {
        var document = JsonNode.Parse(text)!.AsObject();
        Assert.True(document.Remove("imagesPerSecond"));
        return document.ToJsonString();
    }
}

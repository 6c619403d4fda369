using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Trainings of detectors by several processes under the launchers of MPI libraries.</summary>
public sealed class MpiTrainDetectorTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public MpiTrainDetectorTests()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"), 4);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(MpiProgram.OpenMpi)]
    [InlineData(MpiProgram.Mpich)]
    public void Any_number_of_ranks_writes_the_files_of_one_process(string launcher)
    {
        MpiProgram.Found(launcher);
        MpiProgram.Alone(Train("alone")).WithoutProblems();
        MpiProgram.Run(launcher, 2, Train("ranks")).WithoutProblems();
        AssertSame("ranks");
        File.Delete(folder.File("ranks/states/2.state"));
        MpiProgram.Run(launcher, 4, Train("ranks", "--resume")).WithoutProblems();
        AssertSame("ranks");
    }

    void AssertSame(string output)
    {
        foreach (string name in (string[])["trained_models/best.pqf", "trained_models/2.pth", "states/2.state", "metrics.csv"])
            Assert.Equal(File.ReadAllBytes(folder.File($"alone/{name}")), File.ReadAllBytes(folder.File($"{output}/{name}")));
    }

    // Four micro-batches of one image.
    string[] Train(string output, params string[] more) =>
        [
            "train-maskrcnn",
            folder.File("net.safetensors"),
            "--output",
            folder.File(output),
            "--dataloader.coco_path",
            folder.File("coco"),
            "--dataloader.batch_size",
            "4",
            "--dataloader.micro_batch",
            "1",
            "--epochs",
            "2",
            .. TestDetectors.QuickSettings,
            .. TestImages.QuickCompression,
            .. more,
        ];
}

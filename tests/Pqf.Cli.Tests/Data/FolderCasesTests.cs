using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Data;

/// <summary>Class folders as users have them. <c>plain</c> gives 11 of 15 with the published ResNet-18, and so must the same photographs
/// otherwise arranged.</summary>
public sealed class FolderCasesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("plain", "11/15", "")]
    [InlineData("macosx", "11/15", "PATH/val: left out 1 folder without images: __MACOSX")]
    [InlineData("imagenetv2", "11/15", "PATH/val: the class folders 436, 442, 458 are taken to be the numbers of the network's classes")]
    [InlineData("humannames", "9/10", "")] // two classes of the three
    public void Folders_are_matched_with_the_networks_classes(string name, string correct, string note)
    {
        string path = SharedData.Path($"cases/folders/{name}");
        var result = Evaluate(SharedData.Path("published/resnet18.pth"), path);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains($"top-1    {correct} = ", result.Out, StringComparison.Ordinal);
        Assert.Equal(note.Length == 0 ? [] : [note.Replace("PATH", path, StringComparison.Ordinal)], Notes(result));
    }

    [Fact]
    public void Lostfound_is_left_out_and_named_once()
    {
        foreach (string name in Directory.GetDirectories(SharedData.Path("cases/folders/lostfound/val")))
        {
            Directory.CreateDirectory(folder.File("val"));
            Directory.CreateSymbolicLink(folder.File($"val/{Path.GetFileName(name)}"), name);
        }

        Directory.CreateDirectory(folder.File("val/lost+found"));
        var result = Evaluate(SharedData.Path("published/resnet18.pth"), folder.Path);
        Assert.Contains("top-1    11/15 = ", result.Out, StringComparison.Ordinal);
        Assert.Equal([$"{folder.File("val")}: left out 1 folder without images: lost+found"], Notes(result));
    }

    [Theory]
    [InlineData(
        "nested",
        "PATH/val: 1 of its 1 class is not the network's: ILSVRC; expected some of tench, goldfish, great white shark, tiger shark, "
            + "hammerhead, … (1000 in all), wnids, or numbers below 1000; model.class_names gives the network other names; "
            + "PATH/val/ILSVRC/val holds folders of its classes: expected that as the folder of images"
    )]
    [InlineData("onlytrain", "PATH: has a folder train and no folder val; expected DIR/val/CLASS or DIR/CLASS")]
    [InlineData(
        "good",
        "PATH/val: 3 of its 3 classes are not the network's: a, b, c; expected some of tench, goldfish, great white shark, tiger shark, "
            + "hammerhead, … (1000 in all), wnids, or numbers below 1000; model.class_names gives the network other names"
    )]
    public void Folders_of_other_classes_are_an_error(string name, string problem)
    {
        string path = SharedData.Path($"cases/folders/{name}");
        var result = Evaluate(SharedData.Path("published/resnet18.pth"), path);
        Assert.Equal(
            (ExitCode.Failure, "error: " + problem.Replace("PATH", path, StringComparison.Ordinal)),
            (result.Code, result.ErrorLine)
        );
    }

    [Fact]
    public void Sub_bc_is_numbered_by_names()
    {
        string path = SharedData.Path("cases/folders/sub_bc");
        // The file holds no names: two classes of three cannot be numbered.
        var result = Evaluate(SharedData.Path("cases/abc.pqf"), path);
        Assert.Equal(
            (
                ExitCode.Failure,
                $"error: {path}/val: has 2 classes; expected those of a network of 3, whose class names are not known (model.class_names "
                    + "gives them), or class folders named by numbers below 3"
            ),
            (result.Code, result.ErrorLine)
        );
        Assert.Contains(
            "top-1    8/8 = ",
            Evaluate(SharedData.Path("cases/abc.pqf"), path, "--model.class_names", "[a, b, c]").Out,
            StringComparison.Ordinal
        );
        // Names stored in the file do the same.
        var converted = Cli.Run("convert", SharedData.Path("cases/abc.pqf"), folder.File("named.pqf"), "--model.class_names", "[a, b, c]");
        Assert.Equal(ExitCode.Success, converted.Code);
        Assert.Contains("top-1    8/8 = ", Evaluate(folder.File("named.pqf"), path).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Good_is_numbered_by_rank_where_no_names_are_known_and_a_line_says_so()
    {
        string path = SharedData.Path("cases/folders/good");
        var result = Evaluate(SharedData.Path("cases/abc.pqf"), path);
        Assert.Contains("top-1    12/12 = ", result.Out, StringComparison.Ordinal);
        Assert.Equal(
            [
                $"{path}/val: the network's class names are not known: its classes 0 to 2 are taken to be a, b, c, in sorted order; "
                    + "model.class_names gives the names in another order",
            ],
            Notes(result)
        );
    }

    static CliResult Evaluate(string weights, string path, params string[] more) =>
        Cli.Run(["evaluate-resnet", "--weights", weights, "--dataloader.imagenet_path", path, .. more]);

    static string[] Notes(CliResult result) =>
        [
            .. result
                .Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith("evaluating: ", StringComparison.Ordinal)),
        ];
}

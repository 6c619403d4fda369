using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>The pages that commands write, as a browser shows them.</summary>
public sealed class PagesInBrowserTests : IDisposable
{
    // Of large text, by the Web Content Accessibility Guidelines 2.2 (success criterion 1.4.3): figures are set large.
    const double LeastContrast = 3;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Pages_fit_screens_and_phones_in_light_and_dark()
    {
        string[] pages = [.. Commands().Select(Page)];
        Check(pages, leastCharacters: 400);
    }

    [Fact]
    public void The_page_of_the_web_sample_fits_screens_and_phones_in_light_and_dark_and_loads_nothing()
    {
        string page = File.ReadAllText(Path.Combine(SharedData.Repository, "samples", "WebClassifier", "index.html"));
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        // What the page shows after an upload, with a long name, and after one that the server refuses.
        const string Guesses =
            "[{ name: 'Egyptian cat', probability: 0.912 }, { name: 'hen-of-the-woods, Polyporus frondosus', probability: 0.04 }]";
        string[] files =
        [
            Written("start", page),
            Written("answer", page.Replace("</body>", $"<script>show({Guesses})</script></body>", StringComparison.Ordinal)),
            Written("refused", page.Replace("</body>", "<script>show([], 'is no image', true)</script></body>", StringComparison.Ordinal)),
        ];
        var views = Check(files, leastCharacters: 150);
        var characters = views.ToLookup(view => Path.GetFileName(view.Page), view => view.Characters);
        Assert.True(characters["answer.html"].Min() > characters["start.html"].Max() + 50, "the guesses are not shown");
        Assert.True(characters["refused.html"].Min() > characters["start.html"].Max() + 5, "the refusal is not shown");

        string Written(string name, string text)
        {
            File.WriteAllText(folder.File($"{name}.html"), text);
            return folder.File($"{name}.html");
        }
    }

    List<PageView> Check(string[] pages, int leastCharacters)
    {
        var all = new List<PageView>();
        foreach (bool isDark in (bool[])[false, true])
        {
            var (views, console) = Browser.Show(folder.Path, pages, [400, 1280], isDark);
            Assert.Empty(console);
            Assert.Equal(2 * pages.Length, views.Length);
            foreach (var view in views)
            {
                string told = $"{view} {(isDark ? "dark" : "light")}";
                Assert.True(view.ContentWidth <= view.Width, told);
                Assert.True(view.BrokenImages == 0, told);
                Assert.True(view.Characters > leastCharacters, told);
                Assert.True(view.Contrast >= LeastContrast, told);
                Assert.True(Lightness(view.Background) < 128 == isDark, told);
            }

            all.AddRange(views);
        }

        return all;
    }

    IEnumerable<(string Name, string[] Arguments)> Commands()
    {
        TestNetworks.Write(folder.File("net.safetensors"), classCount: 3);
        TestNetworks.Write(folder.File("other.safetensors"), tensor => Negated(tensor), classCount: 3);
        TestNetworks.WriteImages(folder.File("images"), [("cat", 6), ("dog", 9), ("emu", 4)]);
        IdxFiles.Write(folder.File("idx"), 24, 6);
        yield return (
            "compress",
            [
                "compress",
                folder.File("net.safetensors"),
                "--calibrate",
                folder.File("images"),
                .. TestNetworks.ThreeClasses,
                "--model.compression_parameters.k",
                "16",
                "--model.compression_parameters.k_means_n_iters",
                "2",
                "--model.sls_iterations",
                "50",
            ]
        );
        yield return (
            "evaluate",
            ["evaluate", folder.File("net.safetensors"), "--data", folder.File("images"), .. TestNetworks.ThreeClasses]
        );
        TestDetectors.Write(folder.File("detector.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"));
        yield return (
            "evaluate-maskrcnn",
            ["evaluate-maskrcnn", folder.File("detector.safetensors"), "--data", folder.File("coco"), .. TestDetectors.QuickSettings]
        );
        yield return (
            "compare",
            [
                "compare",
                folder.File("net.safetensors"),
                folder.File("other.safetensors"),
                "--data",
                folder.File("images"),
                .. TestNetworks.ThreeClasses,
            ]
        );
        yield return (
            "train",
            [
                "train",
                "--dataloader.idx_path",
                folder.File("idx"),
                "--model.compress",
                "false",
                "--epochs",
                "3",
                .. TestImages.Network,
                "--quiet",
            ]
        );
    }

    string Page((string Name, string[] Arguments) command)
    {
        string output = folder.File($"{command.Name}-out");
        var result = Cli.Run([.. command.Arguments, "--output", output]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        return Path.Combine(output, "report.html");
    }

    static Tensors.Formats.StoredTensor Negated(Tensors.Formats.StoredTensor tensor) =>
        tensor.Name == "fc.bias" ? Tensors.Formats.StoredTensor.FromSingles(tensor.Name, tensor.Shape, [1, 0, -1]) : tensor;

    static double Lightness(string colour) =>
        colour[(colour.IndexOf('(') + 1)..^1].Split(',').Take(3).Average(part => double.Parse(part, null));
}

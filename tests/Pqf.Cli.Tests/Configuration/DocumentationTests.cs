using Pqf.Cli.Configuration;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Configuration;

public class DocumentationTests
{
    [Fact]
    public void Every_key_is_documented()
    {
        string text = File.ReadAllText(Path.Combine(SharedData.Repository, "docs", "configuration.md"));
        // Those that only group others have no row of their own.
        string[] groups =
        [
            "dataloader",
            "distillation",
            "lr_scheduler",
            "model",
            "model.compression_parameters",
            "model.maskrcnn",
            "preprocessing",
            "preprocessing.color_jitter",
        ];
        Assert.All(ConfigLoader.KnownKeys().Except(groups), key => Assert.Contains($"| `{key}` |", text, StringComparison.Ordinal));
    }
}

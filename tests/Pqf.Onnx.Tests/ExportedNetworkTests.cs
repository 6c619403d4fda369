using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Networks that another program exported, in a folder outside of the project.</summary>
[Trait("Category", "Networks")]
public class ExportedNetworkTests(DeviceSet devices) : DeviceTest(devices)
{
    const string FolderVariable = "PQF_ONNX_NETWORKS";

    // In parts of the largest value: sums of the same terms in another order, through up to 200 layers.
    const double Tolerance = 1e-4;

    [Fact]
    public void Every_model_of_a_folder_gives_what_ONNX_Runtime_gives()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipUnless(folder is { Length: > 0 }, $"{FolderVariable} names no folder");
        var device = Use(DeviceKind.Host);
        var failed = new List<string>();
        foreach (string path in Directory.GetFiles(folder!, "*.onnx").Order(StringComparer.Ordinal))
        {
            string line;
            try
            {
                var found = ModelRuns.Compare(path, device);
                line = $"{Path.GetFileName(path)}: plain {found.Plain:E1}, compiled {found.Compiled:E1}, recorded {found.Recorded:E1}";
                if (!(found.Largest < Tolerance))
                    failed.Add(line);
            }
            catch (PqfException exception)
            {
                line = exception.Message;
                failed.Add(line);
            }

            TestContext.Current.TestOutputHelper?.WriteLine(line);
        }

        Assert.True(failed.Count == 0, string.Join(Environment.NewLine, failed));
    }

    // Where some functions of a network have kinks everywhere, no step of a difference crosses none.
    const double GradientTolerance = 2e-2,
        PermutationTolerance = 1e-5;

    [Fact]
    public void Every_model_has_gradients_is_permuted_compressed_and_written()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipUnless(folder is { Length: > 0 }, $"{FolderVariable} names no folder");
        var device = Use(DeviceKind.Host);
        var failed = new List<string>();
        foreach (string path in Directory.GetFiles(folder!, "*.onnx").Order(StringComparer.Ordinal))
        {
            string line;
            try
            {
                var found = NetworkChecks.Of(path, device, TestContext.Current.CancellationToken);
                line =
                    $"{Path.GetFileName(path)}: gradient {found.Gradient:E1}, permuted {found.Permutation:E1}, "
                    + $"compressed in ONNX Runtime {found.Runtime:E1}, {found.Ratio:0.0} times smaller";
                if (!(found.Gradient < GradientTolerance) || !(found.Permutation < PermutationTolerance) || !(found.Runtime < Tolerance))
                    failed.Add(line);
            }
            catch (PqfException exception)
            {
                line = $"{Path.GetFileName(path)}: {exception.Message}";
                failed.Add(line);
            }

            Console.Error.WriteLine(line);
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            device.TrimPool();
        }

        Assert.True(failed.Count == 0, string.Join(Environment.NewLine, failed));
    }
}

using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>A run that is refused starts nothing: it makes no folder either.</summary>
public sealed class RefusedRunTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("compress NET --target-size 1kB")]
    [InlineData("compress NET --target-ratio 5000")]
    [InlineData("compress NET --target-size 1MB --target-ratio 20")]
    [InlineData("compress NET --model.compression_parameters.layer_specs.layer9.k 4")]
    [InlineData("compress NET --model.column_weights DIR/absent")]
    [InlineData("compress NET --calibrate DIR/absent")]
    [InlineData("compress GRAPH --format pth")]
    [InlineData("compress PARTIAL --format pqf")]
    [InlineData("compress PARTIAL --target-size 100B")]
    [InlineData("compress PARTIAL --calibrate DIR")]
    [InlineData("evaluate NET --data DIR/absent")]
    [InlineData("evaluate-maskrcnn NET --data DIR")]
    [InlineData("compare NET GRAPH --data DIR/classes --unlabelled")]
    [InlineData("run NET DIR/absent.npy")]
    [InlineData("detect NET DIR/classes/0/1.png")]
    [InlineData("train NET --data DIR/absent")]
    [InlineData("train NET --data DIR/classes --dataloader.train_images_per_class 1 --model.compression_parameters.layer_specs.layer9.k 4")]
    public void Nothing_is_made_for_a_run_that_is_refused(string line)
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        TestNetworks.WriteImages(folder.File("classes"), "0", "1");
        var result = Cli.Run([
            .. line.Split(' ')
                .Select(word =>
                    word.Replace("NET", folder.File("net.safetensors"), StringComparison.Ordinal)
                        .Replace("DIR", folder.Path, StringComparison.Ordinal)
                )
                .Select(word =>
                    word switch
                    {
                        "GRAPH" => TestGraphFiles.WriteOnnx(folder.File("graph.onnx")),
                        "PARTIAL" => PartialCompressTests.Write(folder),
                        _ => word,
                    }
                ),
            "--output",
            folder.File("out/run"),
        ]);
        Assert.True(result.Code is ExitCode.Usage or ExitCode.Failure, result.Out);
        Assert.StartsWith("error: ", result.Error.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")), result.Error);
    }
}

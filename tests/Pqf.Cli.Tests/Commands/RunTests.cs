using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Images;
using Pqf.Nets.Execution;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary><c>pqf run</c>.</summary>
public sealed class RunTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly HostDevice host = new();
    readonly Scope scope;
    readonly string model;

    public RunTests()
    {
        scope = host.BeginScope();
        model = TestGraphFiles.WritePqf(folder.File("small.pqf"));
    }

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("x.npy", DType.F32)]
    [InlineData("x.npy", DType.F64)]
    [InlineData("x.npy", DType.U8)]
    [InlineData("x.safetensors", DType.F32)]
    public void Values_of_a_file_go_through_the_network_as_they_are(string name, DType type)
    {
        var x = Values(name, type, [2, 3, 16, 16]);
        var result = Cli.Run("run", model, folder.File(name), "--output", folder.File("out"));
        Assert.Equal(ExitCode.Success, result.Code);
        float[] expected = Expected(ChannelOrder.ToChannelsLast(x));
        var (shape, actual) = Read("scores_of_classes.npy");
        Assert.Equal([2, 5], shape);
        Close.Check(expected, actual, 1e-5);
        Assert.Equal(["output", "shape", "least", "largest", "file"], result.Lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("scores/of classes  [2, 5]  ", result.Lines[1], StringComparison.Ordinal);
        Assert.EndsWith(folder.File("out/scores_of_classes.npy"), result.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_that_are_not_finite_are_counted()
    {
        float[] values = new float[2 * 3 * 16 * 16];
        values[0] = float.NaN;
        NpyFile.Write(folder.File("x.npy"), StoredTensor.FromSingles("x", [2, 3, 16, 16], values)).Value();
        var result = Cli.Run("run", model, folder.File("x.npy"), "--output", folder.File("out"));
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("scores/of classes: 5 of 10 values are not finite numbers\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Photographs_are_prepared_as_the_network_says_and_are_one_batch()
    {
        string[] paths = [folder.File("a.png"), folder.File("b.png")];
        TestNetworks.WriteImage(paths[0], 1);
        TestNetworks.WriteImage(paths[1], 2);
        Assert.Equal(ExitCode.Success, Cli.Run(["run", model, .. paths, "--output", folder.File("out")]).Code);
        var network = Network.Load(model, host).Value();
        float[] pixels = [.. paths.SelectMany(path => Preprocess.ToInput(ImageDecoder.Decode(path).Value(), network.Preprocessing))];
        Close.Check(Expected(Tensor<float>.From(host, [2, 16, 16, 3], pixels)), Read("scores_of_classes.npy").Values, 1e-5);
    }

    [Fact]
    public void A_network_of_a_known_family_gives_its_output_for_an_image_without_a_batch_axis()
    {
        TestNetworks.Write(folder.File("resnet.safetensors"));
        Values("x.npy", DType.F32, [3, 32, 40]);
        var result = Cli.Run("run", folder.File("resnet.safetensors"), folder.File("x.npy"), "--output", folder.File("out"));
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Equal([1, 10], Read("output.npy").Shape);
    }

    [Fact]
    public void What_does_not_fit_is_one_line()
    {
        Values("grey.npy", DType.F32, [1, 1, 16, 16]);
        Values("row.npy", DType.F32, [4]);
        Safetensors
            .Write(
                folder.File("two.safetensors"),
                [StoredTensor.FromSingles("a", [1], [1]), StoredTensor.FromSingles("b", [1], [1])],
                new Dictionary<string, string>()
            )
            .Value();
        Assert.Equal(
            "error: command line: input: expected photographs, or one file of values, got 2 files",
            Run(folder.File("grey.npy"), folder.File("row.npy"))
        );
        Assert.Equal(
            $"error: {model}: does not take inputs of [1, 1, 16, 16]: expected 3 channels, [N, 3, H, W]",
            Run(folder.File("grey.npy"))
        );
        Assert.Equal(
            $"error: {folder.File("row.npy")}: holds values of [4]; expected inputs [N, C, H, W] or [C, H, W]",
            Run(folder.File("row.npy"))
        );
        Assert.Equal(
            $"error: {folder.File("two.safetensors")}: holds 2 tensors; expected one, or one called pixels, as the network's input",
            Run(folder.File("two.safetensors"))
        );
        Assert.Equal($"error: {folder.File("none.npy")}: not found", Run(folder.File("none.npy")));
        string Run(params string[] inputs) => Cli.Run(["run", model, .. inputs, "--output", folder.File("out")]).ErrorLine;
    }

    [Fact]
    public void A_detector_is_left_to_detect()
    {
        string path = SharedData.Path("cases/det4.pth");
        Values("x.npy", DType.F32, [1, 3, 64, 64]);
        Assert.Equal(
            $"error: {path}: is a detector (maskrcnn); pqf detect runs it",
            Cli.Run("run", path, folder.File("x.npy"), "--output", folder.File("out")).ErrorLine
        );
    }

    float[] Expected(Tensor<float> images)
    {
        var network = Network.Load(model, host).Value();
        return Forward.Run(network.Graph, network.Parameters, images).ToArray();
    }

    (Shape Shape, float[] Values) Read(string name)
    {
        using var file = NpyFile.Open(folder.File($"out/{name}")).Value();
        return (file.Tensors[0].Shape, file.Tensors[0].ToSingles());
    }

    /// <summary>Writes values of a type, and gives what they are.</summary>
    Tensor<float> Values(string name, DType type, Shape shape)
    {
        int[] drawn = [.. GeneratedWeights.Uniform(name, shape.Count).Select(u => (int)(u * 9))];
        var tensor = type switch
        {
            DType.F64 => StoredTensor.FromValues(name, type, shape, [.. drawn.Select(value => (double)value)]),
            DType.U8 => StoredTensor.FromValues(name, type, shape, [.. drawn.Select(value => (byte)value)]),
            _ => StoredTensor.FromSingles(name, shape, [.. drawn.Select(value => (float)value)]),
        };
        (
            name.EndsWith(".npy", StringComparison.Ordinal)
                ? NpyFile.Write(folder.File(name), tensor)
                : Safetensors.Write(folder.File(name), [tensor], new Dictionary<string, string>())
        ).Value();
        return Tensor<float>.From(host, shape, [.. drawn.Select(value => (float)value)]);
    }
}

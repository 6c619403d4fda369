using Pqf.Compression;
using Pqf.Compression.Allocation;
using Pqf.Compression.Jobs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Compressing the weights of models that are not run, and what is refused.</summary>
public class PartialCompressionTests(DeviceSet devices) : DeviceTest(devices)
{
    const string Wide = "wide attention";

    [Fact]
    public void A_compressed_model_is_the_model_of_the_decoded_weights()
    {
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write(Wide, folder);
        string written = folder.File("compressed.onnx");
        var compressed = Compress(
            path,
            written,
            new()
            {
                Compression = new() { K = 16, KMeansIterations = 10 },
            }
        );
        Assert.Equal(["turned_q", "turned_k", "turned_v"], compressed.State.Layers.Select(layer => layer.Blocks.Layer));
        Assert.All(compressed.State.Layers, layer => Assert.InRange(layer.RelativeError, 0.01, 0.5));
        Assert.Equal(new FileInfo(written).Length, compressed.SizeBytes);
        var stored = compressed.Parameters.Values.ToDictionary(pair => pair.Key, pair => pair.Value.AsStored().Decode().ToArray());
        var (decoded, _) = PartialModels.Write(Wide, folder, (weight, shape) => PartialModels.Decoded(weight, shape, stored));
        Assert.Equal(0, Runs.Difference(decoded, written));
        Assert.NotEqual(0, Runs.Difference(path, written));
    }

    [Fact]
    public void Blocks_of_a_turned_matrix_run_along_its_inputs()
    {
        using var folder = new TemporaryFolder();
        // Columns of equal values: a word for each of few values is exact along the inputs, and along the outputs it is not.
        var (path, _) = PartialModels.Write(
            Wide,
            folder,
            (_, shape) => [.. Enumerable.Range(0, shape.Count).Select(i => (float)(i % shape[1] / 8))]
        );
        var compressed = Compress(
            path,
            folder.File("compressed.onnx"),
            new()
            {
                Compression = new() { K = 16, KMeansIterations = 20 },
            }
        );
        Assert.All(compressed.State.Layers, layer => Assert.InRange(layer.RelativeError, 0, 1e-6));
    }

    [Theory]
    [InlineData(4, false, false)]
    [InlineData(6, false, true)]
    [InlineData(6, true, false)]
    [InlineData(7, true, true)]
    public void A_size_that_is_asked_for_is_that_of_the_file(double ratio, bool isCompact, bool isInBits)
    {
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write(Wide, folder);
        string written = folder.File("compressed.onnx");
        double wanted = new FileInfo(path).Length / ratio;
        Compress(
            path,
            written,
            new()
            {
                Target = isInBits ? new SizeTarget.Bits((long)(8 * wanted)) : new SizeTarget.Ratio(ratio),
                Compression = new() { KMeansIterations = 2, Compact = isCompact },
            }
        );
        Assert.InRange(new FileInfo(written).Length, 0.9 * wanted, wanted);
    }

    [Fact]
    public void What_would_get_larger_is_refused()
    {
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write("shared weights", folder);
        using var file = TensorFiles.Open(path).ValueOrThrow();
        string error = ErrorOf(file);
        Assert.Contains("would not get smaller", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var (path, _) = PartialModels.Write(Wide, folder, (_, shape) => [.. Enumerable.Repeat(float.NaN, shape.Count)]);
        using var file = TensorFiles.Open(path).ValueOrThrow();
        string error = ErrorOf(file);
        Assert.Contains("turned_q.weight: expected finite values, got NaN at position 0", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_weights_is_one_line()
    {
        var model = new FreeModel(17);
        model.Node("NonZero", [model.Input("x", [2, 3])], "y");
        Assert.EndsWith(
            "nothing to compress: the model has no convolution, Gemm or MatMul whose weight is a constant in floating point",
            Error(model.Output("y", DType.I64)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_value_that_nobody_makes_is_an_error()
    {
        var model = new FreeModel(17);
        string y = model.Node("MatMul", [model.Input("x", [2, 3]), model.Weight("turned.weight", DType.F32, 3, 3)], "y");
        model.Node("NonZero", ["z"], "found");
        Assert.EndsWith(
            "NonZero node found: reads z, which no node before it makes, and which is no input of the model",
            Error(model.Output(y).Output("found", DType.I64)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_output_that_nobody_makes_is_an_error()
    {
        var model = new FreeModel(17);
        model.Node("MatMul", [model.Input("x", [2, 3]), model.Weight("turned.weight", DType.F32, 3, 3)], "y");
        Assert.EndsWith("its output z is made by no node", Error(model.Output("z")), StringComparison.Ordinal);
    }

    [Fact]
    public void Old_operations_are_an_error()
    {
        var model = new FreeModel(6);
        model.Node("MatMul", [model.Input("x", [2, 3]), model.Weight("turned.weight", DType.F32, 3, 3)], "y");
        Assert.Contains("its operations are of version 6 of ONNX; expected 7 or newer", Error(model.Output("y")), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_an_inner_graph_in_another_file_are_an_error()
    {
        using var outside = new MemoryStream();
        var body = new FreeModel(17) { Outside = outside };
        body.Tensor(StoredTensor.FromSingles("inner", [2], [1, 2]));
        body.Output(body.Node("Identity", ["inner"], "z"));
        var model = new FreeModel(17);
        model.Node("MatMul", [model.Input("x", [2, 3]), model.Weight("turned.weight", DType.F32, 3, 3)], "y");
        string isWanted = model.Input("wanted", [], DType.Bool);
        model.Node("If", [isWanted], "found", body.AsAttribute("then_branch"), body.AsAttribute("else_branch"));
        Assert.Contains(
            "inner: its values are in another file; within nodes",
            Error(model.Output("y").Output("found")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Graphs_within_graphs_end()
    {
        var graph = new FreeModel(17);
        graph.Output(graph.Node("Identity", ["x"], "y"));
        for (int i = 0; i < 20; i++)
        {
            var outer = new FreeModel(17);
            string isWanted = outer.Input("wanted", [], DType.Bool);
            outer.Node("If", [isWanted], "y", graph.AsAttribute("then_branch"));
            graph = outer.Output("y");
        }

        Assert.EndsWith("graphs within graphs, more than 16 deep", Error(graph), StringComparison.Ordinal);
    }

    [Fact]
    public void Operators_that_are_not_run_are_counted()
    {
        using var folder = new TemporaryFolder();
        using var file = TensorFiles.Open(PartialModels.Write("non-maximum suppression", folder).Path).ValueOrThrow();
        var model = Find(file).ValueOrThrow();
        Assert.Null(model.Reason);
        Assert.Equal([("ReduceMax", 1), ("NonMaxSuppression", 1)], model.Operators);
    }

    [Fact]
    public void Inputs_that_are_no_images_are_the_reason()
    {
        using var folder = new TemporaryFolder();
        using var file = TensorFiles.Open(PartialModels.Write("two inputs", folder).Path).ValueOrThrow();
        Assert.Equal("expected one input, images, got 2 (left, right)", Find(file).ValueOrThrow().Reason);
    }

    [Fact]
    public void A_network_that_is_run_is_none_of_them()
    {
        var small = new SmallModel(17, 1, 3, 8, 8);
        using var folder = new TemporaryFolder();
        using var file = TensorFiles.Open(folder.Write("model.onnx", small.Output(small.Mixed("x", 3, 4), 4).ToBytes())).ValueOrThrow();
        Assert.Null(OnnxPartialModel.Find(file));
    }

    static Result<OnnxPartialModel, PqfError> Find(TensorFile file) =>
        OnnxPartialModel.Find(file) ?? throw new InvalidOperationException("the network is run");

    static string Error(FreeModel model)
    {
        using var folder = new TemporaryFolder();
        using var file = TensorFiles.Open(folder.Write("model.onnx", model.ToBytes())).ValueOrThrow();
        return Find(file).Match(_ => "", error => error.Message);
    }

    string ErrorOf(TensorFile file) =>
        CompressPartialJob
            .Run(Find(file).ValueOrThrow(), Use(DeviceKind.Host), new(), cancellation: TestContext.Current.CancellationToken)
            .Match(_ => "", error => error.Message);

    CompressedPartial Compress(string path, string to, CompressOptions options)
    {
        using var file = TensorFiles.Open(path).ValueOrThrow();
        var model = Find(file).ValueOrThrow();
        var compressed = CompressPartialJob.Run(model, Use(DeviceKind.Host), options).ValueOrThrow();
        model.Write(to, compressed.Parameters).ValueOrThrow();
        return compressed;
    }
}

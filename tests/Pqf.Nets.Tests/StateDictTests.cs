using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class StateDictTests
{
    static TensorFile InMemory(params IEnumerable<StoredTensor> tensors) =>
        new("net.pth", "memory", tensors, ImmutableDictionary<string, string>.Empty);

    static IEnumerable<string> Text(Parameters parameters) =>
        parameters
            .Values.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key} {pair.Value.Shape} {pair.Value.GetType().Name} {string.Join(' ', pair.Value.Decode().ToArray())}");

    [Fact]
    public void Dense_tensors_load_back_exactly()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = GeneratedWeights.Parameters(graph, device, "dense");
        var (loaded, report) = StateDict.Load(graph, InMemory(StateDict.Dense(graph, parameters)), device).Value();
        Assert.Equal(Text(parameters), Text(loaded));
        Assert.Equal("", report.ToString());
        Assert.False(report.NormsFolded);
    }

    [Fact]
    public void Dense_tensors_are_those_of_torchvision_in_order()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var tensors = StateDict.Dense(graph, TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "dense"))).ToList();
        Assert.Equal(
            [
                "conv1.weight",
                "bn1.weight",
                "bn1.bias",
                "bn1.running_mean",
                "bn1.running_var",
                "bn1.num_batches_tracked",
                "block.conv1.weight",
            ],
            tensors.Take(7).Select(tensor => tensor.Name)
        );
        Assert.Equal((DType.I64, 0), (tensors[5].Type, tensors[5].Shape.Rank));
        Assert.Equal((DType.F32, "[6, 4, 1, 1]"), (tensors[6].Type, tensors[6].Shape.ToString()));
    }

    [Fact]
    public void Published_tensors_load_back_with_codes_and_folded_norms()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "published"));
        var (loaded, report) = StateDict.Load(graph, InMemory(StateDict.Published(graph, parameters)), device).Value();
        Assert.Equal(Text(Norms.Fold(graph, parameters)), Text(loaded));
        Assert.IsType<Weight.Quantised>(loaded["block.conv2.weight"]);
        Assert.Equal("", report.ToString());
        Assert.True(report.NormsFolded);
    }

    [Fact]
    public void Published_codes_are_bytes_up_to_256_centroids_and_shorts_above()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(
            graph,
            GeneratedWeights.Parameters(graph, device, "published"),
            ("block.conv1", 256, 2),
            ("block.conv2", 257, 9)
        );
        Assert.Equal(
            [
                "block.conv1.codes_matrix U8 [6, 2]",
                "block.conv1.codebook F16 [256, 2]",
                "block.conv2.codes_matrix I16 [8, 6]",
                "block.conv2.codebook F16 [257, 9]",
            ],
            StateDict
                .Published(graph, parameters)
                .Where(tensor => tensor.Name.Contains(".code"))
                .Select(tensor => $"{tensor.Name} {tensor.Type} {tensor.Shape}")
        );
    }

    [Fact]
    public void A_module_prefix_before_every_name_is_stripped()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var tensors = StateDict
            .Dense(graph, GeneratedWeights.Parameters(graph, device, "dense"))
            .Select(tensor => tensor.Rename($"module.{tensor.Name}"));
        Assert.Equal("", StateDict.Load(graph, InMemory(tensors), device).Value().Report.ToString());
    }

    [Fact]
    public void Missing_mismatched_and_unused_tensors_are_listed_at_once_with_the_nearest_names()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var tensors = StateDict
            .Dense(graph, GeneratedWeights.Parameters(graph, device, "dense"))
            .Select(tensor =>
                tensor.Name switch
                {
                    "fc.weight" => tensor.Rename("head.weight"),
                    "fc.bias" => StoredTensor.FromSingles("fc.bias", [2], [1, 2]),
                    "bn1.running_var" => tensor.Rename("bn1.running_variance"),
                    _ => tensor,
                }
            );
        string message = StateDict.Load(graph, InMemory(tensors), device).ErrorMessage();
        Assert.Equal(
            """
            net.pth: the tensors do not fit the network:
            missing: bn1.running_var (nearest in the file: bn1.running_variance)
            missing: fc.weight (nearest in the file: head.weight)
            mismatched: fc.bias: expected [5], got [2]
            unused: bn1.running_variance (nearest in the network: bn1.running_var)
            unused: head.weight (nearest in the network: fc.weight)
            """,
            message.ReplaceLineEndings("\n")
        );
    }

    [Fact]
    public void Unused_tensors_alone_are_reported_with_success()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var tensors = StateDict
            .Dense(graph, GeneratedWeights.Parameters(graph, device, "dense"))
            .Append(StoredTensor.FromSingles("fc2.bias", [1], [1]));
        var (_, report) = StateDict.Load(graph, InMemory(tensors), device).Value();
        Assert.Equal("unused: fc2.bias (nearest in the network: fc.bias)", report.ToString());
    }

    [Fact]
    public void Codes_without_a_codebook_are_missing_it()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "published"));
        string message = StateDict
            .Load(graph, InMemory(StateDict.Published(graph, parameters).Where(tensor => tensor.Name != "fc.codebook")), device)
            .ErrorMessage();
        Assert.StartsWith(
            "missing: fc.codebook (nearest in the file: fc.codes_matrix)",
            message.Split(Environment.NewLine)[1],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Codes_of_another_layer_shape_are_mismatched()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "published"));
        var tensors = StateDict
            .Published(graph, parameters)
            .Select(tensor =>
                tensor.Name == "fc.codebook" ? StoredTensor.FromValues("fc.codebook", DType.F16, [8, 3], new Half[24]) : tensor
            );
        string message = StateDict.Load(graph, InMemory(tensors), device).ErrorMessage();
        Assert.Equal(
            "mismatched: fc.weight: expected [5, 8], got codes [5, 2] of a codebook [8, 3]",
            message.Split(Environment.NewLine)[1]
        );
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void A_value_that_is_not_finite_is_an_error_naming_file_and_tensor(float value, string text)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var tensors = StateDict
            .Dense(graph, GeneratedWeights.Parameters(graph, device, "dense"))
            .Select(tensor => tensor.Name == "fc.bias" ? StoredTensor.FromSingles("fc.bias", [5], [1, 2, value, 4, 5]) : tensor);
        Assert.Equal(
            $"net.pth: fc.bias: expected finite values, got {text} at position 2",
            StateDict.Load(graph, InMemory(tensors), device).ErrorMessage()
        );
    }

    [Theory]
    [InlineData(-1e-12f, "expected values of at least 0, got -1E-12 at position 1")]
    [InlineData(-0.5f, "expected values of at least 0, got -0.5 at position 1")]
    [InlineData(float.NaN, "expected finite values, got NaN at position 1")]
    public void A_running_variance_is_not_negative(float value, string problem)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var tensors = StateDict
            .Dense(graph, GeneratedWeights.Parameters(graph, device, "dense"))
            .Select(tensor =>
                tensor.Name == "bn1.running_var" ? StoredTensor.FromSingles("bn1.running_var", [4], [0, value, -0f, 1]) : tensor
            );
        Assert.Equal($"net.pth: bn1.running_var: {problem}", StateDict.Load(graph, InMemory(tensors), device).ErrorMessage());
    }

    [Fact]
    public void Statistics_that_parameters_alone_lack_are_told_from_those_that_are_folded()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = GeneratedWeights.Parameters(graph, device, "dense");
        var alone = StateDict.Dense(graph, parameters).Where(tensor => !tensor.Name.Contains(".running_", StringComparison.Ordinal));
        Assert.True(StateDict.Load(graph, InMemory(alone), device).Value().Report.LacksStatistics);
        Assert.False(StateDict.Load(graph, InMemory(StateDict.Dense(graph, parameters)), device).Value().Report.LacksStatistics);
        var compressed = StateDict.Published(graph, TestGraphs.Quantise(graph, parameters));
        Assert.False(StateDict.Load(graph, InMemory(compressed), device).Value().Report.LacksStatistics);
    }

    [Fact]
    public void A_code_outside_its_codebook_and_a_wrong_type_are_errors_in_one_pass()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "published"));
        var tensors = StateDict
            .Published(graph, parameters)
            .Select(tensor =>
                tensor.Name switch
                {
                    "fc.codes_matrix" => StoredTensor.FromValues(
                        "fc.codes_matrix",
                        DType.U8,
                        [5, 2],
                        new byte[] { 0, 1, 2, 3, 8, 0, 0, 0, 0, 0 }
                    ),
                    "block.conv1.codebook" => StoredTensor.FromValues("block.conv1.codebook", DType.I16, [4, 2], new short[8]),
                    _ => tensor,
                }
            )
            .ToList();
        int before = device.LiveBuffers;
        string message = StateDict.Load(graph, InMemory(tensors), device).ErrorMessage();
        Assert.Equal(
            """
            net.pth: block.conv1.codebook: expected floating-point values, got I16
            net.pth: fc.codes_matrix: expected codes below 8, the rows of the codebook, got 8 at position 4
            """,
            message.ReplaceLineEndings("\n")
        );
        Assert.Equal(before, device.LiveBuffers);
    }
}

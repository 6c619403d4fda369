using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>Compression of a detector: transposed convolutions, blocks that straddle cells, groups through the joints.</summary>
public sealed class MaskRcnnTests : IDisposable
{
    // Published settings (facts of the paper's section 5): these stay dense, layer1.0.conv1 has 128 centroids, fc6 blocks of 16.
    static readonly CompressionSpec Published = new()
    {
        IgnoredModules = ["backbone.body.conv1", "rpn.head.cls_logits", "rpn.head.bbox_pred", "roi_heads.mask_predictor.mask_fcn_logits"],
        LayerSpecs = new Dictionary<string, LayerSpec>
        {
            ["backbone.body.layer1.0.conv1"] = new() { K = 128 },
            ["roi_heads.box_head.fc6"] = new() { SubvectorSize = 16 },
        }.ToImmutableSortedDictionary(),
    };

    readonly HostDevice host = new();
    readonly Scope scope;

    public MaskRcnnTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Fact]
    public void Published_settings_come_out_to_the_bit()
    {
        var graph = TestGraphs.Build(new Architecture(MaskRcnn.Name, MaskRcnn.DefaultClassCount));
        var layers = Blocks.Of(graph, Published).Value().ToDictionary(layer => layer.WeightName);
        var specs = ParameterSpecs
            .Of(graph)
            .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
            .ToArray();
        // 32 bits a value; codes of log₂k bits, codebooks of 16 bits a value.
        Assert.Equal(1_422_544_416, specs.Sum(spec => 32L * spec.Shape.Count));
        Assert.Equal(
            55_743_008,
            specs.Sum(spec =>
                layers.TryGetValue(spec.Name, out var layer)
                    ? ((long)layer.N * Cost.BitsPerCode(layer.K)) + (16L * layer.K * layer.D)
                    : 32L * spec.Shape.Count
            )
        );
        Assert.Equal(
            (256, 256, 4),
            (
                layers["roi_heads.mask_predictor.conv5_mask.weight"].Rows,
                layers["roi_heads.mask_predictor.conv5_mask.weight"].M,
                layers["roi_heads.mask_predictor.conv5_mask.weight"].D
            )
        );
    }

    [Fact]
    public void Permuting_changes_no_head_and_lowers_every_objective()
    {
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var parameters = GeneratedWeights.Parameters(graph, host, "narrow");
        var finished = Permuted(graph, parameters, new PermutationSpec { Proposals = 200 }, Published);
        Assert.All(finished.Groups, group => Assert.True(group.After < group.Before));
        Assert.Contains(finished.Groups, group => group is { Layer: "roi_heads.box_head.fc6", D: 16, Greedy: null }); // local search alone
        ImmutableArray<RoiBox> boxes = [new(0, new(4, 6, 30, 40)), new(0, new(20, 10, 100, 120))];
        var images = GeneratedWeights.Images(host, "photo", [1, 3, 128, 128]);
        foreach (
            var (before, after) in Forward
                .Outputs(graph, parameters, images, boxes)
                .Zip(Forward.Outputs(graph, finished.Parameters, images, boxes))
        )
            Close.Check(before, after, 1e-5);
        Assert.NotEqual(
            parameters["roi_heads.box_head.fc6.weight"].Decode().ToArray(),
            finished.Parameters["roi_heads.box_head.fc6.weight"].Decode().ToArray()
        );
    }

    [Fact]
    public void Large_blocks_of_a_transposed_convolution_decide_the_order_of_its_outputs()
    {
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var parameters = GeneratedWeights.Parameters(graph, host, "narrow");
        string[] Deciding(bool large) =>
            [
                .. Permuted(graph, parameters, new PermutationSpec { Proposals = 1 }, Published with { LargeSubvectors = large })
                    .Groups.Where(group =>
                        group.Group.Parents.Contains("roi_heads.mask_predictor.conv5_mask")
                        || group.Group.Children.Any(child => child.Layer == "roi_heads.mask_predictor.conv5_mask")
                    )
                    .Select(group => group.Layer),
            ];
        Assert.Empty(Deciding(false)); // blocks of 4 hold one output's taps, whatever the order of either axis
        Assert.Equal(["roi_heads.mask_predictor.conv5_mask"], Deciding(true));
    }

    [Fact]
    public void Greedy_orders_of_straddling_blocks_are_refused()
    {
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var spec = new PermutationSpec
        {
            LayerStrategies = ImmutableDictionary<string, ImmutableArray<PermutationStrategy>>.Empty.Add(
                "roi_heads.box_head.fc6",
                [PermutationStrategy.Greedy]
            ),
        };
        Assert.Equal(
            "roi_heads.box_head.fc6: its blocks of 16 do not hold whole channels of 49 values, which a greedy order needs; "
                + "expected stochastic, descent or random",
            Step(graph, spec, Published)
                .Check(new CompressionState(graph, GeneratedWeights.Parameters(graph, host, "narrow"), host))
                .ErrorMessage()
        );
    }

    [Fact]
    public void A_shape_that_is_not_the_layers_is_refused()
    {
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        PermutationSpec Reshaped(params int[] shape) =>
            new()
            {
                Proposals = 1,
                LayerReshapes = ImmutableDictionary<string, ImmutableArray<int>>.Empty.Add("roi_heads.box_head.fc6", [.. shape]),
            };
        var parameters = GeneratedWeights.Parameters(graph, host, "narrow");
        Assert.Equal(
            "roi_heads.box_head.fc6: expected a shape of 24 rows and 16 channels of 49 values, got [24, 49, 16]",
            Step(graph, Reshaped(24, 49, 16), Published).Check(new CompressionState(graph, parameters, host)).ErrorMessage()
        );
        Assert.NotEmpty(Permuted(graph, parameters, Reshaped(24, 16, 7, 7), Published).Groups);
    }

    static Permute Step(Graph graph, PermutationSpec spec, CompressionSpec compression) =>
        new(Blocks.Of(graph, compression).Value(), spec, RngKey.FromSeed(1));

    CompressionState Permuted(Graph graph, Parameters parameters, PermutationSpec spec, CompressionSpec compression) =>
        Compress.ToEnd([Step(graph, spec, compression)], new CompressionState(graph, parameters, host)).Value();
}

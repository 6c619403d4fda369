using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class MaskRcnnTests(DeviceSet devices) : DeviceTest(devices)
{
    // Boxes of every level's size, some across the edge of images of 128×160.
    static readonly ImmutableArray<RoiBox> Boxes =
    [
        new(0, new(4, 6, 30, 40)),
        new(0, new(20, 10, 140, 120)),
        new(0, new(-60, -80, 160, 180)),
        new(0, new(-200, -150, 400, 420)),
        new(0, new(5, 5, 6, 130)),
    ];

    [Fact]
    public void Parameters_have_torchvisions_names_and_shapes()
    {
        using var reference = ReferenceCase.Open("network_maskrcnn");
        string[] trained =
        [
            .. reference
                .Parameters.GetProperty("parameters")
                .EnumerateArray()
                .Select(element => DetectorNames.Canonical(element.GetString()!)),
        ];
        var graph = TestGraphs.Build(new Architecture(MaskRcnn.Name, MaskRcnn.DefaultClassCount));
        var specs = ParameterSpecs.Of(graph);
        Assert.Equal(
            trained.Order(),
            specs.Where(spec => spec.Role is ParameterRole.Weight or ParameterRole.Bias).Select(spec => spec.Name).Order()
        );
        // Counted by PyTorch: sum of the elements of torchvision's maskrcnn_resnet50_fpn, norms of two vectors.
        Assert.Equal(
            44_454_513,
            specs
                .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
                .Sum(spec => (long)spec.Shape.Count)
        );
        Assert.Equal([256, 256, 2, 2], specs.Single(spec => spec.Name == "roi_heads.mask_predictor.conv5_mask.weight").Shape);
    }

    [Fact]
    public void Work_of_a_photograph_is_that_of_its_parts()
    {
        var graph = TestGraphs.Build(new Architecture(MaskRcnn.Name, MaskRcnn.DefaultClassCount));
        var device = Use(DeviceKind.Host);
        var cost = Cost.Of(
            graph,
            new Parameters(
                ParameterSpecs
                    .Of(graph)
                    .ToImmutableDictionary(spec => spec.Name, Weight (spec) => new Weight.Dense(Tensor<float>.Zeros(device, spec.Shape)))
            ),
            [1, 800, 1088, 3]
        );
        long Of(string layer) => cost.Layers.Single(found => found.Name == layer).MultiplyAdds;
        // 3×3 over all five levels; 1000 proposals; 100 detections with four products for each of four taps.
        Assert.Equal(256L * 256 * 9 * ((200 * 272) + (100 * 136) + (50 * 68) + (25 * 34) + (13 * 17)), Of("rpn.head.conv"));
        Assert.Equal(1000L * 12544 * 1024, Of("roi_heads.box_head.fc6"));
        Assert.Equal(100L * 14 * 14 * 4 * 256 * 256, Of("roi_heads.mask_predictor.conv5_mask"));
    }

    [Fact]
    public void Groups_are_derived_through_pyramid_boxes_and_flattening()
    {
        static string Run(ChannelRun layer) => layer.Run == 1 ? layer.Layer : $"{layer.Layer}×{layer.Run}";
        string[] groups =
        [
            .. ChannelGroups
                .Of(TestGraphs.Build(new Architecture(MaskRcnn.Name, MaskRcnn.DefaultClassCount)))
                .Select(group =>
                    $"{group.ChannelCount}: {string.Join(' ', group.Parents)} | {string.Join(' ', group.Children.Select(Run))}"
                ),
        ];
        // Written by hand from Lin et al. 2017, figure 3, and He et al. 2017, figure 4. Stages' outputs go into the pyramid too; the body's
        // other groups are those of ResNet-50.
        string[] expected =
        [
            "256: backbone.fpn.inner_blocks.0 backbone.fpn.inner_blocks.1 backbone.fpn.inner_blocks.2 backbone.fpn.inner_blocks.3"
                + " | backbone.fpn.layer_blocks.0 backbone.fpn.layer_blocks.1 backbone.fpn.layer_blocks.2 backbone.fpn.layer_blocks.3",
            "256: backbone.fpn.layer_blocks.0 backbone.fpn.layer_blocks.1 backbone.fpn.layer_blocks.2 backbone.fpn.layer_blocks.3"
                + " | rpn.head.conv roi_heads.box_head.fc6×49 roi_heads.mask_head.mask_fcn1",
            "256: rpn.head.conv | rpn.head.cls_logits rpn.head.bbox_pred",
            "1024: roi_heads.box_head.fc6 | roi_heads.box_head.fc7",
            "1024: roi_heads.box_head.fc7 | roi_heads.box_predictor.cls_score roi_heads.box_predictor.bbox_pred",
            "256: roi_heads.mask_head.mask_fcn1 | roi_heads.mask_head.mask_fcn2",
            "256: roi_heads.mask_head.mask_fcn2 | roi_heads.mask_head.mask_fcn3",
            "256: roi_heads.mask_head.mask_fcn3 | roi_heads.mask_head.mask_fcn4",
            "256: roi_heads.mask_head.mask_fcn4 | roi_heads.mask_predictor.conv5_mask",
            "256: roi_heads.mask_predictor.conv5_mask | roi_heads.mask_predictor.mask_fcn_logits",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            groups.Where(group => !group.Contains("backbone.body", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        );
        Assert.Equal(37, groups.Length - expected.Length); // ResNet-50's: five shared ones and two in each of 16 blocks
        Assert.Contains(
            groups,
            group =>
                group.StartsWith("2048:", StringComparison.Ordinal)
                && group.EndsWith(
                    "backbone.body.layer4.1.conv1 backbone.body.layer4.2.conv1 backbone.fpn.inner_blocks.3",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void Reordering_any_group_leaves_what_every_head_gives()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var parameters = GeneratedWeights.Parameters(graph, device, "narrow");
        var images = GeneratedWeights.Images(device, "photo", [1, 3, 128, 160]);
        var expected = Forward.Outputs(graph, parameters, images, Boxes);
        foreach (var group in ChannelGroups.Of(graph))
        {
            using var scope = device.BeginScope();
            var reordered = group.Apply(parameters, RngKey.FromSeed(1).Fold(group.Parents[0]).Permutation(group.ChannelCount));
            foreach (var (before, after) in expected.Zip(Forward.Outputs(graph, reordered, images, Boxes)))
                Close.Check(before, after, 1e-5);
        }
    }

    [Fact]
    public void Parts_joined_by_boxes_are_the_whole()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var parts = MaskRcnn.Of(TestGraphs.NarrowDetector);
        var parameters = GeneratedWeights.Parameters(graph, device, "narrow");
        var images = GeneratedWeights.Images(device, "photo", [1, 3, 128, 160]);
        var expected = Forward.Outputs(graph, parameters, images, Boxes);
        var levels = Forward.Outputs(parts.Features, parameters, images, []);
        Assert.Equal(
            [
                [1, 32, 40, 16],
                [1, 16, 20, 16],
                [1, 8, 10, 16],
                [1, 4, 5, 16],
                [1, 2, 3, 16],
            ],
            levels.Select(level => level.Shape.AsSpan().ToArray())
        );
        var proposals = levels.SelectMany(level => Forward.Outputs(parts.Proposals, parameters, level, []));
        Tensor<float> Cells(int size) => RoiCells.Forward(levels[..4], Boxes, new RoiPooling(size, 2, 224, 4, 1000));
        var actual = proposals
            .Concat(Forward.Outputs(parts.Boxes, parameters, Cells(7), []))
            .Append(Forward.Run(parts.Masks, parameters, Cells(14)));
        foreach (var (whole, part) in expected.Zip(actual))
            Close.Check(whole, part, 1e-6);
    }

    [Fact]
    public void Compiled_graphs_give_what_the_plain_interpreter_gives_at_every_size()
    {
        var device = Use(DeviceKind.Host);
        var parts = MaskRcnn.Of(TestGraphs.NarrowDetector);
        var parameters = GeneratedWeights.Parameters(TestGraphs.Build(TestGraphs.NarrowDetector), device, "narrow");
        var compiled = InferencePlan.Compile(parts.Features, parameters, device, [1, 64, 96, 3]);
        foreach (
            Shape size in (Shape[])
                [
                    [1, 3, 64, 96],
                    [2, 3, 128, 32],
                ]
        )
        {
            var images = GeneratedWeights.Images(device, "photo", size);
            foreach (
                var (expected, actual) in Forward
                    .Outputs(parts.Features, parameters, images, [])
                    .Zip(compiled.For(images.Shape).RunAll(images))
            )
                Close.Check(expected, actual, 1e-5);
        }

        var cells = GeneratedWeights.Images(device, "cells", [3, 16, 14, 14]);
        Close.Check(
            Forward.Run(parts.Masks, parameters, cells),
            InferencePlan.Compile(parts.Masks, parameters, device, cells.Shape).Run(cells),
            1e-5
        );
    }

    [Fact]
    public void A_joint_is_not_compiled()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var thrown = Assert.Throws<NotSupportedException>(() =>
            InferencePlan.Compile(graph, GeneratedWeights.Parameters(graph, device, "narrow"), device, [1, 64, 64, 3])
        );
        Assert.Equal("InferencePlan: a joint cannot be compiled; compile the graphs on both sides of it", thrown.Message);
    }

    [Fact]
    public void Frozen_norms_are_not_trained_and_have_no_count_of_batches()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var parameters = GeneratedWeights.Parameters(graph, device, "narrow");
        Assert.DoesNotContain(
            Trainable.Of(graph, parameters).Keys,
            name => name.Contains("bn", StringComparison.Ordinal) || name.Contains("downsample.1", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            StateDict.Dense(graph, parameters),
            tensor => tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
        );
        Assert.Contains(StateDict.Dense(graph, parameters), tensor => tensor.Name == "backbone.body.bn1.running_var");
    }

    [Theory]
    [InlineData("backbone.fpn.inner_blocks.0.0.weight", "backbone.fpn.inner_blocks.0.weight")]
    [InlineData("backbone.fpn.layer_blocks.3.0.bias", "backbone.fpn.layer_blocks.3.bias")]
    [InlineData("rpn.head.conv.0.0.weight", "rpn.head.conv.weight")]
    [InlineData("rpn.head.conv.0.0", "rpn.head.conv")]
    [InlineData("roi_heads.mask_head.0.0.codes_matrix", "roi_heads.mask_head.mask_fcn1.codes_matrix")]
    [InlineData("roi_heads.mask_head.3.0", "roi_heads.mask_head.mask_fcn4")]
    [InlineData("backbone.body.layers.layer1.0.conv1.weight", "backbone.body.layer1.0.conv1.weight")]
    [InlineData("backbone.body.layers.bn1.bias", "backbone.body.bn1.bias")]
    [InlineData("backbone.fpn.inner_blocks.0.weight", "backbone.fpn.inner_blocks.0.weight")]
    [InlineData("roi_heads.mask_head.mask_fcn1.bias", "roi_heads.mask_head.mask_fcn1.bias")]
    [InlineData("layer1.0.conv1.weight", "layer1.0.conv1.weight")]
    [InlineData("", "")]
    public void Names_of_both_generations_mean_the_same_layers(string name, string expected) =>
        Assert.Equal(expected, DetectorNames.Canonical(name));
}

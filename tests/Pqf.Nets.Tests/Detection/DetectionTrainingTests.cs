using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

/// <summary>Losses and gradients of a step where there is little or nothing to learn from: numbers, all of them.</summary>
public class DetectionTrainingTests(DeviceSet devices) : DeviceTest(devices)
{
    const int Height = 48,
        Width = 64;

    static readonly MaskRcnnOptions Quick = DetectorSamples.Quick;

    [Fact]
    public void Objects_train_every_head()
    {
        var step = Step([Of(new Box(4, 6, 30, 40), new Box(20, 10, 60, 44))]);
        Assert.All(step.Losses, loss => Assert.True(loss.Value > 0, loss.Key));
        Assert.All(step.Gradients, pair => Assert.True(pair.Value.Any(value => value != 0), pair.Key));
    }

    [Fact]
    public void Images_without_objects_train_on_background_alone()
    {
        var step = Step([Of(), Of()]);
        Assert.Equal((0, 0, 0), (step.Losses["loss_box_reg"], step.Losses["loss_mask"], step.Losses["loss_rpn_box_reg"]));
        Assert.True(step.Losses["loss_classifier"] > 0 && step.Losses["loss_objectness"] > 0);
        Assert.All(
            step.Gradients.Where(pair => pair.Key.Contains("mask", StringComparison.Ordinal)),
            pair => Assert.All(pair.Value, value => Assert.Equal(0, value))
        );
    }

    [Fact]
    public void Objects_without_masks_train_boxes_and_leave_the_mask_head_alone()
    {
        var boxes = Of(new Box(4, 6, 30, 40), new Box(20, 10, 60, 44));
        var step = Step([boxes with { Masks = [null, null] }]);
        Assert.Equal(0, step.Losses["loss_mask"]);
        Assert.True(step.Losses["loss_box_reg"] > 0 && step.Losses["loss_classifier"] > 0);
        Assert.All(
            step.Gradients.Where(pair => pair.Key.Contains("mask", StringComparison.Ordinal)),
            pair => Assert.All(pair.Value, value => Assert.Equal(0, value))
        );
        Assert.True(Step([boxes with { Masks = [null, boxes.Masks[1]] }]).Losses["loss_mask"] > 0);
    }

    [Fact]
    public void An_image_without_objects_beside_one_with_some() =>
        Assert.True(Step([Of(), Of(new Box(4, 6, 30, 40))]).Losses["loss_mask"] > 0);

    [Theory]
    [InlineData(10, 10, 10, 30)] // no width
    [InlineData(10, 10, 30, 10)] // no height
    [InlineData(30, 30, 10, 10)] // corners in the wrong order
    [InlineData(10, 10, float.NaN, 30)]
    [InlineData(10, 10, float.PositiveInfinity, 30)]
    [InlineData(-1e30f, -1e30f, 1e30f, 1e30f)]
    [InlineData(0, 10, 1e-40f, 30)]
    [InlineData(5, 5, 5.0005f, 30)]
    public void Objects_whose_boxes_have_next_to_no_area_or_are_no_numbers_are_left_out(float x1, float y1, float x2, float y2)
    {
        var step = Step([Of(new Box(x1, y1, x2, y2))]);
        Assert.Equal(Step([Of()]).Losses.Select(loss => (loss.Key, loss.Value)), step.Losses.Select(loss => (loss.Key, loss.Value)));
    }

    [Theory]
    [InlineData(12, 13, 13, 14)] // a pixel
    [InlineData(63, 47, 64, 48)] // the last pixel
    [InlineData(12, 13, 12.01f, 13.02f)] // less than a pixel, its mask without ones
    [InlineData(0, 0, 64, 48)] // the whole image
    [InlineData(0, 20, 64, 21)] // a line
    [InlineData(200, 200, 300, 300)] // outside
    [InlineData(-1000, -2000, 3000, 4000)] // far more than the image
    public void Any_box_with_an_area_gives_numbers(float x1, float y1, float x2, float y2) =>
        Assert.True(Step([Of(new Box(x1, y1, x2, y2))]).Losses["loss_classifier"] > 0);

    [Fact]
    public void A_mask_without_ones_gives_numbers() =>
        Step([new([new(4, 6, 30, 40)], [1], [new(Height, Width, new byte[Height * Width])])]);

    [Fact]
    public void Many_equal_objects_give_numbers() => Step([Of([.. Enumerable.Repeat(new Box(4, 6, 30, 40), 40)])]);

    // No box is as long as a million pixels.
    [Fact]
    public void Without_proposals_the_objects_own_boxes_train()
    {
        var step = Step([Of(new Box(4, 6, 30, 40)), Of()], Quick with { RpnMinBoxSize = 1e6f });
        Assert.True(step.Losses["loss_classifier"] > 0 && step.Losses["loss_mask"] > 0);
    }

    [Fact]
    public void Without_proposals_and_objects_the_anchors_alone_train()
    {
        var step = Step([Of(), Of()], Quick with { RpnMinBoxSize = 1e6f });
        Assert.Equal(["loss_objectness"], step.Losses.Where(loss => loss.Value != 0).Select(loss => loss.Key));
    }

    [Fact]
    public void Without_any_box_to_draw_there_is_no_loss() =>
        Assert.All(
            Step([Of(new Box(4, 6, 30, 40))], Quick with { RpnBatchSizePerImage = 0, BoxBatchSizePerImage = 0 }).Losses,
            loss => Assert.Equal(0, loss.Value)
        );

    [Theory]
    [InlineData(1, 200)]
    [InlineData(200, 1)]
    [InlineData(1, 1)]
    public void Slivers_of_images_give_numbers(int height, int width) =>
        Step([DetectorSamples.Target(height, width, new Box(0, 0, width, height))], Quick, DetectorSamples.Photo(height, width));

    [Fact]
    public void Images_of_different_sizes_share_a_batch() =>
        Step(
            [DetectorSamples.Target(48, 64, new Box(4, 6, 30, 40)), DetectorSamples.Target(64, 30, new Box(4, 6, 25, 60))],
            Quick,
            DetectorSamples.Photo(48, 64),
            DetectorSamples.Photo(64, 30)
        );

    [Fact]
    public void Equal_keys_give_equal_losses_and_other_keys_others()
    {
        DetectionTarget target = Of(new Box(4, 6, 30, 40), new Box(20, 10, 60, 44));
        float Loss(long seed) =>
            Step([target], Quick with { BoxBatchSizePerImage = 8, RpnBatchSizePerImage = 8 }, RngKey.FromSeed(seed), []).Losses[
                "loss_objectness"
            ];
        Assert.Equal(Loss(1), Loss(1));
        Assert.NotEqual(Loss(1), Loss(2));
    }

    [Fact]
    public void Stages_end_in_the_order_of_their_names_and_change_nothing()
    {
        DetectionTarget[] targets = [Of(new Box(4, 6, 30, 40))];
        var stages = new List<DetectionTrainingStage>();
        var watched = Step(targets, Quick, RngKey.FromSeed(0), [], stages.Add);
        Assert.Equal(Enum.GetValues<DetectionTrainingStage>()[..^1], stages);
        Assert.Equal(Step(targets).Losses.Select(loss => (loss.Key, loss.Value)), watched.Losses.Select(loss => (loss.Key, loss.Value)));
    }

    [Fact]
    public void What_does_not_belong_together_is_refused()
    {
        var box = new Box(4, 6, 30, 40);
        Assert.Equal(
            "DetectionTraining: expected a target for each of 1 images, got 2",
            Thrown([Of(), Of()], DetectorSamples.Photo(Height, Width))
        );
        Assert.Equal(
            "DetectionTarget: expected a label and a mask for each of 1 boxes, got 0 and 1",
            Thrown([Of(box) with { Labels = [] }])
        );
        Assert.Equal(
            "DetectionTarget: expected masks of the image's size, [48, 64], got [10, 12]",
            Thrown([DetectorSamples.Target(10, 12, box)])
        );
    }

    string Thrown(DetectionTarget[] targets, params Photograph[] photos) =>
        Assert.Throws<ShapeException>(() => Step(targets, Quick, photos)).Message;

    static DetectionTarget Of(params Box[] boxes) => DetectorSamples.Target(Height, Width, boxes);

    sealed record Stepped(ImmutableSortedDictionary<string, float> Losses, ImmutableDictionary<string, float[]> Gradients);

    Stepped Step(DetectionTarget[] targets) => Step(targets, Quick);

    Stepped Step(DetectionTarget[] targets, MaskRcnnOptions options, params Photograph[] photos) =>
        Step(targets, options, RngKey.FromSeed(0), photos);

    /// <summary>Losses and gradients of everything that is trained; fails if one is no finite number.</summary>
    Stepped Step(
        DetectionTarget[] targets,
        MaskRcnnOptions options,
        RngKey key,
        Photograph[] photos,
        Action<DetectionTrainingStage>? afterStage = null
    )
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var architecture = TestGraphs.NarrowDetector with { Options = options };
        var graph = TestGraphs.Build(architecture);
        var parameters = GeneratedWeights.Parameters(graph, device, "narrow");
        var training = DetectionTraining.Create(architecture, parameters);
        var result = Grad.ValueAndGrad(
            (tape, variables) =>
            {
                var losses = training.Losses(
                    tape,
                    variables,
                    photos.Length > 0 ? photos : [.. targets.Select(_ => DetectorSamples.Photo(Height, Width))],
                    targets,
                    key,
                    afterStage
                );
                return (
                    losses.Total(tape),
                    losses.Named.ToImmutableSortedDictionary(loss => loss.Name, loss => loss.Value.Value.ToArray()[0])
                );
            }
        )(Trainable.Of(graph, parameters));
        var gradients = result.Gradients.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToArray());
        Assert.All(result.Extra, loss => Assert.True(float.IsFinite(loss.Value), $"{loss.Key}: {loss.Value}"));
        Assert.All(gradients, pair => Assert.True(pair.Value.All(float.IsFinite), pair.Key));
        return new(result.Extra, gradients);
    }
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>Convolution; <c>name.weight</c> [O, I / groups, kH, kW], <c>name.bias</c> [O] if it has one.</summary>
/// <param name="X">Node read, [N, H, W, I].</param>
/// <param name="Name">The layer's name.</param>
/// <param name="InChannels">I.</param>
/// <param name="OutChannels">O.</param>
/// <param name="KernelSize">Taps.</param>
/// <param name="Options">Stride, padding, dilation, groups.</param>
/// <param name="HasBias">Whether it has a bias.</param>
public sealed record Conv2dLayer(int X, string Name, int InChannels, int OutChannels, Pair KernelSize, Conv2dOptions Options, bool HasBias)
    : Layer(X)
{
    /// <summary>[O, I / groups, kH, kW].</summary>
    public Shape WeightShape => [OutChannels, InChannels / Options.Groups, KernelSize.H, KernelSize.W];

    /// <inheritdoc/>
    /// <remarks>Weights start normal with variance 2 / (kH · kW · O): He et al. 2015, arXiv 1502.01852, section 2.2, backward
    /// form.</remarks>
    public override ImmutableArray<ParameterSpec> Parameters =>
        ParameterSpec.WeightAndBias(
            Name,
            WeightShape,
            new InitialValues.Normal(Math.Sqrt(2.0 * WeightShape[1] / WeightShape.Count)),
            HasBias ? OutChannels : null
        );

    internal override Layer? WithOutputs(int count) => Options.Groups == 1 ? this with { OutChannels = count } : null;

    internal override Fusing Fuses => Fusing.All;

    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.AddWeighted(
                "Conv",
                Name,
                HasBias,
                norm => Fold(norm, onnx.Parameters),
                [
                    .. OnnxMessages.Window(KernelSize, Options.Stride, Options.Padding, Options.End),
                    OnnxMessages.Attribute("dilations", [Options.Dilation.H, Options.Dilation.W]),
                    OnnxMessages.Attribute("group", Options.Groups),
                ]
            );

    internal override string? OnnxSignature => Options.IsUneven ? null : OnnxSignatures.Conv(WeightShape, Options);

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Conv2d.OutputShape(x[0], WeightShape, Options);

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape output) => (long)output.Count * (InChannels / Options.Groups) * KernelSize.H * KernelSize.W;

    /// <inheritdoc/>
    public override Patches? PatchesOf(Shape x) => Patches.Of(x, OutputShape([x]), KernelSize, Options);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        if (Options.Groups > 1 && Options.Groups == InChannels && Options.Groups == OutChannels)
        {
            spaces.AddFilters(Name, x[0], InChannels); // each channel takes its filter with it
            return x[0];
        }

        return spaces.AddWeight(Name, x[0], InChannels, OutChannels, Options.Groups);
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Conv2d.Forward(x[0], run.Weight(Name), run.Bias(Name, HasBias), Options);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Weighted(Name, HasBias, new Conv2d.Function(Options), x[0]);

    internal override PlanStep Compile(CompileContext step)
    {
        var plan = Pack(step);
        var tail = step.Tail;
        if (Block(step, plan) is { } block)
            return values => block.ForwardInto(values[0], values.Residual, tail, values.Result);
        return values => plan.ForwardInto(values[0], values.Scale, values.Residual, tail, values.Result);
    }

    /// <summary>This layer together with those that run with it, if any do: the one before a depthwise one, or the depthwise one before
    /// this one, which may have one before it.</summary>
    DepthwiseBlockPlan? Block(CompileContext step, Conv2dPlan plan)
    {
        if (step.First is not (Conv2dLayer layer, var before))
            return null;
        var first = layer.Pack(before);
        if (Options.Groups > 1)
            return new((first, before.Tail), plan, Tail.None, null);
        return before.First is (Conv2dLayer earliest, var earlier)
            ? new((earliest.Pack(earlier), earlier.Tail), first, before.Tail, plan)
            : new(null, first, before.Tail, plan);
    }

    /// <summary>The weights, ready to run on the step's device.</summary>
    internal Conv2dPlan Pack(CompileContext step) =>
        Fold(step.Norm, step.Parameters).Pack(step.Device, Options, step.Choose(step.Input(0), WeightShape, Options));

    /// <summary>The weights with the norm that follows, if any.</summary>
    internal FoldedLayer Fold(BatchNormLayer? norm, Parameters parameters) => FoldedLayer.Of(Name, WeightShape, HasBias, norm, parameters);
}

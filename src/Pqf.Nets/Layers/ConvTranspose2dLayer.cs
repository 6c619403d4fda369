using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution.Transposed;

namespace Pqf.Nets.Layers;

/// <summary>Transposed convolution; <c>name.weight</c> [I, O, kH, kW], input channels first, <c>name.bias</c> [O] if it has one.</summary>
/// <param name="X">Node read, [N, H, W, I].</param>
/// <param name="Name">The layer's name.</param>
/// <param name="InChannels">I.</param>
/// <param name="OutChannels">O.</param>
/// <param name="KernelSize">Taps.</param>
/// <param name="Options">Stride, padding, output padding.</param>
/// <param name="HasBias">Whether it has a bias.</param>
public sealed record ConvTranspose2dLayer(
    int X,
    string Name,
    int InChannels,
    int OutChannels,
    Pair KernelSize,
    ConvTranspose2dOptions Options,
    bool HasBias
) : Layer(X)
{
    /// <summary>[I, O, kH, kW].</summary>
    public Shape WeightShape => [InChannels, OutChannels, KernelSize.H, KernelSize.W];

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
        ParameterSpec.WeightAndBias(Name, WeightShape, InitialValues.WithinFanIn(WeightShape), HasBias ? OutChannels : null);

    internal override Fusing Fuses => Fusing.Tail;

    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.AddWeighted(
                "ConvTranspose",
                Name,
                HasBias,
                _ => Unfolded(onnx.Parameters),
                [
                    .. OnnxMessages.Window(KernelSize, Options.Stride, Options.Padding, Options.Padding),
                    OnnxMessages.Attribute("output_padding", [Options.OutputPadding.H, Options.OutputPadding.W]),
                ]
            );

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => ConvTranspose2d.OutputShape(x[0], WeightShape, Options);

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape output) =>
        (long)output.Count * InChannels * KernelSize.H * KernelSize.W / (Options.Stride.H * Options.Stride.W);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) =>
        spaces.AddTransposedWeight(Name, x[0], InChannels, OutChannels);

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        ConvTranspose2d.Forward(x[0], run.Weight(Name), run.Bias(Name, HasBias), Options);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Weighted(Name, HasBias, new ConvTranspose2d.Function(Options), x[0]);

    internal override PlanStep Compile(CompileContext step)
    {
        var weight = step.Parameter($"{Name}.weight", WeightShape);
        var bias = HasBias ? step.Parameter($"{Name}.bias", [OutChannels]) : null;
        var plan = ConvTranspose2dPlan.Create(weight, bias, Options);
        step.Device.Release(weight);
        if (bias is not null)
            step.Device.Release(bias);
        var tail = step.Tail;
        return values => plan.ForwardInto(values[0], tail, values.Result);
    }

    FoldedLayer Unfolded(Parameters parameters) =>
        new(parameters[$"{Name}.weight"], WeightShape, null, null, HasBias ? FoldedLayer.Values(parameters, $"{Name}.bias") : null);
}

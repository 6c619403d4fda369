using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Layers;

/// <summary>Maximum under a moving window.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="KernelSize">The window.</param>
/// <param name="Options">Stride, padding, which is below every value, dilation, ceil mode.</param>
public sealed record MaxPool2dLayer(int X, Pair KernelSize, PoolOptions Options) : Layer(X)
{
    internal override Layer? ForChannels(int before, int after) => this;

    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.Add(
                "MaxPool",
                [
                    .. OnnxPooling.Window(onnx.InputShape(0), KernelSize, Options),
                    .. Options.Dilation == 1
                        ? []
                        : (WireField[])[OnnxMessages.Attribute("dilations", [Options.Dilation.H, Options.Dilation.W])],
                ]
            );

    internal override string? OnnxSignature =>
        Options == new PoolOptions { Stride = Options.Stride, Padding = Options.Padding }
            ? OnnxSignatures.MaxPool(KernelSize, Options.Stride, Options.Padding)
            : null;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => MaxPool2d.OutputShape(x[0], KernelSize, Options);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => MaxPool2d.Forward(x[0], KernelSize, Options);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new MaxPool2d.Function(KernelSize, Options), x[0]);

    internal override PlanStep Compile(CompileContext step)
    {
        if (step.First is not (Conv2dLayer stem, var before))
            return values => MaxPool2d.ForwardInto(values[0], KernelSize, Options, values.Result);
        var plan = new StemPoolPlan(stem.Pack(before), before.Tail, KernelSize, Options);
        return values => plan.ForwardInto(values[0], values.Result);
    }
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Layers;

/// <summary>Maximum under a moving window.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="KernelSize">The window.</param>
/// <param name="Stride">Its stride.</param>
/// <param name="Padding">Pixels added on each side, below every value.</param>
public sealed record MaxPool2dLayer(int X, Pair KernelSize, Pair Stride, Pair Padding) : Layer(X)
{
    internal override OnnxForm? Onnx => onnx => onnx.Add("MaxPool", OnnxMessages.Window(KernelSize, Stride, Padding, Padding));

    internal override string? OnnxSignature => OnnxSignatures.MaxPool(KernelSize, Stride, Padding);

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => MaxPool2d.OutputShape(x[0], KernelSize, Stride, Padding);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        MaxPool2d.Forward(x[0], KernelSize, Stride, Padding);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new MaxPool2d.Function(KernelSize, Stride, Padding), x[0]);

    internal override PlanStep Compile(CompileContext step) =>
        values => MaxPool2d.ForwardInto(values[0], KernelSize, Stride, Padding, values.Result);
}

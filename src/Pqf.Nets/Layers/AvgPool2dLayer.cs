using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Layers;

/// <summary>Mean under a moving window.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="KernelSize">The window.</param>
/// <param name="Options">Stride, padding, ceil mode.</param>
/// <param name="Padding">Whether padding counts as zeros; what lies beyond it in ceil mode never counts.</param>
public sealed record AvgPool2dLayer(int X, Pair KernelSize, PoolOptions Options, PaddingCounts Padding = PaddingCounts.AsZeros) : Layer(X)
{
    internal override Layer? ForChannels(int before, int after) => this;

    /// <summary>Windows that reach beyond the padding have padding of their own; a product corrects the divisors if it would count.
    /// </summary>
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            var corrections = Padding == PaddingCounts.AsZeros ? OnnxPooling.Corrections(onnx.InputShape(0), KernelSize, Options) : null;
            string mean = corrections is null ? onnx.Output : onnx.Between("mean");
            onnx.Add(
                "AveragePool",
                [onnx.Input(0)],
                mean,
                [
                    .. OnnxPooling.Window(onnx.InputShape(0), KernelSize, Options),
                    OnnxMessages.Attribute("count_include_pad", Padding == PaddingCounts.AsZeros ? 1 : 0),
                ]
            );
            if (corrections is null)
                return;
            onnx.Add(
                "Reshape",
                [onnx.Numbers(corrections), onnx.Integers(1, 1, onnx.Shape[1], onnx.Shape[2])],
                onnx.Between("corrections")
            );
            onnx.Add("Mul", [mean, onnx.Between("corrections")], onnx.Output);
        };

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => AvgPool2d.OutputShape(x[0], KernelSize, Options);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        AvgPool2d.Forward(x[0], KernelSize, Options, Padding);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new AvgPool2d.Function(KernelSize, Options, Padding), x[0]);

    internal override PlanStep Compile(CompileContext step) =>
        values => AvgPool2d.ForwardInto(values[0], KernelSize, Options, Padding, values.Result);
}

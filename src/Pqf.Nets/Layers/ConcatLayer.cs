using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>Values one after another along an axis.</summary>
/// <param name="Parts">Nodes read, one at least, alike on all other axes.</param>
/// <param name="Axis">Which axis of a value as it lies in memory: 3 of [N, H, W, C] for channels. Negative ones count from the
/// end.</param>
public sealed record ConcatLayer(ImmutableArray<int> Parts, int Axis = -1) : Layer(Parts)
{
    internal override OnnxForm? Onnx =>
        onnx => onnx.Add("Concat", OnnxMessages.Attribute("axis", OnnxLayout.Axis(onnx.Shape.Rank, AxisOf(onnx.Shape))));

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Concat.OutputShape(x.AsSpan(), AxisOf(x[0]));

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        int rank = spaces.Rank(x[0]);
        // Parts of pixels, or of the rows of [N, rows, C], have the same channels.
        return (Axis < 0 ? rank + Axis : Axis) == rank - 1 ? spaces.Concat(x) : spaces.Join(x);
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Concat.Forward(x.AsSpan(), AxisOf(x[0].Shape));

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Concat.Function(AxisOf(x[0].Shape)), x.AsSpan());

    internal override PlanStep Compile(CompileContext step)
    {
        int axis = AxisOf(step.Input(0)),
            count = Parts.Length;
        return values =>
        {
            int at = 0;
            for (int i = 0; i < count; i++)
            {
                Concat.Put(values[i], values.Result, at, axis);
                at += values[i].Shape[axis];
            }
        };
    }

    int AxisOf(Shape x) => Axis < 0 ? x.Rank + Axis : Axis;
}

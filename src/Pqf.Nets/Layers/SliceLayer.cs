using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>A part of an axis: channels of one part of a split, or a cut of rows or columns.</summary>
/// <param name="X">Node read.</param>
/// <param name="Axis">Which axis of the value as it lies in memory, not the first: 3 of [N, H, W, C] for channels. Negative ones count from
/// the end.</param>
/// <param name="Start">First element; negative ones count from the end.</param>
/// <param name="End">One past the last element; negative ones count from the end, and what is beyond the axis is its end.</param>
/// <param name="Step">1 or more.</param>
public sealed record SliceLayer(int X, int Axis, int Start, int End = int.MaxValue, int Step = 1) : Layer(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.Add(
                "Slice",
                [
                    onnx.Input(0),
                    onnx.Integers(Start),
                    onnx.Integers(End),
                    onnx.Integers(OnnxLayout.Axis(onnx.Shape.Rank, AxisOf(onnx.Shape))),
                    onnx.Integers(Step),
                ],
                onnx.Output
            );

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x)
    {
        var (axis, first, length) = Range(x[0]);
        return Slice.OutputShape(x[0], axis, first, length, Step);
    }

    /// <summary>Elements left of an axis.</summary>
    /// <param name="length">The axis's length.</param>
    internal int LengthOf(int length) => (Math.Max(0, At(End, length) - At(Start, length)) + Step - 1) / Step;

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        int rank = spaces.Rank(x[0]);
        if ((Axis < 0 ? rank + Axis : Axis) != rank - 1)
            return x[0]; // of pixels, or of the rows of [N, rows, C]
        return spaces.Pick(x[0], count => Enumerable.Range(0, LengthOf(count)).Select(i => At(Start, count) + (i * Step)));
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x)
    {
        var (axis, first, length) = Range(x[0].Shape);
        return Slice.Forward(x[0], axis, first, length, Step);
    }

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x)
    {
        var (axis, first, length) = Range(x[0].Shape);
        return run.Tape.Apply(new Slice.Function(axis, first, length, Step), x[0]);
    }

    internal override PlanStep Compile(CompileContext step) =>
        values =>
        {
            var (axis, first, _) = Range(values[0].Shape);
            Slice.ForwardInto(values[0], axis, first, Step, values.Result);
        };

    (int Axis, int First, int Length) Range(Shape x)
    {
        int axis = AxisOf(x);
        if (axis < 1 || axis >= x.Rank || Step < 1)
            throw new ShapeException("Slice", $"expected an axis of {x} but the first, and a step of 1 or more, got {Axis} and {Step}");
        return (axis, At(Start, x[axis]), LengthOf(x[axis]));
    }

    int AxisOf(Shape x) => Axis < 0 ? x.Rank + Axis : Axis;

    static int At(int place, int length) => Math.Clamp(place < 0 ? place + length : place, 0, length);
}

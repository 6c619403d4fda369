using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>Axes in another order, in ONNX's terms: a value of four axes is [N, C, H, W] there, whatever its axes mean.</summary>
/// <param name="X">Node read, up to five axes.</param>
/// <param name="Order">Axis i of the value is axis Order[i] of the input; the first stays.</param>
public sealed record TransposeLayer(int X, ImmutableArray<int> Order) : Layer(X)
{
    internal override OnnxForm? Onnx => onnx => onnx.Add("Transpose", OnnxMessages.Attribute("perm", Order));

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Permute.OutputShape(x[0], MemoryOrder(x[0].Rank).AsSpan());

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        if (Order.Length == spaces.Rank(x[0]) && MemoryOrder(Order.Length)[^1] == Order.Length - 1)
            return x[0];
        spaces.Fix(x[0]); // channels become pixels or the other way round
        return spaces.NewFixed(Order.Length);
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Permute.Forward(x[0], MemoryOrder(x[0].Shape.Rank).AsSpan());

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Permute.Function(MemoryOrder(x[0].Shape.Rank)), x[0]);

    internal override PlanStep Compile(CompileContext step)
    {
        var order = MemoryOrder(step.Input(0).Rank);
        return values => Permute.ForwardInto(values[0], order.AsSpan(), values.Result);
    }

    /// <summary>The order of the axes as they lie in memory.</summary>
    ImmutableArray<int> MemoryOrder(int rank)
    {
        if (Order.Length != rank || Order[0] != 0 || Order.Order().Where((axis, i) => axis != i).Any())
            throw new ShapeException("Transpose", $"expected each of {rank} axes once, the first first, got [{string.Join(", ", Order)}]");
        int[] order = new int[rank];
        for (int axis = 0; axis < rank; axis++)
            order[OnnxLayout.MemoryAxis(rank, axis)] = OnnxLayout.MemoryAxis(rank, Order[axis]);
        return [.. order];
    }
}

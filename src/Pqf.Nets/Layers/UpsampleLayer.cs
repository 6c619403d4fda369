using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>Each pixel repeated until there are as many as another node's value has (nearest neighbour).</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="Like">Node whose value has the size, [N, H', W', any].</param>
public sealed record UpsampleLayer(int X, int Like) : Layer(X, Like)
{
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            if (onnx.IsAnySize)
            {
                OnnxResize.AddLike(onnx);
                return;
            }

            var factors = OnnxResize.Factors(onnx.InputShape(0), onnx.Shape);
            onnx.Add(
                "Resize",
                [onnx.Input(0), "", onnx.Numbers(1, 1, factors.H, factors.W)],
                onnx.Output,
                OnnxResize.Attributes(InterpolationMode.Nearest)
            );
        };

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => [x[0][0], x[1][1], x[1][2], x[0][3]];

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Interpolate.Forward(x[0], Size(x[1].Shape), InterpolationMode.Nearest);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Interpolate.Function(Size(x[1].Shape), InterpolationMode.Nearest), x[0]);

    internal override PlanStep Compile(CompileContext step) =>
        values => Interpolate.ForwardInto(values[0], InterpolationMode.Nearest, values.Result);

    static Pair Size(Shape like) => new(like[1], like[2]);
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Nets.Layers;

/// <summary>Probabilities along the last axis: the channels of [N, H, W, C], the classes of [N, C] or [N, rows, C].</summary>
/// <param name="X">Node read.</param>
public sealed record SoftmaxLayer(int X) : Layer(X)
{
    internal override Layer? ForChannels(int before, int after) => this;

    internal override Layer? WithoutSoftmax => new AffineLayer(X, 1, 0);

    internal override bool IsInPlace => true;

    internal override OnnxForm? Onnx =>
        onnx => onnx.Add("Softmax", OnnxMessages.Attribute("axis", OnnxLayout.Axis(onnx.Shape.Rank, onnx.Shape.Rank - 1)));

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => x[0];

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Softmax.Forward(x[0]);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => run.Tape.Apply(new Softmax.Function(), x[0]);

    internal override PlanStep Compile(CompileContext step) => values => Softmax.ForwardInto(values[0], values.Result);
}

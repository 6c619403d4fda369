using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Layers;

/// <summary>Mean over all pixels, [N, 1, 1, C].</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
public sealed record GlobalAvgPoolLayer(int X) : Layer(X)
{
    internal override Layer? ForChannels(int before, int after) => this;

    internal override OnnxForm? Onnx => onnx => onnx.Add("GlobalAveragePool");

    internal override string? OnnxSignature => OnnxSignatures.Mean;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        [Shapes.Rank("GlobalAvgPool", "x [N, H, W, C]", x[0], 4)[0], 1, 1, x[0][3]];

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => spaces.Pooled(x[0]);

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => AvgPool2d.Global(x[0]);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => run.Tape.Apply(new AvgPool2d.GlobalFunction(), x[0]);

    internal override PlanStep Compile(CompileContext step) =>
        values => AvgPool2d.ForwardInto(values[0], new Pair(values[0].Shape[1], values[0].Shape[2]), 1, 0, values.Result);
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>[N, H, W, C] to [N, C · H · W], in PyTorch's order: channel by channel.</summary>
/// <param name="X">Node read.</param>
public sealed record FlattenLayer(int X) : Layer(X)
{
    internal override Layer? ForChannels(int before, int after) => this;

    internal override bool OnlyMoves => true;

    internal override OnnxForm? Onnx => onnx => onnx.Add("Flatten");

    internal override string? OnnxSignature => OnnxSignatures.Flatten;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        [Shapes.Rank("Flatten", "x [N, H, W, C]", x[0], 4)[0], x[0][1] * x[0][2] * x[0][3]];

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => spaces.Flatten(x[0]);

    internal override bool IsView(Shape x, bool readersTakePixels) => x[1] * x[2] == 1 || readersTakePixels;

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        ChannelOrder.ToChannelsFirst(x[0]).Reshape(OutputShape([x[0].Shape]));

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => run.Tape.Apply(new Flatten.Function(), x[0]);

    internal override PlanStep Compile(CompileContext step) => values => ChannelOrder.ToChannelsFirstInto(values[0], values.Result);
}

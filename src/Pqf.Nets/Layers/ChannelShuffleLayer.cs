using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>Channels of some groups, dealt out in turn: channel i of group g goes to place i · groups + g.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="Groups">Divides C.</param>
public sealed record ChannelShuffleLayer(int X, int Groups) : Layer(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            var (h, w, c) = (onnx.Shape[1], onnx.Shape[2], onnx.Shape[3]);
            string grouped = onnx.Between("grouped"),
                dealt = onnx.Between("dealt");
            onnx.Add("Reshape", [onnx.Input(0), onnx.Integers(0, Groups, c / Groups, h, w)], grouped);
            onnx.Add("Transpose", [grouped], dealt, OnnxMessages.Attribute("perm", [0, 2, 1, 3, 4]));
            onnx.Add("Reshape", [dealt, onnx.Integers(0, c, h, w)], onnx.Output);
        };

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x)
    {
        ChannelShuffle.CheckedChannels(Shapes.Rank("ChannelShuffle", "x [N, H, W, C]", x[0], 4), Groups);
        return x[0];
    }

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) =>
        spaces.Pick(x[0], count => Enumerable.Range(0, count).Select(place => (place % Groups * (count / Groups)) + (place / Groups)));

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => ChannelShuffle.Forward(x[0], Groups);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new ChannelShuffle.Function(Groups), x[0]);

    internal override PlanStep Compile(CompileContext step) => values => ChannelShuffle.ForwardInto(values[0], Groups, values.Result);
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>Pixels added around images.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="Options">How many, and what they hold.</param>
public sealed record PadLayer(int X, PadOptions Options) : Layer(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.Add(
                "Pad",
                [
                    onnx.Input(0),
                    onnx.Integers(0, 0, Options.Start.H, Options.Start.W, 0, 0, Options.End.H, Options.End.W),
                    .. Options.Mode == PadMode.Constant ? (string[])[onnx.Number(Options.Value)] : [],
                ],
                onnx.Output,
                OnnxMessages.Attribute(
                    "mode",
                    Options.Mode switch
                    {
                        PadMode.Reflect => "reflect",
                        PadMode.Edge => "edge",
                        _ => "constant",
                    }
                )
            );

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Pad.OutputShape(x[0], Options);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Pad.Forward(x[0], Options);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => run.Tape.Apply(new Pad.Function(Options), x[0]);

    internal override PlanStep Compile(CompileContext step) => values => Pad.ForwardInto(values[0], Options, values.Result);
}

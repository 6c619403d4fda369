using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Arithmetic;

namespace Pqf.Nets.Layers;

/// <summary>Arithmetic of two values, each repeated along axes where it has length 1: all rules but the name in ONNX.</summary>
/// <typeparam name="TOp">The function.</typeparam>
public abstract record ArithmeticLayer<TOp> : Layer
    where TOp : unmanaged, IBinaryOp
{
    private protected ArithmeticLayer(int left, int right)
        : base(left, right) { }

    internal override bool IsInPlace => true;

    /// <summary>Name of the operation in the standard.</summary>
    private protected abstract string OnnxName { get; }

    internal override OnnxForm? Onnx => onnx => onnx.Add(OnnxName);

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Broadcast.OutputShape(x[0], x[1], Kind);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => spaces.JoinBroadcast(x[0], x[1]);

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Broadcast.Forward<TOp>(x[0], x[1]);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Broadcast.Function<TOp>(), x[0], x[1]);

    internal override PlanStep Compile(CompileContext step) => values => Broadcast.ForwardInto<TOp>(values[0], values[1], values.Result);
}

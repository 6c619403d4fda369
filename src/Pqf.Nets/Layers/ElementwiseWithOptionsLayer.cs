using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>A function with options of each value by itself: all rules but the ONNX form.</summary>
/// <typeparam name="TOp">The function.</typeparam>
public abstract record ElementwiseWithOptionsLayer<TOp> : Layer
    where TOp : unmanaged, IUnaryOpWithOptions
{
    private protected ElementwiseWithOptionsLayer(int x)
        : base(x) { }

    /// <summary>The function with its options.</summary>
    private protected abstract TOp Op { get; }

    internal sealed override Layer? ForChannels(int before, int after) => this;

    internal override Tail? Tail => Tensors.Ops.Elementwise.Tail.Of(Op);

    internal sealed override bool IsInPlace => true;

    /// <inheritdoc/>
    public sealed override Shape OutputShape(ImmutableArray<Shape> x) => x[0];

    internal sealed override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal sealed override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Map.Forward(Op, x[0]);

    internal sealed override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Map.FunctionWithOptions<TOp>(Op), x[0]);

    internal sealed override PlanStep Compile(CompileContext step)
    {
        var op = Op;
        return values => Map.ForwardInto(op, values[0], values.Result);
    }
}

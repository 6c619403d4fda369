using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>A function of each value by itself: all rules but the ONNX form.</summary>
/// <typeparam name="TOp">The function.</typeparam>
public abstract record ElementwiseLayer<TOp> : Layer
    where TOp : unmanaged, IUnaryOp
{
    private protected ElementwiseLayer(int x)
        : base(x) { }

    internal sealed override Layer? ForChannels(int before, int after) => this;

    internal override Tail? Tail => Tensors.Ops.Elementwise.Tail.Of<TOp>();

    internal sealed override bool IsInPlace => true;

    /// <inheritdoc/>
    public sealed override Shape OutputShape(ImmutableArray<Shape> x) => x[0];

    internal sealed override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal sealed override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Map.Forward<TOp>(x[0]);

    internal sealed override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => run.Tape.Apply(new Map.Function<TOp>(), x[0]);

    internal sealed override PlanStep Compile(CompileContext step) => values => Map.ForwardInto<TOp>(values[0], values.Result);
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Arithmetic;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>Sum of two branches, each repeated along axes where it has length 1. A sum of equal shapes is fused into the step before
/// it.</summary>
/// <param name="Left">Node read.</param>
/// <param name="Right">Node read, of the same shape but for axes of length 1 in either.</param>
public sealed record AddLayer(int Left, int Right) : ArithmeticLayer<Plus>(Left, Right)
{
    internal override bool IsSum => true;

    internal override string? OnnxSignature => OnnxSignatures.Add;

    private protected override string OnnxName => "Add";

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        x[0].Shape == x[1].Shape ? Add.Forward(x[0], x[1]) : base.Run(run, x);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        x[0].Shape == x[1].Shape ? run.Tape.Apply(new Add.Function(), x[0], x[1]) : base.Record(run, x);

    internal override PlanStep Compile(CompileContext step) =>
        step.Input(0) == step.Input(1) ? values => Add.ForwardInto(values[0], values[1], values.Result) : base.Compile(step);
}

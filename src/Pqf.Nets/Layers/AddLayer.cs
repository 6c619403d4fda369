using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>Sum of two branches.</summary>
/// <param name="Left">Node read.</param>
/// <param name="Right">Node read, of the same shape.</param>
public sealed record AddLayer(int Left, int Right) : Layer(Left, Right)
{
    internal override bool IsSum => true;

    internal override bool IsInPlace => true;

    internal override OnnxForm? Onnx => onnx => onnx.Add("Add");

    internal override string? OnnxSignature => OnnxSignatures.Add;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Shapes.Same("Add", x[0], x[1]);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        spaces.Join(x[0], x[1]);
        return x[0];
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => Add.Forward(x[0], x[1]);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => run.Tape.Apply(new Add.Function(), x[0], x[1]);

    internal override PlanStep Compile(CompileContext step) => values => Add.ForwardInto(values[0], values[1], values.Result);
}

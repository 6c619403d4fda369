using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Nets.Layers;

/// <summary>Each value divided by a power of the mean square of neighbouring channels.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="Options">Size and constants.</param>
public sealed record LocalResponseNormLayer(int X, LocalResponseNormOptions Options) : Layer(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
            onnx.Add(
                "LRN",
                OnnxMessages.Attribute("size", Options.Size),
                OnnxMessages.Attribute("alpha", Options.Alpha),
                OnnxMessages.Attribute("beta", Options.Beta),
                OnnxMessages.Attribute("bias", Options.K)
            );

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Shapes.Rank("LocalResponseNorm", "x [N, H, W, C]", x[0], 4);

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        spaces.Fix(x[0]); // neighbouring channels stay neighbours
        return x[0];
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => LocalResponseNorm.Forward(x[0], Options);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new LocalResponseNorm.Function(Options), x[0]);

    internal override PlanStep Compile(CompileContext step) => values => LocalResponseNorm.ForwardInto(values[0], Options, values.Result);
}

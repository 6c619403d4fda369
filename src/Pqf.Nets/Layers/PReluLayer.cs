using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>x above 0, x times its channel's slope below; <c>name.weight</c> [C], or [1] for all channels.</summary>
/// <param name="X">Node read, […, C].</param>
/// <param name="Name">The layer's name.</param>
/// <param name="SlopeCount">C or 1.</param>
public sealed record PReluLayer(int X, string Name, int SlopeCount) : Layer(X)
{
    // PyTorch's default
    const float FirstSlope = 0.25f;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
        [new(WeightName, Name, [SlopeCount], ParameterRole.Vector, new InitialValues.Constant(FirstSlope))];

    internal override bool IsInPlace => true;

    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string slope = onnx.Initialiser(WeightName, [SlopeCount], () => FoldedLayer.Values(onnx.Parameters, WeightName));
            if (onnx.Shape.Rank == 4)
            {
                onnx.Add("Reshape", [slope, onnx.Integers(SlopeCount, 1, 1)], onnx.Between("slope"));
                slope = onnx.Between("slope");
            }

            onnx.Add("PRelu", [onnx.Input(0), slope], onnx.Output);
        };

    string WeightName => $"{Name}.weight";

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        SlopeCount == 1 || x[0].Last == SlopeCount
            ? x[0]
            : throw new ShapeException("PRelu", $"expected {SlopeCount} channels for {Name}, got {x[0]}");

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        if (SlopeCount > 1)
            spaces.AddVector(WeightName, x[0], SlopeCount);
        return x[0];
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => PRelu.Forward(x[0], run.Parameter(WeightName));

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new PRelu.Function(), x[0], run.Parameter(WeightName));

    internal override PlanStep Compile(CompileContext step)
    {
        var slope = step.Parameter(WeightName, [SlopeCount]);
        return values => PRelu.ForwardInto(values[0], slope, values.Result);
    }
}

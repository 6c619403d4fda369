using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Nets.Layers;

/// <summary>Normalisation of the channels of each pixel, or of each row, by their own mean and variance; <c>name.weight</c> and
/// <c>name.bias</c>, each [C].</summary>
/// <param name="X">Node read, […, C].</param>
/// <param name="Name">The layer's name.</param>
/// <param name="Channels">C.</param>
/// <param name="Eps">Added to the variance.</param>
public sealed record LayerNormLayer(int X, string Name, int Channels, float Eps) : Layer(X)
{
    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
        [
            new(WeightName, Name, [Channels], ParameterRole.Vector, new InitialValues.Constant(1)),
            new(BiasName, Name, [Channels], ParameterRole.Vector, new InitialValues.Constant(0)),
        ];

    internal override bool IsInPlace => true;

    /// <summary>Of images, with the channels moved to the end and back.</summary>
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string weight = onnx.Initialiser(WeightName, [Channels], () => FoldedLayer.Values(onnx.Parameters, WeightName)),
                bias = onnx.Initialiser(BiasName, [Channels], () => FoldedLayer.Values(onnx.Parameters, BiasName)),
                x = onnx.Input(0),
                y = onnx.Output;
            bool isImages = onnx.Shape.Rank == 4;
            if (isImages)
            {
                (x, y) = (onnx.Between("pixels"), onnx.Between("normal"));
                onnx.Add("Transpose", [onnx.Input(0)], x, OnnxMessages.Attribute("perm", OnnxLayout.ToChannelsLast));
            }

            onnx.Add(
                "LayerNormalization",
                [x, weight, bias],
                y,
                OnnxMessages.Attribute("axis", -1),
                OnnxMessages.Attribute("epsilon", Eps)
            );
            if (isImages)
                onnx.Add("Transpose", [y], onnx.Output, OnnxMessages.Attribute("perm", OnnxLayout.ToChannelsFirst));
        };

    string WeightName => $"{Name}.weight";

    string BiasName => $"{Name}.bias";

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        x[0].Last == Channels ? x[0] : throw new ShapeException("LayerNorm", $"expected {Channels} channels for {Name}, got {x[0]}");

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        spaces.AddVector(WeightName, x[0], Channels);
        spaces.AddVector(BiasName, x[0], Channels);
        return x[0];
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        LayerNorm.Forward(x[0], run.Parameter(WeightName), run.Parameter(BiasName), Eps);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new LayerNorm.Function(Eps), x[0], run.Parameter(WeightName), run.Parameter(BiasName));

    internal override PlanStep Compile(CompileContext step)
    {
        var (weight, bias) = (step.Parameter(WeightName, [Channels]), step.Parameter(BiasName, [Channels]));
        return values => LayerNorm.ForwardInto(values[0], weight, bias, Eps, values.Result);
    }
}

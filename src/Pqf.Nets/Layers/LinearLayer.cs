using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Nets.Layers;

/// <summary>Fully connected; <c>name.weight</c> [out, in], <c>name.bias</c> [out] if it has one.</summary>
/// <param name="X">Node read, [N, in].</param>
/// <param name="Name">The layer's name.</param>
/// <param name="InFeatures">Columns read.</param>
/// <param name="OutFeatures">Columns of the result.</param>
/// <param name="HasBias">Whether it has a bias.</param>
public sealed record LinearLayer(int X, string Name, int InFeatures, int OutFeatures, bool HasBias) : Layer(X)
{
    /// <summary>[out, in].</summary>
    public Shape WeightShape => [OutFeatures, InFeatures];

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
        ParameterSpec.WeightAndBias(Name, WeightShape, InitialValues.WithinFanIn(WeightShape), HasBias ? OutFeatures : null);

    internal override Layer? WithOutputs(int count) => this with { OutFeatures = count };

    internal override Fusing Fuses => Fusing.All;

    internal override bool ReadsFlattenedPixels => true;

    internal override OnnxForm? Onnx =>
        onnx => onnx.AddWeighted("Gemm", Name, HasBias, norm => Fold(norm, onnx.Parameters, null), OnnxMessages.Attribute("transB", 1));

    internal override string? OnnxSignature => OnnxSignatures.Linear(WeightShape);

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Linear.OutputShape(x[0], WeightShape, null);

    /// <inheritdoc/>
    public override long MultiplyAdds(Shape output) => (long)output.Count * InFeatures;

    /// <inheritdoc/>
    public override Patches? PatchesOf(Shape x) => Patches.Of([x[0], 1, 1, InFeatures], [x[0], 1, 1, OutFeatures], 1, new Conv2dOptions());

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => spaces.AddWeight(Name, x[0], InFeatures, OutFeatures);

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Linear.Forward(x[0], run.Weight(Name), run.Bias(Name, HasBias));

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Weighted(Name, HasBias, new Linear.Function(), x[0]);

    /// <summary>A 1×1 convolution over one pixel.</summary>
    internal override PlanStep Compile(CompileContext step)
    {
        var plan = Fold(step.Norm, step.Parameters, step.Viewed(0)).Pack(step.Device, new Conv2dOptions(), ConvAlgorithm.Gathered);
        var tail = step.Tail;
        return values =>
            plan.ForwardInto(Pixel(values[0]), values.Residual is { } residual ? Pixel(residual) : null, tail, Pixel(values.Result));
    }

    /// <summary>The weights with the norm that follows, if any.</summary>
    /// <param name="norm">The norm.</param>
    /// <param name="parameters">Values by name.</param>
    /// <param name="flattened">[N, H, W, C] of what the layer reads as rows in memory order; null if it reads rows in PyTorch's.</param>
    internal FoldedLayer Fold(BatchNormLayer? norm, Parameters parameters, Shape? flattened) =>
        FoldedLayer.Of(Name, WeightShape, HasBias, norm, parameters, flattened);

    static Tensor<float> Pixel(Tensor<float> x) => x.Reshape([x.Shape[0], 1, 1, x.Shape[1]]);
}

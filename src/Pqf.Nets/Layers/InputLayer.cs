using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;

namespace Pqf.Nets.Layers;

/// <summary>The images, [N, H, W, channels].</summary>
/// <param name="Channels">Channels of an image.</param>
public sealed record InputLayer(int Channels) : Layer
{
    internal override bool IsInput => true;

    internal override OnnxForm? Onnx => _ => { };

    internal override string? OnnxSignature => OnnxSignatures.Input;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Checked(Shapes.Rank("Input", "images [N, H, W, C]", x[0], 4));

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        int images = spaces.New(Channels);
        spaces.Fix(images);
        return images;
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x)
    {
        Checked(run.Images.Shape);
        return run.Images;
    }

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => throw new UnreachableException();

    internal override PlanStep Compile(CompileContext step) => throw new UnreachableException();

    Shape Checked(Shape images) =>
        images.Rank == 4 && images[3] == Channels
            ? images
            : throw new ShapeException("Input", $"expected images of {Channels} channels, [N, H, W, {Channels}], got {images}");
}

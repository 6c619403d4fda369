using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;

namespace Pqf.Nets.Layers;

/// <summary>Cells of boxes, each box taken from the one level whose pixels suit its size: [boxes, S, S, C]. The boxes are an argument of
/// the run.</summary>
/// <param name="Levels">Nodes read, from the finest.</param>
/// <param name="Pooling">How boxes are cut.</param>
/// <remarks>A joint between the graphs of a detector: channels come out as they go in. <see cref="Forward"/> runs it; compiled plans run
/// the graphs on both sides of it.</remarks>
public sealed record RoiAlignLayer(ImmutableArray<int> Levels, RoiPooling Pooling) : Layer(Levels)
{
    /// <inheritdoc/>
    public override bool IsJoint => true;

    /// <summary>The same for another number of boxes.</summary>
    internal RoiAlignLayer WithBoxCount(int count) => this with { Pooling = Pooling with { BoxCount = count } };

    internal override OnnxForm? Onnx => null;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        x.All(level => Shapes.Rank("RoiAlign", "a level [N, H, W, C]", level, 4)[3] == x[0][3] && level[0] == x[0][0])
            ? [x[0][0] * Pooling.BoxCount, Pooling.Size, Pooling.Size, x[0][3]]
            : throw new ShapeException("RoiAlign", $"expected levels of equal images and channels, got {string.Join(", ", x)}");

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => spaces.Join(x);

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) => RoiCells.Forward(x, run.Boxes, Pooling);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        throw new NotSupportedException("TrainingPlan: a joint cannot be recorded; record the graphs on both sides of it");

    internal override PlanStep Compile(CompileContext step) =>
        throw new NotSupportedException("InferencePlan: a joint cannot be compiled; compile the graphs on both sides of it");
}

/// <summary>How boxes are cut into cells.</summary>
/// <param name="Size">Cells S of a box, a side.</param>
/// <param name="SamplingRatio">Points sampled in each cell, a side.</param>
/// <param name="CanonicalScale">Root of the area, in pixels, of a box that goes to the canonical level (Lin et al. 2017, arXiv 1612.03144,
/// equation 1).</param>
/// <param name="CanonicalLevel">Its number; level l has pixels of 2^l of the image's, and the finest is level 2.</param>
/// <param name="BoxCount">Boxes of an image, for costs: the most that a run takes.</param>
public sealed record RoiPooling(int Size, int SamplingRatio, int CanonicalScale, int CanonicalLevel, int BoxCount)
{
    /// <summary>Level of the finest map.</summary>
    public const int FinestLevel = 2;
}

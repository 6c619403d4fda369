using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>The values of each image under another shape, in ONNX's terms: a value of four axes is [N, C, H, W] there.</summary>
/// <param name="X">Node read.</param>
/// <param name="ImageShape">Axes of the value behind the first, which stays; one may be −1, for what is left.</param>
public sealed record ReshapeLayer(int X, ImmutableArray<int> ImageShape) : Layer(X)
{
    internal override Layer? ForChannels(int before, int after) =>
        this with
        {
            ImageShape = [.. ImageShape.Select(length => length == before ? after : length)],
        };

    internal override bool OnlyMoves => true;

    internal override OnnxForm? Onnx => onnx => onnx.Add("Reshape", [onnx.Input(0), onnx.Integers([0, .. ImageShape])], onnx.Output);

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x)
    {
        int count = x[0].Rank < 1 ? 0 : x[0].Skip(1).Aggregate(1, (a, b) => a * b),
            known = ImageShape.Where(length => length >= 0).Aggregate(1, (a, b) => a * b);
        int[] axes =
        [
            .. ImageShape.Select(length =>
                length >= 0 ? length
                : known == 0 ? 0
                : count / known
            ),
        ];
        if (ImageShape.Count(length => length < 0) > 1 || axes.Aggregate(1, (a, b) => a * b) != count)
            throw new ShapeException("Reshape", $"expected {count} values an image, got [{string.Join(", ", ImageShape)}] for {x[0]}");
        return axes.Length == 3 ? [x[0][0], axes[1], axes[2], axes[0]] : [x[0][0], .. axes];
    }

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        int rank = spaces.Rank(x[0]);
        if (ImageShape.Length == 1 && rank == 4)
            return spaces.Flatten(x[0]);
        if (ImageShape.Length == 1 && rank == 2)
            return x[0];
        if (ImageShape.Length == 3 && rank is 2 or 4 && spaces.AtomCount(x[0]) == ImageShape[0])
            return spaces.WithAxes(x[0], 4); // as many channels, of other pixels
        spaces.Fix(x[0]); // channels become pixels or the other way round
        return spaces.NewFixed(ImageShape.Length + 1);
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x)
    {
        var y = Tensor<float>.Rent(x[0].Device, OutputShape([x[0].Shape]));
        ChannelOrder.ReshapeInto(x[0], y);
        return y;
    }

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new ChannelOrder.ReshapeFunction(OutputShape([x[0].Shape])), x[0]);

    internal override PlanStep Compile(CompileContext step) => values => ChannelOrder.ReshapeInto(values[0], values.Result);
}

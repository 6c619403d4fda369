using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>[N, H, W, C] to [N, H · W · C / columns, columns]: the values of an image pixel by pixel, channel by channel, as heads of
/// detectors have them after <c>permute(0, 2, 3, 1)</c>. Shares its input's memory.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="Columns">Values of a row; divides C · H · W.</param>
public sealed record PixelRowsLayer(int X, int Columns) : Layer(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            onnx.Add("Transpose", [onnx.Input(0)], onnx.Between("pixels"), OnnxMessages.Attribute("perm", OnnxLayout.ToChannelsLast));
            onnx.Add("Reshape", [onnx.Between("pixels"), onnx.Integers(0, -1, Columns)], onnx.Output);
        };

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x)
    {
        var s = Shapes.Rank("PixelRows", "x [N, H, W, C]", x[0], 4);
        int values = s[1] * s[2] * s[3];
        return Columns >= 1 && values % Columns == 0
            ? [s[0], values / Columns, Columns]
            : throw new ShapeException("PixelRows", $"expected columns that divide the values of an image of {s}, got {Columns}");
    }

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        if (spaces.ChannelCount(x[0]) == Columns)
            return spaces.WithAxes(x[0], 3); // a row is a pixel
        spaces.Fix(x[0]); // columns are parts of the channels, or several of them
        return spaces.NewFixed(3);
    }

    internal override bool IsView(Shape x, bool readersTakePixels) => true;

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Permute.Forward(x[0], 0, 1, 2, 3).Reshape(OutputShape([x[0].Shape])); // a copy: interpreters give values back

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Reshape.Function(OutputShape([x[0].Shape])), x[0]);

    internal override PlanStep Compile(CompileContext step) =>
        values => StridedCopy.Run(values[0], values.Result, CopyGeometry.Of([new(values[0].Shape.Count, 1, 1)]));
}

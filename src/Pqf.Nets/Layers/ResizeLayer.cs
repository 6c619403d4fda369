using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>Images resized without filtering.</summary>
/// <param name="X">Node read, [N, H, W, C].</param>
/// <param name="To">Their new size.</param>
/// <param name="Mode">How values between pixels are found.</param>
public sealed record ResizeLayer(int X, ResizeTo To, InterpolationMode Mode) : Layer(X)
{
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            var factors = To.Factors ?? OnnxResize.Factors(onnx.InputShape(0), onnx.Shape);
            onnx.Add("Resize", [onnx.Input(0), "", onnx.Numbers(1, 1, factors.H, factors.W)], onnx.Output, OnnxResize.Attributes(Mode));
        };

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) => Interpolate.OutputShape(x[0], To.Of(x[0]));

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x) => x[0];

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Interpolate.Forward(x[0], To.Of(x[0].Shape), Mode, To.Factors);

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Interpolate.Function(To.Of(x[0].Shape), Mode, To.Factors), x[0]);

    internal override PlanStep Compile(CompileContext step)
    {
        var factors = To.Factors;
        return values => Interpolate.ForwardInto(values[0], Mode, values.Result, factors);
    }
}

/// <summary>The size to which images are resized.</summary>
public abstract record ResizeTo
{
    ResizeTo() { }

    /// <summary>Rows and columns of the result.</summary>
    /// <param name="x">[N, H, W, C].</param>
    public abstract Pair Of(Shape x);

    /// <summary>Output pixels for an input pixel, where they are given.</summary>
    internal virtual ResizeFactors? Factors => null;

    /// <summary>Resizes to given rows and columns.</summary>
    /// <param name="Pixels">Rows and columns.</param>
    public sealed record Size(Pair Pixels) : ResizeTo
    {
        /// <inheritdoc/>
        public override Pair Of(Shape x) => Pixels;
    }

    /// <summary>A factor for rows and one for columns; the result is rounded down.</summary>
    /// <param name="Times">Factors, above 0.</param>
    public sealed record Scale(ResizeFactors Times) : ResizeTo
    {
        /// <inheritdoc/>
        public override Pair Of(Shape x) =>
            new(
                (int)Math.Floor(Shapes.Rank("Resize", "x [N, H, W, C]", x, 4)[1] * (double)Times.H),
                (int)Math.Floor(x[2] * (double)Times.W)
            );

        internal override ResizeFactors? Factors => Times;
    }
}

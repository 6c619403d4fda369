using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Layers;

/// <summary>A parameter by itself, for arithmetic with constants: a value for each channel (layer scale), pixel or both.</summary>
/// <param name="Name">The parameter's full name; what is before its last dot is the layer's.</param>
/// <param name="ParameterShape">Shape of the parameter in files, such as [C] or [C, 1, 1].</param>
/// <param name="ValueShape">Shape of the value, as many elements in the same order: [1, 1, 1, C], [1, H, W, C] or [1, features].</param>
/// <param name="Initial">What all values are before training.</param>
public sealed record ParameterLayer(string Name, Shape ParameterShape, Shape ValueShape, float Initial = 1) : Layer
{
    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
        [
            new(
                Name,
                Name.LastIndexOf('.') is >= 0 and var dot ? Name[..dot] : Name,
                ParameterShape,
                ParameterRole.Vector,
                new InitialValues.Constant(Initial)
            ),
        ];

    /// <summary>The parameter under its own shape, brought into that of the value.</summary>
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            string name = onnx.Initialiser(Name, ParameterShape, () => FoldedLayer.Values(onnx.Parameters, Name));
            var s = ValueShape;
            if (s.Rank != 4 || s[1] * s[2] == 1)
            {
                onnx.Add("Reshape", [name, onnx.Integers(s.Rank == 4 ? [s[0], s[3], s[1], s[2]] : s)], onnx.Output);
                return;
            }

            string pixels = onnx.Between("pixels");
            onnx.Add("Reshape", [name, onnx.Integers(s)], pixels);
            onnx.Add("Transpose", [pixels], onnx.Output, OnnxMessages.Attribute("perm", OnnxLayout.ToChannelsFirst));
        };

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        ParameterShape.Count == ValueShape.Count
            ? ValueShape
            : throw new ShapeException("Parameter", $"expected {ParameterShape.Count} values of {Name}, got {ValueShape}");

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        int space = spaces.New(ValueShape.Last, ValueShape.Rank);
        if (ParameterShape.Count == ValueShape.Last && ParameterShape.Any(length => length == ValueShape.Last))
            spaces.AddVector(Name, space, ValueShape.Last);
        else if (ValueShape.Last > 1)
            spaces.Fix(space); // the parameter has other axes before its channels
        return space;
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x) =>
        Scale.Forward(run.Parameter(Name), 1).Reshape(ValueShape); // a copy: interpreters give values back

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) =>
        run.Tape.Apply(new Reshape.Function(ValueShape), run.Parameter(Name));

    internal override PlanStep Compile(CompileContext step)
    {
        var value = step.Parameter(Name, ValueShape);
        return values => StridedCopy.Run(value, values.Result, CopyGeometry.Of([new(ValueShape.Count, 1, 1)]));
    }
}

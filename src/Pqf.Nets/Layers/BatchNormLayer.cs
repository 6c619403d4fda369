using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Nets.Layers;

/// <summary>Batch normalisation; <c>name.weight</c>, <c>bias</c>, <c>running_mean</c>, <c>running_var</c>, each [C].</summary>
/// <param name="X">Node read.</param>
/// <param name="Name">The layer's name.</param>
/// <param name="Channels">C.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="IsFrozen">Whether all four vectors are constants: training does not change them and does not use the batch's own
/// statistics.</param>
public sealed record BatchNormLayer(int X, string Name, int Channels, float Eps, bool IsFrozen = false) : Layer(X)
{
    /// <inheritdoc/>
    /// <remarks>They start as the identity.</remarks>
    public override ImmutableArray<ParameterSpec> Parameters =>
        [
            Vector("weight", ParameterRole.NormWeight, 1),
            Vector("bias", ParameterRole.NormBias, 0),
            Vector("running_mean", ParameterRole.RunningMean, 0),
            Vector("running_var", ParameterRole.RunningVar, 1),
        ];

    internal override BatchNormLayer? AsNorm => this;

    internal override bool IsInPlace => true;

    /// <summary>A product and a sum, each with one value a channel, broadcast over the pixels.</summary>
    internal override OnnxForm? Onnx =>
        onnx =>
        {
            Shape shape = onnx.Shape.Rank == 4 ? [Channels, 1, 1] : [Channels];
            string scale = onnx.Initialiser($"{Name}{FusedNorms.Scale}", shape, () => FusedNorms.Of(this, onnx.Parameters).Scale);
            string shift = onnx.Initialiser($"{Name}{FusedNorms.Shift}", shape, () => FusedNorms.Of(this, onnx.Parameters).Shift);
            string scaled = onnx.Between("scaled");
            onnx.Add("Mul", [onnx.Input(0), scale], scaled);
            onnx.Add("Add", [scaled, shift], onnx.Output);
        };

    internal override string? OnnxSignature => OnnxSignatures.Norm;

    /// <inheritdoc/>
    public override Shape OutputShape(ImmutableArray<Shape> x) =>
        x[0].Last == Channels ? x[0] : throw new ShapeException("BatchNorm", $"expected {Channels} channels for {Name}, got {x[0]}");

    internal override int Space(ChannelSpaces spaces, ImmutableArray<int> x)
    {
        spaces.AddNorm(Name, x[0], Channels);
        return x[0];
    }

    internal override Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x)
    {
        var (mean, variance) = (run.Parameter($"{Name}.running_mean"), run.Parameter($"{Name}.running_var"));
        if (!IsFrozen && run.NeedsStatistics)
        {
            var seen = Reduce.MeanAndVariance(x[0]);
            run.Add(new NormStatistics(Name, seen.Mean, seen.Variance, x[0].Shape.Count / x[0].Shape.Last));
            if (run.Mode == NormMode.Batch)
                (mean, variance) = seen;
        }

        return BatchNorm.Forward(x[0], run.Parameter($"{Name}.weight"), run.Parameter($"{Name}.bias"), mean, variance, Eps);
    }

    internal override Variable Record(RecordedRun run, ImmutableArray<Variable> x) => Record(run, x[0], null, Tail.None);

    /// <summary>Records the norm with the sum and the function that follow it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="x">What the norm reads.</param>
    /// <param name="residual">Added to the norm's value, if any.</param>
    /// <param name="tail">Applied last.</param>
    internal Variable Record(RecordedRun run, Variable x, Variable? residual, Tail tail)
    {
        var (weight, bias) = (run.Parameter($"{Name}.weight"), run.Parameter($"{Name}.bias"));
        bool isConstant = run.Mode == NormMode.Running || IsFrozen;
        var (mean, variance) = isConstant
            ? (run.Constant($"{Name}.running_mean"), run.Constant($"{Name}.running_var"))
            : BatchNorm.BatchStatistics(x.Value);
        var y = run.Tape.Apply(
            new BatchNorm.Function(Eps, isConstant ? StatisticsOf.Elsewhere : StatisticsOf.Batch, tail),
            x,
            weight,
            bias,
            Tape.Constant(mean),
            Tape.Constant(variance),
            residual
        );
        if (!isConstant)
            run.Norms.Add(new(Name, run.Tape.Keep(mean), run.Tape.Keep(variance), x.Shape.Count / x.Shape.Last));
        return y;
    }

    /// <summary>The norm alone, where no step could take it in.</summary>
    internal override PlanStep Compile(CompileContext step)
    {
        Tensor<float> Values(string name) => step.Parameter($"{Name}.{name}", [Channels]);
        var (weight, bias, mean, variance) = (Values("weight"), Values("bias"), Values("running_mean"), Values("running_var"));
        return values => BatchNorm.ForwardInto(values[0], weight, bias, mean, variance, Eps, null, Tail.None, values.Result);
    }

    ParameterSpec Vector(string name, ParameterRole role, float start) =>
        new($"{Name}.{name}", Name, [Channels], role, new InitialValues.Constant(start), IsFrozen);
}

using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

public class BatchNormPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    const float Eps = 1e-5f;

    static readonly RngKey Key = RngKey.FromSeed(23);

    public static MatrixTheoryData<DeviceKind, int[], StatisticsOf> Cases =>
        new(
            DeviceKinds.All,
            [
                [3, 1, 1, 1],
                [2, 3, 5, 7],
                [1, 3, 3, 16],
                [3, 33],
                [2, 4, 3, 32],
                [3, 5, 2, 65],
                [1, 40, 41, 64],
            ],
            Enum.GetValues<StatisticsOf>()
        );

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, int[] shape, StatisticsOf source)
    {
        var device = Use(kind, new Shape(shape).Count);
        var c = new Inputs(new Shape(shape));
        var x = c.X.On(device);
        var (mean, variance) = source == StatisticsOf.Batch ? Reduce.MeanAndVariance(x) : (c.Mean.On(device), c.Variance.On(device));
        double[] Value(double[] input, double[] weight, double[] bias) =>
            Norm(input, weight, bias, source == StatisticsOf.Batch ? null : (c.Mean.Values, c.Variance.Values));
        double[] w = Doubles(c.Weight),
            b = Doubles(c.Bias),
            inputs = Doubles(c.X);
        var gradients = BatchNorm.Pullback(x, c.Weight.On(device), mean, variance, Eps, source, Tail.None, null, c.U.On(device));
        int rows = c.X.Shape.Count / w.Length;
        Adjoint.Check(Adjoint.Derivative(v => Value(v, w, b), c.X, c.V), c.U, c.V, gradients.DX, 8 * rows);
        Adjoint.Check(Adjoint.Derivative(v => Value(inputs, v, b), c.Weight, c.Direction), c.U, c.Direction, gradients.DWeight, rows);
        Adjoint.Check(Adjoint.Derivative(v => Value(inputs, w, v), c.Bias, c.Direction), c.U, c.Direction, gradients.DBias, rows);
    }

    [Theory, MemberData(nameof(Cases))]
    public void With_residual_and_ReLU_they_are_those_of_the_three_ops_one_by_one(DeviceKind kind, int[] shape, StatisticsOf source)
    {
        var device = Use(kind, new Shape(shape).Count);
        var c = new Inputs(new Shape(shape));
        var (x, weight, bias, residual, dy) = (c.X.On(device), c.Weight.On(device), c.Bias.On(device), c.V.On(device), c.U.On(device));
        var (mean, variance) = Reduce.MeanAndVariance(x);
        var y = BatchNorm.Forward(x, weight, bias, mean, variance, Eps, residual, Tail.Relu);
        var apart = Map.Forward<Relu>(Add.Forward(BatchNorm.Forward(x, weight, bias, mean, variance, Eps), residual));
        Close.Check(apart, y, 1e-6);
        var ds = Map.Pullback<Relu>(y, dy);
        var expected = BatchNorm.Pullback(x, weight, mean, variance, Eps, source, Tail.None, null, ds);
        var fused = BatchNorm.Pullback(x, weight, mean, variance, Eps, source, Tail.Relu, y, dy);
        Assert.Equal(ds.ToArray(), fused.DSum.ToArray());
        Assert.Equal(expected.DX.ToArray(), fused.DX.ToArray());
        Assert.Equal(expected.DWeight.ToArray(), fused.DWeight.ToArray());
        Assert.Equal(expected.DBias.ToArray(), fused.DBias.ToArray());
        var inPlace = BatchNorm.PullbackInto(x, weight, mean, variance, Eps, source, Tail.Relu, y, dy, dy, x);
        Assert.Equal(ds.ToArray(), inPlace.DSum.ToArray());
        Assert.Equal(expected.DX.ToArray(), inPlace.DX.ToArray());
    }

    [Theory, MemberData(nameof(Cases))]
    public void With_a_clamp_they_are_those_of_the_norm_where_its_value_is_inside(DeviceKind kind, int[] shape, StatisticsOf source)
    {
        var device = Use(kind, new Shape(shape).Count);
        var c = new Inputs(new Shape(shape));
        var (x, weight, bias, dy) = (c.X.On(device), c.Weight.On(device), c.Bias.On(device), c.U.On(device));
        var (mean, variance) = Reduce.MeanAndVariance(x);
        var tail = Tail.Clamp(-0.5f, 0.75f);
        var y = BatchNorm.Forward(x, weight, bias, mean, variance, Eps, null, tail);
        float[] inside = [.. y.ToArray().Zip(c.U.Values, (value, gradient) => value is > -0.5f and < 0.75f ? gradient : 0)];
        var expected = BatchNorm.Pullback(
            x,
            weight,
            mean,
            variance,
            Eps,
            source,
            Tail.None,
            null,
            new Numbers(c.U.Shape, inside).On(device)
        );
        var fused = BatchNorm.Pullback(x, weight, mean, variance, Eps, source, tail, y, dy);
        Assert.Equal(inside, fused.DSum.ToArray());
        Assert.Equal(expected.DX.ToArray(), fused.DX.ToArray());
        Assert.Equal(expected.DWeight.ToArray(), fused.DWeight.ToArray());
        Assert.Equal(expected.DBias.ToArray(), fused.DBias.ToArray());
    }

    [Fact]
    public void A_function_behind_a_norm_is_refused()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [4, 3]);
        var vector = Tensor<float>.Zeros(x.Device, [3]);
        var e = Assert.Throws<NotSupportedException>(() =>
            BatchNorm.Pullback(x, vector, vector, vector, Eps, StatisticsOf.Batch, Tail.Of<Sigmoid>(), x, x)
        );
        Assert.Equal("BatchNorm: expected a tail without a function to train; record the function behind the op", e.Message);
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_frozen_norm_of_constants_gives_the_gradients_that_one_of_parameters_gives(
        DeviceKind kind,
        int[] shape,
        StatisticsOf source
    )
    {
        var device = Use(kind, new Shape(shape).Count);
        var c = new Inputs(new Shape(shape));
        var (mean, variance) = (c.Mean.On(device), c.Variance.On(device));
        var parameters = new Dictionary<string, Tensor<float>>
        {
            ["x"] = c.X.On(device),
            ["residual"] = c.V.On(device),
            ["weight"] = c.Weight.On(device),
            ["bias"] = c.Bias.On(device),
        }.ToImmutableDictionary();
        bool hasResidual = source == StatisticsOf.Batch; // both ways: an activation with and without it
        ImmutableDictionary<string, Tensor<float>> Gradients(bool isConstant) =>
            Grad.ValueAndGrad(
                (tape, variables) =>
                {
                    Variable Vector(string name) => isConstant ? Tape.Constant(parameters[name]) : variables[name];
                    var y = tape.Apply(
                        new BatchNorm.Function(Eps, StatisticsOf.Elsewhere, Tail.Relu),
                        variables["x"],
                        Vector("weight"),
                        Vector("bias"),
                        Tape.Constant(mean),
                        Tape.Constant(variance),
                        hasResidual ? variables["residual"] : null
                    );
                    return tape.Apply(new SmoothL1.Function(0.5f), y, Tape.Constant(c.U.On(device)));
                }
            )(parameters).Gradients;
        var (expected, constant) = (Gradients(false), Gradients(true));
        Close.Check(expected["x"], constant["x"], 1e-6);
        Close.Check(expected["residual"], constant["residual"], 1e-6);
        Assert.All(constant["weight"].ToArray(), value => Assert.Equal(0, value));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Gradients_agree_with_PyTorch(DeviceKind kind)
    {
        var device = Use(kind);
        foreach (string name in (string[])["batch_norm_train", "batch_norm_eval"])
        {
            using var file = ReferenceCase.Open(name);
            using var stats = name == "batch_norm_eval" ? ReferenceCase.Open("batch_norm_eval_stats") : null;
            var x = file.Read("x").ToChannelsLast().On(device);
            var (mean, variance) = stats is null
                ? Reduce.MeanAndVariance(x)
                : (stats.Read("running_mean").On(device), stats.Read("running_var").On(device));
            var gradients = BatchNorm.Pullback(
                x,
                file.Read("weight").On(device),
                mean,
                variance,
                Eps,
                stats is null ? StatisticsOf.Batch : StatisticsOf.Elsewhere,
                Tail.None,
                null,
                file.Read("grad_out").ToChannelsLast().On(device)
            );
            Close.Check(file.Read("grad_x").ToChannelsLast().Values, gradients.DX.ToArray(), 1e-5);
            Close.Check(file.Read("grad_weight").Values, gradients.DWeight.ToArray(), 1e-5);
            Close.Check(file.Read("grad_bias").Values, gradients.DBias.ToArray(), 1e-5);
        }
    }

    [Fact]
    public void A_batch_without_rows_is_named()
    {
        var device = Use(DeviceKind.Host);
        var (x, vector) = (Tensor<float>.Zeros(device, [0, 3]), Tensor<float>.Zeros(device, [3]));
        var e = Assert.Throws<ShapeException>(() =>
            BatchNorm.Pullback(x, vector, vector, vector, Eps, StatisticsOf.Batch, Tail.None, null, x)
        );
        Assert.Equal("BatchNorm: expected at least one row, got [0, 3]", e.Message);
    }

    static double[] Doubles(Numbers numbers) => [.. numbers.Values.Select(v => (double)v)];

    /// <summary>The norm in double, by its batch's statistics or given ones.</summary>
    static double[] Norm(double[] x, double[] weight, double[] bias, (float[] Mean, float[] Variance)? given)
    {
        int channels = weight.Length,
            rows = x.Length / channels;
        var y = new double[x.Length];
        for (int c = 0; c < channels; c++)
        {
            double[] values = [.. Enumerable.Range(0, rows).Select(row => x[(row * channels) + c])];
            double mean = given?.Mean[c] ?? values.Average(),
                variance = given?.Variance[c] ?? values.Average(v => (v - mean) * (v - mean));
            for (int row = 0; row < rows; row++)
                y[(row * channels) + c] = ((values[row] - mean) / Math.Sqrt(variance + Eps) * weight[c]) + bias[c];
        }

        return y;
    }

    /// <summary>Values of a case.</summary>
    sealed record Inputs(Shape Shape)
    {
        public Numbers X { get; } = Numbers.Normal(Key.Fold("x"), Shape);

        public Numbers V { get; } = Numbers.Normal(Key.Fold("v"), Shape);

        public Numbers U { get; } = Numbers.Normal(Key.Fold("u"), Shape);

        public Numbers Weight { get; } = Numbers.Normal(Key.Fold("weight"), [Shape.Last]);

        public Numbers Bias { get; } = Numbers.Normal(Key.Fold("bias"), [Shape.Last]);

        public Numbers Direction { get; } = Numbers.Normal(Key.Fold("direction"), [Shape.Last]);

        public Numbers Mean { get; } = Numbers.Normal(Key.Fold("mean"), [Shape.Last]);

        public Numbers Variance { get; } =
            new([Shape.Last], [.. Numbers.Normal(Key.Fold("variance"), [Shape.Last]).Values.Select(v => 0.1f + (v * v))]);
    }
}

using Pqf.Autodiff;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class LayerNormTests(DeviceSet devices) : DeviceTest(devices)
{
    const float Eps = 1e-3f;

    static readonly RngKey Key = RngKey.FromSeed(3).Fold("layer norm");

    public static MatrixTheoryData<DeviceKind, int> Cases => new(DeviceKinds.All, [1, 2, 7, 16, 17, 40]);

    [Theory, MemberData(nameof(Cases))]
    public void Values_agree_with_double_and_gradients_are_adjoint(DeviceKind kind, int channels)
    {
        Shape shape = [2, 3, 1, channels];
        var device = Use(kind, shape.Count);
        var x = Numbers.Normal(Key, shape);
        x = x with { Values = [.. x.Values.Select(value => value + 5)] }; // a mean that is not small
        var (weight, bias) = (Numbers.Normal(Key.Fold("weight"), [channels]), Numbers.Normal(Key.Fold("bias"), [channels]));
        double[] expected = Loop([.. x.Values], [.. weight.Values], [.. bias.Values]);
        // Roundings of values near 5 over deviations near 1
        new Expected(
            shape,
            expected,
            [.. expected.Select(value => 64 * Expected.Rounding * (1 + Math.Abs(value)) * Sharpness(channels))]
        ).Check(LayerNorm.Forward(x.On(device), weight.On(device), bias.On(device), Eps));
        if (channels > 2)
            AdjointCase.Check(
                device,
                new LayerNorm.Function(Eps),
                values => Loop(values, [.. weight.Values], [.. bias.Values]),
                x,
                Key,
                256 * channels,
                weight.On(device),
                bias.On(device)
            );
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_of_weight_and_bias_are_adjoint(DeviceKind kind, int channels)
    {
        Shape shape = [2, 3, 1, channels];
        var device = Use(kind, shape.Count);
        var (x, u) = (Numbers.Normal(Key, shape), Numbers.Normal(Key.Fold("u"), shape));
        var (weight, bias) = (Numbers.Normal(Key.Fold("weight"), [channels]), Numbers.Normal(Key.Fold("bias"), [channels]));
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var (w, b) = (tape.Leaf(weight.On(device)), tape.Leaf(bias.On(device)));
        var y = tape.Apply(new LayerNorm.Function(Eps), Tape.Constant(x.On(device)), w, b);
        var gradients = tape.Backward(y, u.On(device), w, b);
        var v = Numbers.Normal(Key.Fold("v"), [channels]);
        double[] OfWeight(double[] values) => Loop([.. x.Values], values, [.. bias.Values]);
        double[] OfBias(double[] values) => Loop([.. x.Values], [.. weight.Values], values);
        Adjoint.Check(Adjoint.Derivative(OfWeight, weight, v), u, v, gradients[0], 256);
        Adjoint.Check(Adjoint.Derivative(OfBias, bias, v), u, v, gradients[1], 64);
    }

    // The deviations of two values may be much smaller than one.
    static double Sharpness(int channels) => channels <= 2 ? 32 : 4;

    static double[] Loop(double[] x, double[] weight, double[] bias)
    {
        int channels = weight.Length;
        double[] y = new double[x.Length];
        for (int row = 0; row < x.Length; row += channels)
        {
            double mean = x.Skip(row).Take(channels).Average(),
                variance = x.Skip(row).Take(channels).Average(value => (value - mean) * (value - mean));
            for (int c = 0; c < channels; c++)
                y[row + c] = ((x[row + c] - mean) / Math.Sqrt(variance + Eps) * weight[c]) + bias[c];
        }

        return y;
    }
}

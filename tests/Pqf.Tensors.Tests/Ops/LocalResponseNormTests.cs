using Pqf.Tensors.Ops.Normalisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class LocalResponseNormTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("lrn");

    public static MatrixTheoryData<DeviceKind, int, int> Cases => new(DeviceKinds.All, [1, 2, 5], [0, 1, 3, 16, 21]);

    [Theory, MemberData(nameof(Cases))]
    public void Values_agree_with_double_and_gradients_are_adjoint(DeviceKind kind, int size, int channels)
    {
        Shape shape = [2, 3, 1, channels];
        var device = Use(kind, shape.Count);
        var options = new LocalResponseNormOptions(size) { Alpha = 0.8f, K = 1.5f };
        var x = Numbers.Normal(Key, shape);
        double[] expected = Loop(options, channels, [.. x.Values]);
        // The logarithm and the exponential of a GPU are approximations.
        new Expected(shape, expected, [.. expected.Select(value => 48 * Expected.Rounding * Math.Abs(value))]).Check(
            LocalResponseNorm.Forward(x.On(device), options)
        );
        AdjointCase.Check(device, new LocalResponseNorm.Function(options), values => Loop(options, channels, values), x, Key, 64 * size);
    }

    static double[] Loop(LocalResponseNormOptions options, int channels, double[] x)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < y.Length; i++)
        {
            int c = i % channels;
            double sum = 0;
            for (int j = c - ((options.Size - 1) / 2); j <= c + (options.Size / 2); j++)
                if (j >= 0 && j < channels)
                    sum += x[i - c + j] * x[i - c + j];
            y[i] = x[i] * Math.Pow(options.K + (options.Alpha / (double)options.Size * sum), -options.Beta);
        }

        return y;
    }
}

using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class PReluTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("prelu");

    public static MatrixTheoryData<DeviceKind, int, bool> Cases => new(DeviceKinds.All, [1, 3, 8, 17, 35], [false, true]);

    [Theory, MemberData(nameof(Cases))]
    public void PRelu_agrees_with_double(DeviceKind kind, int channels, bool isShared)
    {
        var device = Use(kind, 10 * channels);
        Shape shape = [2, 5, channels];
        var (x, slope) = (Numbers.Normal(Key, shape), Numbers.Normal(Key.Fold("slope"), [isShared ? 1 : channels]));
        x.Values[0] = float.NaN;
        double[] y = [.. x.Values.Select((value, i) => value < 0 ? value * (double)slope.Values[i % slope.Values.Length] : value)];
        new Expected(shape, y, [.. y.Select(value => Expected.Rounding * Math.Abs(value))]).Check(
            PRelu.Forward(x.On(device), slope.On(device))
        );
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_agree_with_double(DeviceKind kind, int channels, bool isShared)
    {
        var device = Use(kind, 10 * channels);
        Shape shape = [2, 5, channels];
        var (x, dy) = (Numbers.Normal(Key, shape), Numbers.Normal(Key.Fold("dy"), shape));
        var slope = Numbers.Normal(Key.Fold("slope"), [isShared ? 1 : channels]);
        int count = slope.Values.Length;
        double[] dSlope = new double[count],
            sizes = new double[count];
        for (int i = 0; i < x.Values.Length; i++)
            if (x.Values[i] < 0)
            {
                dSlope[i % count] += (double)x.Values[i] * dy.Values[i];
                sizes[i % count] += Math.Abs((double)x.Values[i] * dy.Values[i]);
            }

        double[] dx = [.. x.Values.Select((value, i) => (value > 0 ? 1 : (double)slope.Values[i % count]) * dy.Values[i])];
        var gradients = PRelu.Pullback(x.On(device), slope.On(device), dy.On(device));
        new Expected(shape, dx, [.. dx.Select(value => Expected.Rounding * Math.Abs(value))]).Check(gradients.X);
        new Expected([count], dSlope, [.. sizes.Select(size => Expected.SumTolerance(10 * channels, size))]).Check(gradients.Slope);
    }

    [Fact]
    public void Slopes_of_another_count_are_named() =>
        Assert.Equal(
            "PRelu: expected slopes of [1] or [3], got [2]",
            Assert
                .Throws<ShapeException>(() =>
                    PRelu.Forward(Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 3]), Tensor<float>.Zeros(Use(DeviceKind.Host), [2]))
                )
                .Message
        );
}

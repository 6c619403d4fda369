using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class PadTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("pad");

    static readonly PadOptions[] Options =
    [
        new(0, 0),
        new(new Pair(1, 0), new Pair(0, 2)) { Value = -1.5f },
        new(2, 3) { Value = float.NegativeInfinity },
        new(new Pair(2, 1), new Pair(3, 0)) { Mode = PadMode.Reflect },
        new(new Pair(2, 5), new Pair(0, 3)) { Mode = PadMode.Edge },
    ];

    public static MatrixTheoryData<DeviceKind, PadOptions, int> Cases => new(DeviceKinds.All, Options, [0, 1, 9, 16, 17]);

    [Theory, MemberData(nameof(Cases))]
    public void Values_are_exact_and_gradients_adjoint(DeviceKind kind, PadOptions options, int channels)
    {
        Shape shape = [2, 4, 5, channels];
        var device = Use(kind, 2 * 9 * 13 * channels);
        var x = Numbers.Normal(Key, shape);
        double[] expected = Loop(options, shape, [.. x.Values]);
        var y = Pad.Forward(x.On(device), options);
        Assert.Equal([2, 4 + options.Start.H + options.End.H, 5 + options.Start.W + options.End.W, channels], y.Shape);
        Assert.Equal(expected.Select(value => (float)value), y.ToArray());
        if (float.IsFinite(options.Value))
            AdjointCase.Check(device, new Pad.Function(options), values => Loop(options, shape, values), x, Key, 16);
    }

    [Fact]
    public void More_pixels_than_there_are_to_mirror_are_named() =>
        Assert.Equal(
            "Pad: expected from 0 to 3 more pixels a side of [1, 4, 4, 1], got 4 and 0",
            Assert.Throws<ShapeException>(() => Pad.OutputShape([1, 4, 4, 1], new(4, 0) { Mode = PadMode.Reflect })).Message
        );

    static double[] Loop(PadOptions options, Shape x, double[] values)
    {
        int height = x[1] + options.Start.H + options.End.H,
            width = x[2] + options.Start.W + options.End.W;
        double[] y = new double[x[0] * height * width * x[3]];
        for (int i = 0; i < y.Length; i++)
        {
            int c = i % x[3],
                column = (i / x[3] % width) - options.Start.W,
                row = (i / x[3] / width % height) - options.Start.H,
                n = i / x[3] / width / height;
            bool isInside = row >= 0 && row < x[1] && column >= 0 && column < x[2];
            (row, column) = options.Mode switch
            {
                PadMode.Edge => (Math.Clamp(row, 0, x[1] - 1), Math.Clamp(column, 0, x[2] - 1)),
                PadMode.Reflect => (Mirrored(row, x[1]), Mirrored(column, x[2])),
                _ => (row, column),
            };
            y[i] =
                isInside || options.Mode != PadMode.Constant ? values[(((((n * x[1]) + row) * x[2]) + column) * x[3]) + c] : options.Value;
        }

        return y;
    }

    static int Mirrored(int place, int length) => length - 1 - Math.Abs(length - 1 - Math.Abs(place));
}

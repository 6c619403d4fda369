using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>Poolings with padding that differs from side to side, ceil mode and dilation.</summary>
public class PoolOptionsTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("pools");

    /// <summary>A window, and the size of the output of 7 × 6 pixels.</summary>
    public sealed record Case(Pair Kernel, PoolOptions Options, Pair Output);

    static readonly Case[] Undilated =
    [
        new(2, new() { Stride = 2 }, new(3, 3)),
        new(2, new() { Stride = 2, CeilMode = true }, new(4, 3)),
        new(3, new() { Stride = 2, CeilMode = true }, new(3, 3)),
        new(
            3,
            new()
            {
                Stride = 2,
                Padding = 1,
                CeilMode = true,
            },
            new(4, 4)
        ),
        new(
            2,
            new()
            {
                Stride = 3,
                Padding = 1,
                CeilMode = true,
            },
            new(3, 3)
        ), // a last window would begin behind the rows
        new(1, new() { Stride = 3, CeilMode = true }, new(3, 2)), // and one behind the columns
        new(3, new() { EndPadding = new Pair(1, 2) }, new(6, 6)),
        new(
            new Pair(3, 2),
            new()
            {
                Stride = new Pair(2, 1),
                Padding = new Pair(2, 0),
                EndPadding = new Pair(0, 1),
            },
            new(4, 6)
        ),
        new(
            4,
            new()
            {
                Stride = 4,
                Padding = 1,
                CeilMode = true,
            },
            new(2, 2)
        ),
    ];

    static readonly Case[] Dilated =
    [
        new(3, new() { Dilation = 2 }, new(3, 2)),
        new(
            2,
            new()
            {
                Dilation = new Pair(3, 1),
                Padding = 1,
                Stride = 2,
            },
            new(3, 4)
        ),
        new(
            new Pair(2, 3),
            new()
            {
                Dilation = new Pair(1, 2),
                EndPadding = new Pair(1, 3),
                Stride = 2,
                CeilMode = true,
            },
            new(4, 3)
        ),
    ];

    public static MatrixTheoryData<DeviceKind, Case, int> MaxCases => new(DeviceKinds.All, [.. Undilated, .. Dilated], [0, 3, 16, 17]);

    public static MatrixTheoryData<DeviceKind, Case, PaddingCounts> MeanCases =>
        new(DeviceKinds.All, Undilated, Enum.GetValues<PaddingCounts>());

    [Theory, MemberData(nameof(MaxCases))]
    public void A_largest_value_is_exact_and_its_gradient_adjoint(DeviceKind kind, Case c, int channels)
    {
        Shape shape = [2, 7, 6, channels];
        var device = Use(kind, 2 * 11 * 10 * channels);
        var x = new Numbers(shape, [.. Key.Permutation(shape.Count).Select(i => (float)i / 8)]); // no ties
        double[] expected = Loop(c, shape, [.. x.Values], (window, _, _) => window.Max());
        var y = MaxPool2d.Forward(x.On(device), c.Kernel, c.Options);
        Assert.Equal([2, c.Output.H, c.Output.W, channels], y.Shape);
        Assert.Equal(expected.Select(value => (float)value), y.ToArray());
        double[] Largest(double[] values) => Loop(c, shape, values, (window, _, _) => window.Max());
        AdjointCase.Check(device, new MaxPool2d.Function(c.Kernel, c.Options), Largest, x, Key, 64);
    }

    [Theory, MemberData(nameof(MaxCases))]
    public void A_gradient_goes_to_the_first_of_equal_values(DeviceKind kind, Case c, int channels)
    {
        Shape shape = [2, 7, 6, channels];
        var device = Use(kind, 2 * 11 * 10 * channels);
        var x = Numbers.Whole(Key, shape, -1, 1);
        var y = MaxPool2d.Forward(x.On(device), c.Kernel, c.Options);
        var dy = Numbers.Whole(Key.Fold("dy"), y.Shape, -9, 9);
        float[] dx = new float[shape.Count];
        ForEachWindow(
            c,
            shape,
            (places, at) => dx[places.First(place => x.Values[place] == places.Max(other => x.Values[other]))] += dy.Values[at]
        );
        Assert.Equal(dx, MaxPool2d.Pullback(x.On(device), y, c.Kernel, c.Options, dy.On(device)).ToArray());
    }

    [Theory, MemberData(nameof(MeanCases))]
    public void A_mean_agrees_with_double_and_its_gradient_is_adjoint(DeviceKind kind, Case c, PaddingCounts padding)
    {
        Shape shape = [2, 7, 6, 17];
        var device = Use(kind, 2 * 11 * 10 * 17);
        var x = Numbers.Normal(Key, shape);
        double[] Mean(double[] values) =>
            Loop(c, shape, values, (window, padded, _) => window.Sum() / (padding == PaddingCounts.AsZeros ? padded : window.Count));
        double[] sizes = Loop(
            c,
            shape,
            [.. x.Values.Select(value => (double)Math.Abs(value))],
            (window, _, _) => window.Sum() / window.Count
        );
        double[] expected = Mean([.. x.Values]);
        new Expected([2, c.Output.H, c.Output.W, 17], expected, [.. sizes.Select(size => Expected.SumTolerance(16, size))]).Check(
            AvgPool2d.Forward(x.On(device), c.Kernel, c.Options, padding)
        );
        AdjointCase.Check(device, new AvgPool2d.Function(c.Kernel, c.Options, padding), Mean, x, Key, 64);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        static string Message(Pair kernel, PoolOptions options) =>
            Assert.Throws<ShapeException>(() => MaxPool2d.OutputShape([1, 5, 5, 3], kernel, options)).Message;
        Assert.Equal("MaxPool2d: expected a dilation of 1 or more, got 0", Message(2, new() { Dilation = 0 }));
        Assert.Equal("MaxPool2d: expected padding that the kernel 2 reaches across, got 0 and 2", Message(2, new() { EndPadding = 2 }));
    }

    static double[] Loop(Case c, Shape x, double[] values, Func<List<double>, int, int, double> join)
    {
        double[] y = new double[x[0] * c.Output.H * c.Output.W * x[3]];
        ForEachWindow(c, x, (places, at) => y[at] = join([.. places.Select(place => values[place])], Padded(c, x, at), at));
        return y;
    }

    /// <summary>Pixels of a window within the padded input, without dilation.</summary>
    static int Padded(Case c, Shape x, int at)
    {
        var end = c.Options.EndPadding ?? c.Options.Padding;
        int column = (at / x[3] % c.Output.W * c.Options.Stride.W) - c.Options.Padding.W,
            row = (at / x[3] / c.Output.W % c.Output.H * c.Options.Stride.H) - c.Options.Padding.H;
        return Math.Min(c.Kernel.H, x[1] + end.H - row) * Math.Min(c.Kernel.W, x[2] + end.W - column);
    }

    static void ForEachWindow(Case c, Shape x, Action<List<int>, int> window)
    {
        var (stride, padding, dilation) = (c.Options.Stride, c.Options.Padding, c.Options.Dilation);
        for (int at = 0; at < x[0] * c.Output.H * c.Output.W * x[3]; at++)
        {
            int channel = at % x[3],
                ox = at / x[3] % c.Output.W,
                oy = at / x[3] / c.Output.W % c.Output.H,
                n = at / x[3] / c.Output.W / c.Output.H;
            var places = new List<int>();
            for (int a = 0; a < c.Kernel.H; a++)
            for (int b = 0; b < c.Kernel.W; b++)
            {
                int iy = (oy * stride.H) + (a * dilation.H) - padding.H,
                    ix = (ox * stride.W) + (b * dilation.W) - padding.W;
                if (iy >= 0 && iy < x[1] && ix >= 0 && ix < x[2])
                    places.Add((((((n * x[1]) + iy) * x[2]) + ix) * x[3]) + channel);
            }

            window(places, at);
        }
    }
}

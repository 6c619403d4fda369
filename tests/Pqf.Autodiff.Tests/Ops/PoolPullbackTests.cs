using Pqf.Tensors;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

public class PoolPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(22);

    /// <summary>x [N, H, W, C] under a window.</summary>
    public sealed record Case(Shape X, Pair Kernel, Pair Stride, Pair Padding);

    static readonly Case[] Shapes =
    [
        new([1, 1, 1, 1], 1, 1, 0),
        new([0, 4, 4, 3], 2, 2, 0),
        new([2, 7, 8, 5], 3, 2, 1),
        new([1, 8, 7, 16], 3, 2, 1),
        new([1, 6, 6, 17], 2, 2, 0),
        new([1, 7, 7, 9], 2, 3, 0), // pixels under no window
        new([1, 5, 6, 8], 3, 1, 1),
        new([2, 6, 5, 4], new Pair(2, 3), new Pair(1, 2), new Pair(1, 0)),
        new([3, 4, 5, 33], new Pair(4, 5), 1, 0),
        new([1, 6, 5, 3], 1, 2, 0),
    ];

    public static MatrixTheoryData<DeviceKind, Case> Cases => new(DeviceKinds.All, Shapes);

    [Theory, MemberData(nameof(Cases))]
    public void Max_pool_agrees_with_double_loops_where_ties_are_frequent(DeviceKind kind, Case c)
    {
        var device = Use(kind, c.X.Count);
        var x = Numbers.Whole(Key.Fold("x"), c.X, -2, 2);
        var y = MaxPool2d.Forward(x.On(device), c.Kernel, c.Stride, c.Padding);
        var dy = Numbers.Normal(Key.Fold("dy"), y.Shape);
        Reference
            .MaxPool2dGradient(x, c.Kernel, c.Stride, c.Padding, dy)
            .Check(MaxPool2d.Pullback(x.On(device), y, c.Kernel, c.Stride, c.Padding, dy.On(device)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Average_pool_agrees_with_double_loops(DeviceKind kind, Case c)
    {
        var device = Use(kind, c.X.Count);
        var dy = Numbers.Normal(Key.Fold("dy"), AvgPool2d.Forward(Tensor<float>.Zeros(device, c.X), c.Kernel, c.Stride, c.Padding).Shape);
        Reference
            .AvgPool2dGradient(c.X, c.Kernel, c.Stride, c.Padding, dy)
            .Check(AvgPool2d.Pullback(c.X, c.Kernel, c.Stride, c.Padding, dy.On(device)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, Case c)
    {
        var device = Use(kind, c.X.Count);
        var v = Numbers.Normal(Key.Fold("v"), c.X);
        // Distinct values a good step apart: the largest stays the largest along v.
        var x = new Numbers(c.X, [.. Key.Fold("x").Permutation(c.X.Count).Select(i => (float)i)]);
        var y = MaxPool2d.Forward(x.On(device), c.Kernel, c.Stride, c.Padding);
        var u = Numbers.Normal(Key.Fold("u"), y.Shape);
        double[] average = Reference.AvgPool2d(v, c.Kernel, c.Stride, c.Padding).Values;
        Adjoint.Check(average, u, v, AvgPool2d.Pullback(c.X, c.Kernel, c.Stride, c.Padding, u.On(device)), c.Kernel.H * c.Kernel.W);
        double[] Max(double step) =>
            Reference
                .MaxPool2d(
                    new Numbers(c.X, [.. x.Values.Zip(v.Values, (value, direction) => (float)(value + (step * direction)))]),
                    c.Kernel,
                    c.Stride,
                    c.Padding
                )
                .Values;
        const double Step = 1.0 / 64; // leaves the last bits of v: the tolerance below is that of singles near the values
        double[] jv = [.. Max(Step).Zip(Max(-Step), (after, before) => (after - before) / (2 * Step))];
        var exact = new Numbers(
            c.X,
            [
                .. x.Values.Zip(
                    v.Values,
                    (value, direction) => ((float)(value + (Step * direction)) - (float)(value - (Step * direction))) / (float)(2 * Step)
                ),
            ]
        );
        Adjoint.Check(
            jv,
            u,
            exact,
            MaxPool2d.Pullback(x.On(device), y, c.Kernel, c.Stride, c.Padding, u.On(device)),
            c.Kernel.H * c.Kernel.W
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Gradients_agree_with_PyTorch(DeviceKind kind)
    {
        var device = Use(kind);
        foreach (string name in (string[])["max_pool2d", "max_pool2d_1x1s2"])
        {
            using var file = ReferenceCase.Open(name);
            var (x, dy) = (file.Read("x").ToChannelsLast(), file.Read("grad_out").ToChannelsLast());
            var (kernel, stride, padding) = (file.Integer("kernel"), file.Integer("stride"), file.Integer("padding"));
            var y = MaxPool2d.Forward(x.On(device), kernel, stride, padding);
            Reference
                .MaxPool2dGradient(x, kernel, stride, padding, dy)
                .WithValues(file.Read("grad_x").ToChannelsLast())
                .Check(MaxPool2d.Pullback(x.On(device), y, kernel, stride, padding, dy.On(device)));
        }

        using var average = ReferenceCase.Open("adaptive_avg_pool2d");
        var (shape, gradient) = (average.Read("x").ToChannelsLast().Shape, average.Read("grad_out").ToChannelsLast());
        Reference
            .AvgPool2dGradient(shape, new Pair(shape[1], shape[2]), 1, 0, gradient)
            .WithValues(average.Read("grad_x").ToChannelsLast())
            .Check(AvgPool2d.GlobalPullback(shape, gradient.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Max_pool_gives_the_gradient_to_the_first_NaN(DeviceKind kind)
    {
        var device = Use(kind);
        const int Channels = 17; // whole vectors and a rest
        float[] values =
        [
            .. Enumerable.Repeat(1f, Channels),
            .. Enumerable.Repeat(float.NaN, Channels),
            .. Enumerable.Repeat(2f, Channels),
            .. Enumerable.Repeat(float.NaN, Channels),
        ];
        var x = Tensor<float>.From(device, [1, 2, 2, Channels], values);
        var dy = Tensor<float>.From(device, [1, 1, 1, Channels], [.. Enumerable.Repeat(7f, Channels)]);
        float[] dx = MaxPool2d.Pullback(x, MaxPool2d.Forward(x, 2, 1, 0), 2, 1, 0, dy).ToArray();
        Assert.Equal(Enumerable.Repeat(0f, Channels), dx[..Channels]);
        Assert.Equal(Enumerable.Repeat(7f, Channels), dx[Channels..(2 * Channels)]);
        Assert.Equal(Enumerable.Repeat(0f, 2 * Channels), dx[(2 * Channels)..]);
    }
}

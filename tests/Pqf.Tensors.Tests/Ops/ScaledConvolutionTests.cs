using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Arithmetic;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>A pointwise convolution that multiplies its input with a scale of its channels gives, to the bit, what the product and then the
/// convolution give.</summary>
public class ScaledConvolutionTests
{
    static readonly RngKey Key = RngKey.FromSeed(13).Fold("scaled");

    // Channels in whole sixteens and not, fewer than sixteen, as many as make a stem (6), and more than a block of terms.
    static readonly Shape[] Shapes =
    [
        [1, 5, 7, 16],
        [3, 3, 5, 48],
        [2, 4, 3, 33],
        [3, 1, 1, 40],
        [1, 9, 2, 6],
        [2, 3, 3, 1100],
        [3, 7, 7, 5],
    ];

    public static MatrixTheoryData<int, int, bool, bool> All =>
        new([.. Enumerable.Range(0, Shapes.Length)], [1, 3], [false, true], [false, true]);

    [Theory, MemberData(nameof(All))]
    public void It_gives_the_bits_of_a_product_and_then_the_convolution(int number, int threads, bool isNarrow, bool isShared)
    {
        var shape = Shapes[number];
        using var device = isNarrow ? new HostDevice(threads, VectorWidth.Bits256) : new HostDevice(threads);
        using var scope = device.BeginScope();
        int channels = shape[3];
        var x = Normal(device, "x", shape);
        var scale = Normal(device, "scale", [isShared ? 1 : shape[0], 1, 1, channels]);
        var plan = Conv2dPlan.Create(Normal(device, "weight", [37, channels, 1, 1]), Normal(device, "bias", [37]), new());
        var residual = Normal(device, "residual", [shape[0], shape[1], shape[2], 37]);
        var expected = plan.Forward(Broadcast.Forward<Times>(x, scale), residual, Tail.Of<Silu>());
        var actual = Tensor<float>.Rent(device, expected.Shape);
        plan.ForwardInto(x, scale, residual, Tail.Of<Silu>(), actual);
        Assert.Equal(expected.ToArray(), actual.ToArray());
    }

    [Fact]
    public void A_scale_that_does_not_fit_is_named()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var x = Normal(device, "x", [2, 3, 3, 8]);
        string Message(Shape weight, Conv2dOptions options, Shape scale)
        {
            var plan = Conv2dPlan.Create(Normal(device, "weight", weight), null, options);
            var y = Tensor<float>.Rent(device, plan.OutputShape(x.Shape));
            return Assert.Throws<ShapeException>(() => plan.ForwardInto(x, Normal(device, "scale", scale), null, Tail.None, y)).Message;
        }

        const string Expected = "Conv2d: expected a pointwise convolution on the host and a scale [2, 1, 1, 8], got ";
        Assert.Equal($"{Expected}[2, 1, 1, 7]", Message([4, 8, 1, 1], new(), [2, 1, 1, 7]));
        Assert.Equal($"{Expected}[3, 1, 1, 8]", Message([4, 8, 1, 1], new(), [3, 1, 1, 8]));
        Assert.Equal($"{Expected}[2, 3, 3, 8]", Message([4, 8, 1, 1], new(), [2, 3, 3, 8]));
        Assert.Equal($"{Expected}[2, 1, 1, 8]", Message([4, 8, 3, 3], new() { Padding = 1 }, [2, 1, 1, 8]));
        Assert.Equal($"{Expected}[2, 1, 1, 8]", Message([4, 8, 1, 1], new() { Stride = 2 }, [2, 1, 1, 8]));
        Assert.Equal($"{Expected}[2, 1, 1, 8]", Message([8, 1, 1, 1], new() { Groups = 8 }, [2, 1, 1, 8]));
    }

    static Tensor<float> Normal(Device device, string name, Shape shape) => Numbers.Normal(Key.Fold(name), shape).On(device);
}

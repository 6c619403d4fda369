using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>Gradients of 3 × 3 convolutions by Winograd's algorithms, to the accuracy that <see cref="ConvAlgorithm"/> states.</summary>
public class WinogradPullbackTests
{
    static readonly RngKey Key = RngKey.FromSeed(27);

    // Parts of tiles, each padding, more and fewer channels than a panel, more weights than pixels.
    static readonly (Shape X, int OutChannels, Pair Padding)[] Layers =
    [
        ([1, 3, 3, 16], 16, 0),
        ([1, 1, 2, 16], 32, 1),
        ([2, 9, 6, 48], 80, new Pair(0, 2)),
        ([3, 14, 13, 32], 16, 1),
        ([0, 4, 4, 16], 16, 1),
        ([2, 30, 29, 16], 48, 1),
    ];

    public static MatrixTheoryData<string, ConvAlgorithm> Kinds =>
        new(Enum.GetNames<VectorWidth>(), [ConvAlgorithm.Winograd2, ConvAlgorithm.Winograd4]);

    [Theory, MemberData(nameof(Kinds))]
    public void Input_gradient_agrees_with_double_loops_whatever_the_number_of_threads(string width, ConvAlgorithm algorithm)
    {
        foreach (var (shape, outChannels, padding) in Layers)
        {
            Shape weight = [outChannels, shape[3], 3, 3];
            var (kernels, options) = (Numbers.Normal(Key.Fold("weight"), weight), new Conv2dOptions { Padding = padding });
            var dy = Numbers.Normal(Key.Fold("dy"), Conv2d.OutputShape(shape, weight, options));
            float[] Run(int threads)
            {
                using var device = new HostDevice(threads, Enum.Parse<VectorWidth>(width));
                using var scope = device.BeginScope();
                return Conv2d.InputPullback(shape, kernels.On(device), options, dy.On(device), algorithm).ToArray();
            }

            float[] dx = Run(1);
            Close.Check(
                Reference.Conv2dInputGradient(shape, kernels, options, dy).Values,
                dx,
                algorithm == ConvAlgorithm.Winograd2 ? 2e-6 : 2e-5
            );
            Assert.Equal(dx, Run(2));
            Assert.Equal(dx, Run(3));
        }
    }

    public static TheoryData<string> Widths => [.. Enum.GetNames<VectorWidth>()];

    [Theory, MemberData(nameof(Widths))]
    public void Weight_gradient_agrees_with_double_loops_whatever_the_number_of_threads(string width)
    {
        foreach (var (shape, outChannels, padding) in Layers.Where(layer => layer.X[0] > 0))
        {
            Shape weight = [outChannels, shape[3], 3, 3];
            var (x, options) = (Numbers.Normal(Key.Fold("x"), shape), new Conv2dOptions { Padding = padding });
            var dy = Numbers.Normal(Key.Fold("dy"), Conv2d.OutputShape(shape, weight, options));
            float[] Run(int threads)
            {
                using var device = new HostDevice(threads, Enum.Parse<VectorWidth>(width));
                using var scope = device.BeginScope();
                return Conv2d.WeightPullback(x.On(device), weight, options, dy.On(device), ConvAlgorithm.Winograd4).ToArray();
            }

            float[] dWeight = Run(1);
            Close.Check(Reference.Conv2dWeightGradient(x, weight, options, dy).Values, dWeight, 2e-5);
            Assert.Equal(dWeight, Run(2));
            Assert.Equal(dWeight, Run(3));
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Sums_over_thousands_of_tiles_are_as_accurate(string width)
    {
        // Two chunks, each summed in nine lengths; images with a mean, as after a ReLU. The plain algorithm is tested against double loops.
        (Shape shape, Shape weight, Conv2dOptions options) = ([16, 56, 56, 16], [32, 16, 3, 3], new() { Padding = 1 });
        var x = Numbers.Normal(Key.Fold("x"), shape);
        var positive = new Numbers(shape, [.. x.Values.Select(value => Math.Max(0, value))]);
        var dy = Numbers.Normal(Key.Fold("dy"), [16, 56, 56, 32]);
        float[] Run(int threads, ConvAlgorithm algorithm)
        {
            using var device = new HostDevice(threads, Enum.Parse<VectorWidth>(width));
            using var scope = device.BeginScope();
            return Conv2d.WeightPullback(positive.On(device), weight, options, dy.On(device), algorithm).ToArray();
        }

        float[] dWeight = Run(2, ConvAlgorithm.Winograd4);
        Close.Check(Run(2, ConvAlgorithm.Gathered), dWeight, 2e-5);
        Assert.Equal(dWeight, Run(3, ConvAlgorithm.Winograd4));
    }

    [Fact]
    public void Training_takes_tiles_of_four_where_there_are_enough_of_them()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        Tensor<float> Of(params int[] shape) => Tensor<float>.Zeros(device, new Shape(shape));
        Assert.Equal(ConvAlgorithm.Winograd4, ConvChoice.InTraining(Of(4, 16, 16, 32), [32, 32, 3, 3], new() { Padding = 1 }));
        Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.InTraining(Of(4, 16, 12, 32), [32, 32, 3, 3], new() { Padding = 1 }));
        Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.InTraining(Of(4, 16, 16, 32), [32, 32, 3, 3], new() { Padding = 1, Stride = 2 }));
        Assert.Equal(ConvAlgorithm.Winograd4, ConvChoice.OfInputGradient(Of(4, 16, 16, 32), [32, 16, 3, 3], new() { Padding = 2 }));
        Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.OfInputGradient(Of(4, 20, 20, 32), [32, 16, 3, 3], new() { Padding = 3 }));
        Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.OfInputGradient(Of(4, 16, 16, 32), [32, 3, 3, 3], new() { Padding = 1 }));
    }

    [Fact]
    public void More_padding_than_the_kernel_is_refused()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var (weight, dy) = (Tensor<float>.Zeros(device, [16, 16, 3, 3]), Tensor<float>.Zeros(device, [1, 8, 8, 16]));
        var e = Assert.Throws<ShapeException>(() =>
            Conv2d.InputPullback([1, 4, 4, 16], weight, new() { Padding = 3 }, dy, ConvAlgorithm.Winograd4)
        );
        Assert.Equal("Conv2d: expected padding of 2 at most for the input's gradient by Winograd4, got 3", e.Message);
    }
}

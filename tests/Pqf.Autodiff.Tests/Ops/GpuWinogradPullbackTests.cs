using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>Gradients of 3 × 3 convolutions by Winograd's F(4 × 4, 3 × 3) on GPUs, to the accuracy that <see cref="ConvAlgorithm"/>
/// states; those of the host are in <see cref="WinogradPullbackTests"/>.</summary>
public class GpuWinogradPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    const double Tolerance = 2e-5;

    static readonly RngKey Key = RngKey.FromSeed(29);

    /// <summary>x [N, H, W, C], output channels, padding.</summary>
    public sealed record Layer(Shape X, int OutChannels, Pair Padding)
    {
        public Shape Weight => [OutChannels, X[3], 3, 3];

        public Conv2dOptions Options => new() { Padding = Padding };

        public Numbers Dy => Numbers.Normal(Key.Fold("dy"), Conv2d.OutputShape(X, Weight, Options));

        public override string ToString() => $"{X} to {OutChannels}, padding {Padding}";
    }

    // Less than a tile, parts of tiles on both sides, each padding, more and fewer channels than a product's tile, several images.
    static readonly Layer[] Layers =
    [
        new([1, 3, 3, 16], 16, 0),
        new([1, 1, 2, 16], 32, 1),
        new([2, 9, 6, 48], 80, new Pair(0, 2)),
        new([3, 7, 7, 80], 48, 1),
        new([0, 4, 4, 16], 16, 1),
        new([2, 30, 29, 16], 64, 1),
    ];

    static DeviceKind[] Gpus => [.. DeviceKinds.All.Where(kind => kind != DeviceKind.Host)];

    public static MatrixTheoryData<DeviceKind, Layer> Cases => new(Gpus, Layers);

    [Theory, MemberData(nameof(Cases))]
    public void Input_gradient_agrees_with_double_loops(DeviceKind kind, Layer layer)
    {
        var (weight, dy) = (Numbers.Normal(Key.Fold("weight"), layer.Weight), layer.Dy);
        var device = Use(kind, 2 * Math.Max(layer.X.Count, dy.Shape.Count));
        AssertClose(
            Reference.Conv2dInputGradient(layer.X, weight, layer.Options, dy),
            Conv2d.InputPullback(layer.X, weight.On(device), layer.Options, dy.On(device), ConvAlgorithm.Winograd4)
        );
    }

    [Theory, MemberData(nameof(Cases))]
    public void Weight_gradient_agrees_with_double_loops(DeviceKind kind, Layer layer)
    {
        var (x, dy) = (Numbers.Normal(Key.Fold("x"), layer.X), layer.Dy);
        var device = Use(kind, 2 * Math.Max(layer.X.Count, dy.Shape.Count));
        AssertClose(
            Reference.Conv2dWeightGradient(x, layer.Weight, layer.Options, dy),
            Conv2d.WeightPullback(x.On(device), layer.Weight, layer.Options, dy.On(device), ConvAlgorithm.Winograd4)
        );
    }

    public static TheoryData<DeviceKind> Kinds => [.. Gpus];

    [Theory, MemberData(nameof(Kinds))]
    public void Weight_gradients_of_chunks_of_tiles_add_up(DeviceKind kind)
    {
        var gpu = (GpuDevice)Use(kind);
        var layer = new Layer([3, 7, 9, 16], 32, 1); // 3 images of 2 × 3 tiles
        var (x, dy) = (Numbers.Normal(Key.Fold("x"), layer.X), layer.Dy);
        var dWeight = Tensor<float>.Zeros(gpu, layer.Weight);
        const int FourTiles = 4 * 36 * (16 + 32) * sizeof(float);
        var geometry = Conv2d.Geometry(layer.X, layer.Weight, layer.Options);
        GpuWinogradGradient.Run(gpu, geometry, x.On(gpu), dy.On(gpu), dWeight, FourTiles);
        AssertClose(Reference.Conv2dWeightGradient(x, layer.Weight, layer.Options, dy), dWeight);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void What_it_cannot_compute_is_refused(DeviceKind kind)
    {
        var device = Use(kind);
        var (weight, dy) = (Tensor<float>.Zeros(device, [16, 16, 3, 3]), Tensor<float>.Zeros(device, [1, 8, 8, 16]));
        string InputMessage(Shape x, Conv2dOptions options) =>
            Assert.Throws<ShapeException>(() => Conv2d.InputPullback(x, weight, options, dy, ConvAlgorithm.Winograd4)).Message;
        Assert.Equal(
            "Conv2d: expected padding of 2 at most for the input's gradient by Winograd4, got 3",
            InputMessage([1, 4, 4, 16], new() { Padding = 3 })
        );
        Assert.StartsWith(
            "Conv2d: expected 3×3 weights in sixteens of channels, stride 1, dilation 1 and one group for Winograd4",
            InputMessage([1, 16, 16, 16], new() { Padding = 1, Stride = 2 }),
            StringComparison.Ordinal
        );
        var x = Tensor<float>.Zeros(device, [1, 16, 16, 16]);
        Assert.StartsWith(
            "Conv2d: expected Gathered, or Winograd4 for 3×3 weights",
            Assert
                .Throws<ShapeException>(() =>
                    Conv2d.WeightPullback(x, weight.Shape, new() { Padding = 1, Stride = 2 }, dy, ConvAlgorithm.Winograd4)
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    static void AssertClose(Expected expected, Tensor<float> actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Close.Check(expected.Values, actual.ToArray(), Tolerance);
    }
}

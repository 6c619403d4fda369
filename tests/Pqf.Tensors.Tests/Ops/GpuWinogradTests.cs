using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>Winograd's F(4 × 4, 3 × 3) on GPUs; what the host computes is in <see cref="Host.WinogradTests"/>.</summary>
public class GpuWinogradTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(17);

    /// <summary>x [N, H, W, C], output channels, padding.</summary>
    public sealed record Layer(Shape X, int OutChannels, Pair Padding)
    {
        public Shape Weight => [OutChannels, X[3], 3, 3];

        public override string ToString() => $"{X} to {OutChannels}, padding {Padding}";
    }

    // One output and less than a tile, whole tiles, tiles cut on both sides; one image and several; every padding.
    static readonly Layer[] Layers =
    [
        new([1, 3, 3, 16], 16, 0),
        new([1, 1, 1, 16], 32, 1),
        new([1, 7, 7, 32], 48, 1),
        new([3, 5, 9, 16], 32, 1),
        new([1, 5, 9, 48], 16, 0),
        new([1, 9, 6, 16], 16, new Pair(0, 1)),
        new([1, 8, 3, 16], 16, new Pair(4, 2)),
        new([0, 8, 8, 16], 16, 1),
        new([3, 7, 7, 48], 80, 1), // a product of two tiles of columns
        new([2, 33, 29, 16], 64, 1), // and of two tiles of rows
    ];

    static DeviceKind[] Gpus => [.. DeviceKinds.All.Where(kind => kind != DeviceKind.Host)];

    public static MatrixTheoryData<DeviceKind, Layer> Cases => new(Gpus, Layers);

    [Theory, MemberData(nameof(Cases))]
    public void Equals_the_double_loops_with_bias_and_residual(DeviceKind kind, Layer layer)
    {
        var (x, weight, bias) = Of(layer);
        var options = new Conv2dOptions { Padding = layer.Padding };
        var residual = Numbers.Normal(Key.Fold("residual"), Conv2d.OutputShape(layer.X, layer.Weight, options));
        var device = Use(kind, Math.Max(residual.Shape.Count, layer.X.Count));
        var plan = Conv2dPlan.Create(weight.On(device), bias.On(device), options, ConvAlgorithm.Winograd4);
        var y = plan.Forward(x.On(device), residual.On(device), Tail.None);
        AssertClose(Reference.Conv2d(x, weight, bias, options, residual), y, TailCase.None);
    }

    public static MatrixTheoryData<DeviceKind, TailCase> Tails => new(Gpus, TailCase.All);

    [Theory, MemberData(nameof(Tails))]
    public void Ends_with_its_tail(DeviceKind kind, TailCase tail)
    {
        var device = Use(kind);
        var (x, weight, _) = Of(Layers[2]);
        var options = new Conv2dOptions { Padding = 1 };
        var plan = Conv2dPlan.Create(weight.On(device), null, options, ConvAlgorithm.Winograd4);
        AssertClose(Reference.Conv2d(x, weight, null, options), plan.Forward(x.On(device), null, tail.Tail), tail);
    }

    public static TheoryData<DeviceKind> Kinds => [.. Gpus];

    [Theory, MemberData(nameof(Kinds))]
    public void May_write_over_its_residual(DeviceKind kind)
    {
        var device = Use(kind);
        var (x, weight, _) = Of(Layers[2]);
        var options = new Conv2dOptions { Padding = 1 };
        var residual = Numbers.Normal(Key.Fold("residual"), [1, 7, 7, 48]);
        var y = residual.On(device);
        Conv2dPlan.Create(weight.On(device), null, options, ConvAlgorithm.Winograd4).ForwardInto(x.On(device), y, Tail.Relu, y);
        AssertClose(Reference.Conv2d(x, weight, null, options, residual), y, TailCase.Relu);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Padding_may_differ_from_side_to_side(DeviceKind kind)
    {
        var device = Use(kind);
        var (x, weight, bias) = Of(Layers[3]);
        var options = new Conv2dOptions { Padding = new Pair(0, 1), EndPadding = new Pair(2, 0) };
        var y = Conv2d.Forward(x.On(device), weight.On(device), bias.On(device), options, ConvAlgorithm.Winograd4);
        AssertClose(Reference.Conv2d(x, weight, bias, options), y, TailCase.None);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Tiles_in_chunks_are_the_same_tiles(DeviceKind kind)
    {
        var gpu = (GpuDevice)Use(kind);
        var (x, weight, _) = Of(Layers[3]); // 3 images of 2 × 3 tiles
        var options = new Conv2dOptions { Padding = 1 };
        var y = Tensor<float>.Zeros(gpu, [3, 5, 9, 32]);
        const int FourTiles = 4 * 36 * (16 + 32) * sizeof(float);
        GpuWinograd.Run(
            gpu,
            Conv2d.Geometry(x.Shape, weight.Shape, options),
            x.On(gpu),
            GpuWinograd.Weights(gpu, weight.On(gpu)),
            TileOutput.Of(y, null, Tail.None, 32),
            FourTiles
        );
        AssertClose(Reference.Conv2d(x, weight, null, options), y, TailCase.None);
    }

    [Theory]
    [InlineData(56, 64, 64, 3584)] // 64 MiB hold 3640
    [InlineData(7, 512, 512, 384)] // 455
    [InlineData(7, 4096, 4096, 56)]
    public void Chunks_are_whole_tiles_of_a_product(int side, int inChannels, int outChannels, int expected)
    {
        var options = new Conv2dOptions { Padding = 1 };
        var geometry = Conv2d.Geometry([32, side, side, inChannels], [outChannels, inChannels, 3, 3], options);
        Assert.Equal(expected, GpuWinogradTiles.Of(geometry).Within(64 << 20));
    }

    /// <summary>Images, their rows and columns, channels; and what is chosen.</summary>
    public sealed record Choice(int Images, int Side, int Channels, ConvAlgorithm Algorithm);

    // As an H200 measured them (bench/results/NVIDIA-H200-gpu.md): tiles times output channels decide.
    static readonly Choice[] Choices =
    [
        new(1, 56, 64, ConvAlgorithm.Gathered), // 12,544
        new(8, 7, 512, ConvAlgorithm.Winograd4), // 16,384
        new(32, 56, 24, ConvAlgorithm.Gathered), // not in sixteens
    ];

    public static MatrixTheoryData<DeviceKind, Choice> ChoiceCases => new(Gpus, Choices);

    [Theory, MemberData(nameof(ChoiceCases))]
    public void Is_chosen_where_there_are_many_tiles_and_channels(DeviceKind kind, Choice choice)
    {
        var device = Use(kind);
        var x = Tensor<float>.Rent(device, [choice.Images, choice.Side, choice.Side, choice.Channels]);
        Shape weight = [choice.Channels, choice.Channels, 3, 3];
        var options = new Conv2dOptions { Padding = 1 };
        Assert.Equal(choice.Algorithm, ConvChoice.Of(device, x.Shape, weight, options, PlanMemory.Fast));
        Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.Of(device, x.Shape, weight, options, PlanMemory.Low));
        Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.Of(device, x.Shape, weight, options with { Stride = 2 }, PlanMemory.Fast));
        Assert.Equal(choice.Algorithm, ConvChoice.InTraining(x, weight, options));
        Assert.Equal(choice.Algorithm, ConvChoice.OfInputGradient(x, weight, options));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Tiles_of_two_are_for_the_host(DeviceKind kind)
    {
        var device = Use(kind);
        Shape weight = [16, 16, 3, 3];
        Assert.False(ConvChoice.Fits(device, ConvAlgorithm.Winograd2, weight, new() { Padding = 1 }));
        var e = Assert.Throws<ShapeException>(() =>
            Conv2dPlan.Create(Tensor<float>.Zeros(device, weight), null, new() { Padding = 1 }, ConvAlgorithm.Winograd2)
        );
        Assert.Equal(
            "Conv2d: expected 3×3 weights in sixteens of channels, stride 1, dilation 1 and one group on the host for Winograd2, got "
                + $"[16, 16, 3, 3] on {device.Name}",
            e.Message
        );
    }

    static (Numbers X, Numbers Weight, Numbers Bias) Of(Layer layer) =>
        (
            Numbers.Normal(Key.Fold("x"), layer.X),
            Numbers.Normal(Key.Fold("weight"), layer.Weight),
            Numbers.Normal(Key.Fold("bias"), [layer.OutChannels])
        );

    /// <summary>Within the bound that <see cref="ConvAlgorithm.Winograd4"/> states; tails grow no error.</summary>
    static void AssertClose(Expected sums, Tensor<float> actual, TailCase tail)
    {
        Assert.Equal(sums.Shape, actual.Shape);
        double tolerance = (2e-5 * sums.Values.Select(Math.Abs).DefaultIfEmpty().Max()) + tail.Rounding;
        float[] values = actual.ToArray();
        for (int i = 0; i < values.Length; i++)
            Assert.InRange(values[i], tail.Of(sums.Values[i]) - tolerance, tail.Of(sums.Values[i]) + tolerance);
    }
}

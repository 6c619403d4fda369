using System.Runtime.InteropServices;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Tensors.Ops.Quantisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>What holds on the host beside the values: neither threads nor, but for rounding, the width of vectors matter.</summary>
public class HostPullbackTests
{
    static readonly RngKey Key = RngKey.FromSeed(26);

    static readonly (Shape X, Shape Weight, Conv2dOptions Options)[] Layers =
    [
        ([2, 9, 8, 16], [40, 16, 3, 3], new() { Padding = 1 }),
        ([3, 15, 14, 33], [70, 33, 3, 3], new() { Stride = 2, Padding = 1 }),
        ([2, 30, 44, 3], [64, 3, 7, 7], new() { Stride = 2, Padding = 3 }),
        ([1, 7, 7, 300], [290, 300, 1, 1], new()),
        ([4, 28, 28, 16], [32, 16, 3, 3], new() { Padding = 1 }),
        ([1, 6, 6, 8], [12, 2, 3, 3], new() { Padding = 1, Groups = 4 }),
        ([1, 6, 7, 128], [128, 4, 3, 3], new() { Padding = 1, Groups = 32 }),
    ];

    static readonly Dictionary<string, Func<HostDevice, IEnumerable<Tensor<float>>>> Runs = new()
    {
        ["Conv2d"] = device =>
            Layers.SelectMany(layer =>
            {
                var (x, weight) = (Draw(device, "x", layer.X), Draw(device, "weight", layer.Weight));
                var dy = Draw(device, "dy", Conv2d.Forward(x, weight, null, layer.Options).Shape);
                return (Tensor<float>[])
                    [Conv2d.InputPullback(x.Shape, weight, layer.Options, dy), Conv2d.WeightPullback(x, weight.Shape, layer.Options, dy)];
            }),
        ["BatchNorm"] = device =>
        {
            var (x, weight, dy) = (Draw(device, "x", [3, 41, 40, 70]), Draw(device, "weight", [70]), Draw(device, "dy", [3, 41, 40, 70]));
            var (mean, variance) = Reduce.MeanAndVariance(x);
            var y = BatchNorm.Forward(x, weight, weight, mean, variance, 1e-5f, dy, Tail.Relu);
            var gradients = BatchNorm.Pullback(x, weight, mean, variance, 1e-5f, StatisticsOf.Batch, Tail.Relu, y, dy);
            return [mean, variance, y, gradients.DX, gradients.DWeight, gradients.DBias, gradients.DSum];
        },
        ["Pools"] = device =>
        {
            var (x, dy) = (Draw(device, "x", [2, 30, 31, 33]), Draw(device, "dy", [2, 15, 16, 33]));
            return [MaxPool2d.Pullback(x, MaxPool2d.Forward(x, 3, 2, 1), 3, 2, 1, dy), AvgPool2d.Pullback(x.Shape, 3, 2, 1, dy)];
        },
        ["DecodeCodes"] = device =>
        {
            var codes = Tensor<ushort>.From(device, [5000], [.. Enumerable.Range(0, 5000).Select(i => (ushort)Key.Below(37, (ulong)i))]);
            return [DecodeCodes.Pullback(CodeIndex.Create(codes, 37), Draw(device, "dw", [5000, 9]), 9)];
        },
        ["ConvTranspose2d"] = device =>
        {
            var (x, weight, options) = (
                Draw(device, "x", [3, 14, 14, 33]),
                Draw(device, "weight", [33, 40, 2, 2]),
                new ConvTranspose2dOptions { Stride = 2 }
            );
            var y = ConvTranspose2d.Forward(x, weight, null, options);
            return
            [
                y,
                ConvTranspose2d.InputPullback(x.Shape, weight, options, y),
                ConvTranspose2d.WeightPullback(x, weight.Shape, options, y),
            ];
        },
        ["RoiAlign"] = device =>
        {
            Shape map = [2, 50, 40, 53];
            var boxes = Tensor<float>.From(
                device,
                [60, 5],
                [.. Enumerable.Range(0, 60).SelectMany(i => (float[])[i % 2, i, 2 * i, (3 * i) + 9, (3 * i) + 7.5f])]
            );
            var (rois, options) = (Rois.Create(boxes, 0.25f), new RoiAlignOptions { SamplingRatio = -1 });
            return
            [
                RoiAlign.Forward([Draw(device, "x", map)], rois, options),
                RoiAlign.Pullback(map, rois, 0, options, Draw(device, "dy", [60, 7, 7, 53])),
            ];
        },
        ["Interpolate"] = device =>
            Enum.GetValues<InterpolationMode>()
                .SelectMany(mode =>
                    (Tensor<float>[])
                        [
                            Interpolate.Forward(Draw(device, "x", [2, 13, 20, 37]), new Pair(27, 31), mode),
                            Interpolate.Pullback([2, 13, 20, 37], mode, Draw(device, "dy", [2, 27, 31, 37])),
                        ]
                ),
        ["IndexSelect"] = device =>
            [
                IndexSelect.Pullback(
                    [400, 53],
                    0,
                    [.. Enumerable.Range(0, 2000).Select(i => Key.Below(300, (ulong)i))],
                    Draw(device, "dy", [2000, 53])
                ),
            ],
        ["Losses"] = device =>
        {
            var (x, dy) = (Draw(device, "x", [50, 1001]), Draw(device, "dy", [50, 1001]));
            var target = Softmax.Forward(dy);
            var loss = CrossEntropy.Forward(x, target);
            return
            [
                BinaryCrossEntropy.Forward(x, target),
                BinaryCrossEntropy.Pullback(x, target, loss),
                SmoothL1.Forward(x, dy, 0.5f),
                SmoothL1.Pullback(x, dy, 0.5f, loss),
                loss,
                CrossEntropy.Pullback(x, target, loss),
                Softmax.Pullback(target, x),
                LogSoftmax.Pullback(LogSoftmax.Forward(x), dy),
            ];
        },
        ["Map"] = device =>
            [
                Map.Pullback<Relu>(Draw(device, "x", [100_003]), Draw(device, "dy", [100_003])),
                Scale.Forward(Draw(device, "x", [100_003]), 3),
            ],
    };

    public static MatrixTheoryData<string, string> Cases => new([.. Runs.Keys], Enum.GetNames<VectorWidth>());

    [Theory, MemberData(nameof(Cases))]
    public void Results_do_not_depend_on_the_number_of_threads(string op, string width)
    {
        byte[] one = Run(op, 1, width);
        Assert.Equal(one, Run(op, 2, width));
        Assert.Equal(one, Run(op, 3, width));
    }

    [Theory, InlineData("Conv2d"), InlineData("ConvTranspose2d"), InlineData("BatchNorm"), InlineData("RoiAlign")]
    public void Both_widths_agree(string op) =>
        Close.Check(
            MemoryMarshal.Cast<byte, float>(Run(op, 2, nameof(VectorWidth.Bits512))),
            MemoryMarshal.Cast<byte, float>(Run(op, 2, nameof(VectorWidth.Bits256))),
            1e-5
        );

    static byte[] Run(string op, int threads, string width)
    {
        using var device = new HostDevice(threads, Enum.Parse<VectorWidth>(width));
        byte[] result;
        using (device.BeginScope())
            result = [.. Runs[op](device).SelectMany(tensor => MemoryMarshal.AsBytes<float>(tensor.ToArray()).ToArray())];
        Assert.Equal(0, device.LiveBuffers);
        return result;
    }

    static Tensor<float> Draw(Device device, string name, Shape shape) => Numbers.Normal(Key.Fold(name), shape).On(device);
}

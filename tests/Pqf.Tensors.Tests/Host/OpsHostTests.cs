using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Tensors.Ops.Products;
using Pqf.Tensors.Ops.Quantisation;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

/// <summary>What holds on the host for the ops that go through memory once; their values are checked on every device, in Ops.</summary>
public class OpsHostTests
{
    // Channel counts around whole vectors; row counts around the chunks of 16,384 floats.
    static readonly Shape[] Images =
    [
        [1, 1, 1, 1],
        [2, 5, 7, 3],
        [1, 9, 8, 16],
        [3, 20, 17, 33],
        [1, 40, 41, 64],
        [2, 3, 3, 600],
    ];

    public static TheoryData<string> Ops => [.. Runs.Keys];

    static readonly Dictionary<string, Func<HostDevice, Tensor<float>, Tensor<float>>> Runs = new()
    {
        ["Add"] = (device, x) => Add.Forward(x, HostCases.Tensor(device, x.Shape, 2)),
        ["Map"] = (_, x) => Map.Forward<Relu>(x),
        ["BatchNorm"] = (device, x) =>
            BatchNorm.Forward(
                x,
                Vector(device, x, 3),
                Vector(device, x, 4),
                Vector(device, x, 5),
                Tensor<float>.From(device, [x.Shape.Last], [.. Enumerable.Repeat(0.7f, x.Shape.Last)]),
                1e-5f
            ),
        ["MaxPool2d"] = (_, x) => MaxPool2d.Forward(x, 3, 2, 1),
        ["AvgPool2d"] = (_, x) => AvgPool2d.Forward(x, 3, 2, 1),
        ["GlobalAvgPool2d"] = (_, x) => AvgPool2d.Global(x),
        ["Softmax"] = (_, x) => Softmax.Forward(x),
        ["SumRows"] = (_, x) => Reduce.SumRows(x),
        ["Mean"] = (_, x) => Reduce.MeanAndVariance(x).Mean,
        ["Variance"] = (_, x) => Reduce.MeanAndVariance(x).Variance,
        ["IndexSelect rows"] = (_, x) => IndexSelect.Forward(x, 1, [.. Enumerable.Range(0, x.Shape[1]).Reverse()]),
        ["IndexSelect channels"] = (_, x) => IndexSelect.Forward(x, 3, [.. Enumerable.Range(0, x.Shape[3]).Reverse()]),
        ["ToChannelsFirst"] = (_, x) => ChannelOrder.ToChannelsFirst(x),
        ["ToChannelsLast"] = (_, x) => ChannelOrder.ToChannelsLast(x),
        ["DecodeCodes"] = (device, x) =>
            DecodeCodes.Forward(
                HostCases.Tensor(device, [200, x.Shape.Last], 6),
                Tensor<ushort>.From(device, [x.Shape.Count / x.Shape.Last], Codes(x.Shape.Count / x.Shape.Last)),
                x.Shape
            ),
        ["Linear"] = (device, x) =>
            Linear.Forward(x.Reshape([x.Shape.Count / x.Shape.Last, x.Shape.Last]), HostCases.Tensor(device, [37, x.Shape.Last], 7), null),
    };

    [Theory]
    [MemberData(nameof(Ops))]
    public void Result_does_not_depend_on_the_number_of_threads(string op)
    {
        foreach (var shape in Images.Append([1, 57, 300, 5]))
            HostCases.AssertThreadsDoNotMatter(
                VectorWidth.Bits512,
                device =>
                {
                    var x = HostCases.Tensor(
                        device,
                        op.Contains("Pool", StringComparison.Ordinal) && shape[1] < 2 ? [1, 2, 2, 5] : shape,
                        1
                    );
                    return Runs[op](device, x).ToArray();
                }
            );
    }

    [Fact]
    public void Max_pool_gives_not_a_number_wherever_one_is_under_the_window() =>
        HostCases.With(
            2,
            VectorWidth.Bits512,
            device =>
            {
                const int Channels = 37; // whole vectors and a rest
                for (int place = 0; place < 4; place++)
                {
                    float[] x = HostCases.Values(4 * Channels, 1);
                    Array.Fill(x, float.NaN, place * Channels, Channels);
                    Assert.All(
                        MaxPool2d.Forward(Tensor<float>.From(device, [1, 2, 2, Channels], x), 2, 1, 0).ToArray(),
                        value => Assert.Equal(float.NaN, value)
                    );
                }

                return 0;
            }
        );

    [Fact]
    public void Transposition_is_undone_by_the_other_one() =>
        HostCases.With(
            2,
            VectorWidth.Bits512,
            device =>
            {
                foreach (var shape in Images.Append([1, 300, 2, 270]))
                {
                    var x = HostCases.Tensor(device, shape, 1);
                    var first = ChannelOrder.ToChannelsFirst(x);
                    Assert.Equal(x.ToArray(), ChannelOrder.ToChannelsLast(first).ToArray());
                    var last = ChannelOrder.ToChannelsLast(device, first.Shape, first.ToArray());
                    Assert.Equal(x.Shape, last.Shape);
                    Assert.Equal(x.ToArray(), last.ToArray());
                }

                return 0;
            }
        );

    [Fact]
    public void Values_of_another_number_than_the_shape_has_are_refused()
    {
        using var device = new HostDevice(1);
        Assert.Throws<ShapeException>(() => ChannelOrder.ToChannelsLast(device, [1, 2, 3, 4], new float[23]));
        Assert.Throws<ShapeException>(() => ChannelOrder.ToChannelsLast(device, [2, 3, 4], new float[24]));
    }

    [Fact]
    public void Sums_of_many_rows_lose_nothing() =>
        HostCases.With(
            2,
            VectorWidth.Bits512,
            device =>
            {
                float[] values = new float[3_000_000];
                Array.Fill(values, 0.1f);
                Assert.Equal(
                    [(float)(1_000_000 * (double)0.1f), (float)(1_000_000 * (double)0.1f), (float)(1_000_000 * (double)0.1f)],
                    Reduce.SumRows(Tensor<float>.From(device, [1_000_000, 3], values)).ToArray()
                );
                return 0;
            }
        );

    static Tensor<float> Vector(Device device, Tensor<float> x, ulong seed) => HostCases.Tensor(device, [x.Shape.Last], seed);

    static ushort[] Codes(int count) => [.. Enumerable.Range(0, count).Select(i => (ushort)(i * 31 % 200))];
}

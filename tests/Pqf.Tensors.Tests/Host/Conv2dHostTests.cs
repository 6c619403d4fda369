using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Quantisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class Conv2dHostTests
{
    static readonly (Shape X, Shape Weight, Conv2dOptions Options)[] Layers =
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], new()),
        ([2, 5, 7, 16], [32, 16, 1, 1], new()),
        ([1, 8, 8, 64], [40, 64, 1, 1], new() { Stride = 2 }),
        ([2, 9, 8, 16], [33, 16, 3, 3], new() { Padding = 1 }),
        ([1, 9, 8, 48], [64, 48, 3, 3], new() { Padding = 1, Stride = 2 }),
        ([1, 7, 7, 80], [70, 80, 3, 3], new() { Padding = 1 }),
        ([2, 23, 30, 3], [64, 3, 7, 7], new() { Padding = 3, Stride = 2 }),
        ([1, 28, 57, 3], [40, 3, 7, 7], new() { Padding = 3, Stride = 2 }),
        ([1, 30, 56, 3], [40, 3, 7, 7], new() { Padding = 3, Stride = 2 }), // rows of 28 pixels: whole tiles
        ([2, 9, 21, 3], [33, 3, 3, 3], new() { Padding = 1, Stride = 2 }),
        ([1, 9, 8, 6], [5, 6, 3, 1], new() { Padding = new Pair(1, 0) }),
        ([1, 11, 13, 3], [10, 3, 3, 5], new() { Padding = new Pair(2, 1), Stride = new Pair(1, 3) }),
        ([1, 10, 12, 5], [17, 5, 3, 2], new() { Padding = 2, Dilation = new Pair(2, 3) }),
        ([1, 10, 12, 16], [17, 16, 3, 3], new() { Padding = new Pair(2, 0), Dilation = 2 }),
        ([2, 6, 6, 8], [12, 2, 3, 3], new() { Padding = 1, Groups = 4 }),
        ([1, 6, 5, 64], [64, 32, 3, 3], new() { Padding = 1, Groups = 2 }),
        ([1, 5, 6, 7], [7, 1, 3, 3], new() { Padding = 1, Groups = 7 }),
        ([1, 6, 7, 128], [128, 4, 3, 3], new() { Padding = 1, Groups = 32 }),
        // Groups of one vector or less: the last half of a vector, rows and columns of several items, large strides and kernels.
        ([2, 6, 5, 24], [24, 2, 3, 3], new() { Padding = 1, Groups = 12 }),
        ([1, 9, 60, 16], [16, 4, 3, 3], new() { Padding = 1, Groups = 4 }),
        ([1, 31, 9, 40], [40, 8, 3, 3], new() { Padding = 1, Groups = 5 }),
        (
            [2, 9, 8, 48],
            [48, 8, 3, 3],
            new()
            {
                Padding = 1,
                Stride = 2,
                Groups = 6,
            }
        ),
        ([1, 7, 9, 32], [32, 16, 3, 3], new() { Padding = 1, Groups = 2 }),
        (
            [1, 11, 9, 16],
            [16, 8, 5, 3],
            new()
            {
                Padding = new Pair(2, 0),
                Dilation = new Pair(1, 2),
                Groups = 2,
            }
        ),
        (
            [1, 11, 120, 8],
            [8, 4, 3, 3],
            new()
            {
                Padding = 1,
                Stride = new Pair(1, 2),
                Groups = 2,
            }
        ),
        (
            [1, 13, 13, 8],
            [8, 4, 3, 3],
            new()
            {
                Padding = 1,
                Stride = 3,
                Groups = 2,
            }
        ),
        ([1, 40, 41, 8], [8, 4, 2, 2], new() { Dilation = 35, Groups = 2 }),
        ([1, 1, 1, 16], [16, 4, 3, 3], new() { Padding = 1, Groups = 4 }),
        // Sums in two parts, and last panels of one vector or less.
        ([1, 2, 3, 1500], [16, 1500, 1, 1], new()),
        ([1, 2, 3, 1500], [24, 1500, 1, 1], new()),
        ([1, 2, 3, 1500], [5, 1500, 1, 1], new()),
        ([3, 1, 1, 50], [21, 50, 1, 1], new()),
        ([1, 1, 1, 2048], [1000, 2048, 1, 1], new()),
        ([1, 4, 4, 1], [3, 1, 4, 4], new() { Padding = 3 }),
        ([1, 30, 30, 20], [16, 20, 9, 9], new() { Padding = 4, Stride = 3 }),
    ];

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Equals_the_double_loops_with_bias_residual_and_tail(string width)
    {
        foreach (var layer in Layers)
        foreach (var tail in TailCase.All)
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    var (x, weight, bias) = Inputs(device, layer.X, layer.Weight);
                    var plan = Conv2dPlan.Create(weight, bias, layer.Options);
                    var residual = HostCases.Tensor(device, plan.OutputShape(x.Shape), 4);
                    AssertConvolution(x, weight, bias, residual, layer.Options, tail, plan.Forward(x, residual, tail.Tail));
                    AssertConvolution(x, weight, bias, null, layer.Options, tail, plan.Forward(x, null, tail.Tail));
                    AssertConvolution(
                        x,
                        weight,
                        null,
                        null,
                        layer.Options,
                        tail,
                        Conv2dPlan.Create(weight, null, layer.Options).Forward(x, null, tail.Tail)
                    );
                    return 0;
                }
            );
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Weights_packed_from_their_codes_are_those_decoded_and_scaled_first(string width)
    {
        foreach (var layer in Layers)
        foreach (int d in Divisors(layer.Weight.Count / layer.Weight[0]))
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    var (codebook, codes) = Blocks(device, layer.Weight, d);
                    var x = HostCases.Tensor(device, layer.X, 1);
                    var bias = HostCases.Tensor(device, [layer.Weight[0]], 3);
                    double[] scales = [.. HostCases.Values(layer.Weight[0], 5).Select(value => 1 / (value + 1.5))];
                    float[] weight = DecodeCodes.Forward(codebook, codes, layer.Weight).ToArray();
                    int row = weight.Length / scales.Length;
                    var scaled = Tensor<float>.From(
                        device,
                        layer.Weight,
                        [.. weight.Select((value, i) => (float)(value * scales[i / row]))]
                    );
                    Assert.Equal(
                        Conv2dPlan.Create(scaled, bias, layer.Options).Forward(x, null, Tail.None).ToArray(),
                        Conv2dPlan
                            .FromCodes(codebook, codes, layer.Weight, scales, bias, layer.Options)
                            .Forward(x, null, Tail.None)
                            .ToArray()
                    );
                    Assert.Equal(
                        Conv2dPlan
                            .Create(Tensor<float>.From(device, layer.Weight, weight), null, layer.Options)
                            .Forward(x, null, Tail.None)
                            .ToArray(),
                        Conv2dPlan.FromCodes(codebook, codes, layer.Weight, null, null, layer.Options).Forward(x, null, Tail.None).ToArray()
                    );
                    return 0;
                }
            );
    }

    static IEnumerable<int> Divisors(int row) => new[] { 1, 2, 3, 4, 9, 18, row }.Where(d => row % d == 0).Distinct();

    static (Tensor<float> Codebook, Tensor<ushort> Codes) Blocks(HostDevice device, Shape weight, int d)
    {
        const int K = 7;
        int row = weight.Count / weight[0];
        ushort[] codes = [.. HostCases.Values(weight.Count / d, 6).Select(value => (ushort)((value + 1) / 2 * K))];
        return (HostCases.Tensor(device, [K, d], 7), Tensor<ushort>.From(device, [weight[0], row / d], codes));
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Does_not_depend_on_the_number_of_threads(string width)
    {
        foreach (var layer in Layers)
            HostCases.AssertThreadsDoNotMatter(
                HostCases.Width(width),
                device =>
                {
                    var (x, weight, bias) = Inputs(device, layer.X, layer.Weight);
                    return Conv2dPlan.Create(weight, bias, layer.Options).Forward(x, null, Tail.Relu).ToArray();
                }
            );
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void May_write_over_its_residual(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var (x, weight, bias) = Inputs(device, [1, 6, 6, 128], [40, 128, 3, 3]); // 1,152 terms: three blocks of the sum
                var options = new Conv2dOptions { Padding = 1 };
                var plan = Conv2dPlan.Create(weight, bias, options);
                var residual = HostCases.Tensor(device, plan.OutputShape(x.Shape), 4);
                float[] expected = plan.Forward(x, residual, Tail.Relu).ToArray();
                plan.ForwardInto(x, residual, Tail.Relu, residual);
                Assert.Equal(expected, residual.ToArray());
                return 0;
            }
        );

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void A_not_a_number_in_the_input_reaches_every_output_over_it(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var x = Tensor<float>.From(device, [1, 1, 3, 1], [1, float.NaN, 2]);
                var weight = Tensor<float>.From(device, [1, 1, 1, 1], [-1]);
                Assert.Equal([0, float.NaN, 0], Conv2dPlan.Create(weight, null, new Conv2dOptions()).Forward(x, null, Tail.Relu).ToArray());
                return 0;
            }
        );

    [Fact]
    public void Allocates_nothing_once_warm() =>
        HostCases.With(
            2,
            VectorWidth.Bits512,
            device =>
            {
                var (x, weight, bias) = Inputs(device, [2, 14, 14, 64], [64, 64, 3, 3]);
                var plan = Conv2dPlan.Create(weight, bias, new Conv2dOptions { Padding = 1 });
                var y = plan.Forward(x, null, Tail.Relu);
                long Run()
                {
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    plan.ForwardInto(x, null, Tail.Relu, y);
                    return GC.GetAllocatedBytesForCurrentThread() - before;
                }

                Run();
                Assert.Equal(0, Run());
                return 0;
            }
        );

    static (Tensor<float> X, Tensor<float> Weight, Tensor<float> Bias) Inputs(Device device, Shape x, Shape weight) =>
        (HostCases.Tensor(device, x, 1), HostCases.Tensor(device, weight, 2), HostCases.Tensor(device, [weight[0]], 3));

    static void AssertConvolution(
        Tensor<float> input,
        Tensor<float> weights,
        Tensor<float>? bias,
        Tensor<float>? residual,
        Conv2dOptions options,
        TailCase tail,
        Tensor<float> result
    )
    {
        var g = Conv2d.Geometry(input.Shape, weights.Shape, options);
        float[] x = input.ToArray(),
            w = weights.ToArray(),
            y = result.ToArray();
        float[]? b = bias?.ToArray(),
            r = residual?.ToArray();
        for (int at = 0; at < y.Length; at++)
        {
            int o = at % g.OutChannels,
                pixel = at / g.OutChannels,
                first = o / g.GroupOutChannels * g.GroupInChannels;
            var (n, oy, ox) = (pixel / (g.OutH * g.OutW), pixel / g.OutW % g.OutH, pixel % g.OutW);
            double sum = (b is null ? 0 : b[o]) + (double)(r is null ? 0 : r[at]),
                magnitude = 2;
            for (int a = 0; a < g.Kernel.H; a++)
            for (int c = 0; c < g.Kernel.W; c++)
            {
                int iy = (oy * options.Stride.H) - options.Padding.H + (a * options.Dilation.H),
                    ix = (ox * options.Stride.W) - options.Padding.W + (c * options.Dilation.W);
                for (int i = 0; i < g.GroupInChannels && iy >= 0 && iy < g.H && ix >= 0 && ix < g.W; i++)
                {
                    double product =
                        (double)x[(((((n * g.H) + iy) * g.W) + ix) * g.InChannels) + first + i]
                        * w[(((((o * g.GroupInChannels) + i) * g.Kernel.H) + a) * g.Kernel.W) + c];
                    sum += product;
                    magnitude += Math.Abs(product);
                }
            }

            HostCases.AssertSum(tail.Of(sum), magnitude, g.Taps, y[at], tail.Rounding);
        }
    }
}

using Pqf.Bench.Network;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Bench.Gpu;

/// <summary>The 3×3 layers of stride 1 of ResNet-18 and 50, as a card computes them by default and by Winograd's F(4 × 4, 3 × 3), in turn:
/// whether a card should choose the latter.</summary>
static class GpuWinogradLayers
{
    // The bound of ConvAlgorithm.Winograd4, as a part of the largest output.
    const double Tolerance = 2e-5;

    // Rows and columns of the image, channels.
    static readonly (int Side, int Channels)[] Layers = [(56, 64), (28, 128), (14, 256), (7, 512)];

    public static void Run(GpuDevice gpu, GpuReport report, double peak, bool isSmall)
    {
        report.Heading("3×3 layers, gathered and by Winograd, with bias, residual and ReLU");
        report.Line("GFLOP/s are of the direct sum, of which Winograd computes a quarter: more than the peak is possible.");
        report.Line("");
        report.Columns("layer", "batch", "gathered ms", "Winograd ms", "ratio", "GFLOP/s", "of peak", "from gathered");
        foreach (int batch in isSmall ? new[] { 1 } : [1, 8, 32, 128])
        foreach (var (side, channels) in Layers)
            Layer(gpu, report, peak, batch, side, channels);
    }

    static void Layer(GpuDevice gpu, GpuReport report, double peak, int batch, int side, int channels)
    {
        using var scope = gpu.BeginScope();
        Shape shape = [batch, side, side, channels];
        var images = Inputs.Several(gpu, shape, "x");
        var residual = Inputs.Uniform(gpu, shape, "residual");
        var weight = Inputs.Uniform(gpu, [channels, channels, 3, 3], "weight");
        var bias = Inputs.Uniform(gpu, [channels], "bias");
        var options = new Conv2dOptions { Padding = 1 };
        Conv2dPlan Plan(ConvAlgorithm algorithm) => Conv2dPlan.Create(weight, bias, options, algorithm);
        var (gathered, winograd) = (Plan(ConvAlgorithm.Gathered), Plan(ConvAlgorithm.Winograd4));
        GpuTimes Times(Conv2dPlan plan) =>
            GpuTimes.Of(
                gpu,
                i =>
                {
                    using var call = gpu.BeginScope();
                    plan.Forward(images[i % images.Length], residual, Tail.Relu);
                }
            );
        double before = Times(gathered).MedianMs,
            ms = Times(winograd).MedianMs,
            direct = Math.Min(before, Times(gathered).MedianMs),
            gflops = 2.0 * shape.Count * 9 * channels / ms / 1e6;
        float[] Values(Conv2dPlan plan) => plan.Forward(images[0], residual, Tail.None).ToArray();
        report.Row(
            $"{channels}-{channels} @{side}",
            batch,
            GpuReport.Number(direct),
            GpuReport.Number(ms),
            GpuReport.Number(ms / direct),
            GpuReport.Number(gflops),
            GpuReport.Percent(gflops / peak),
            report.Compared(NetworkBench.Difference(Values(gathered), Values(winograd)), Tolerance)
        );
    }
}

using Pqf.Bench.Network;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Bench.Gpu;

/// <summary>The 3×3 layers of stride 1 of ResNet-18 and 50 and their gradients, gathered and by Winograd's F(4 × 4, 3 × 3), in turn: what
/// <see cref="ConvChoice"/> chooses by.</summary>
static class GpuWinogradLayers
{
    // What both ways may be off from sums in double, as a part of the largest output: by Winograd and gathered (WinogradAccuracyTests), and
    // gradients either way (WinogradPullbackTests).
    const double OutputTolerance = 2e-5 + 3e-6,
        GradientTolerance = 2e-5 + 2e-5;

    // Rows and columns of the image, channels.
    static readonly (int Side, int Channels)[] Layers = [(56, 64), (28, 128), (14, 256), (7, 512)];

    public static void Run(GpuDevice gpu, GpuReport report, double peak, bool isSmall)
    {
        report.Heading("3×3 layers, gathered and by Winograd, with bias, residual and ReLU");
        report.Line("GFLOP/s are of the direct sum, of which Winograd computes a quarter: more than the peak is possible.");
        report.Line("");
        Columns(report);
        foreach (int batch in isSmall ? new[] { 1 } : [1, 8, 32, 128])
        foreach (var (side, channels) in Layers)
            Forward(gpu, new(report, peak, batch, side, channels, OutputTolerance));
        report.Heading("Their gradients");
        Columns(report);
        foreach (int batch in isSmall ? new[] { 1 } : [8, 32])
        foreach (var (side, channels) in Layers)
            Gradients(gpu, new(report, peak, batch, side, channels, GradientTolerance));
    }

    static void Columns(GpuReport report) =>
        report.Columns("layer", "batch", "gathered ms", "Winograd ms", "ratio", "GFLOP/s", "of peak", "from gathered");

    static void Forward(GpuDevice gpu, Layer layer)
    {
        using var scope = gpu.BeginScope();
        var images = Inputs.Several(gpu, layer.Shape, "x");
        var residual = Inputs.Uniform(gpu, layer.Shape, "residual");
        var weight = Inputs.Uniform(gpu, layer.Weight, "weight");
        var bias = Inputs.Uniform(gpu, [layer.Channels], "bias");
        var plans = ((ConvAlgorithm[])[ConvAlgorithm.Gathered, ConvAlgorithm.Winograd4]).ToDictionary(
            algorithm => algorithm,
            algorithm => Conv2dPlan.Create(weight, bias, Layer.Options, algorithm)
        );
        layer.Measure(gpu, "", (i, algorithm) => plans[algorithm].Forward(images[i % images.Length], residual, Tail.Relu));
    }

    static void Gradients(GpuDevice gpu, Layer layer)
    {
        using var scope = gpu.BeginScope();
        var gradients = Inputs.Several(gpu, layer.Shape, "dy");
        var images = Inputs.Uniform(gpu, layer.Shape, "x");
        var weight = Inputs.Uniform(gpu, layer.Weight, "weight");
        layer.Measure(
            gpu,
            ", input's",
            (i, algorithm) => Conv2d.InputPullback(layer.Shape, weight, Layer.Options, gradients[i % gradients.Length], algorithm)
        );
        layer.Measure(
            gpu,
            ", weight's",
            (i, algorithm) => Conv2d.WeightPullback(images, layer.Weight, Layer.Options, gradients[i % gradients.Length], algorithm)
        );
    }

    /// <summary>A layer, and where its times go.</summary>
    sealed record Layer(GpuReport Report, double Peak, int Batch, int Side, int Channels, double Tolerance)
    {
        public static readonly Conv2dOptions Options = new() { Padding = 1 };

        public Shape Shape => [Batch, Side, Side, Channels];

        public Shape Weight => [Channels, Channels, 3, 3];

        /// <summary>Times both ways, the first before and after the second, and compares their results.</summary>
        public void Measure(GpuDevice gpu, string what, Func<int, ConvAlgorithm, Tensor<float>> compute)
        {
            double Ms(ConvAlgorithm algorithm) =>
                GpuTimes
                    .Of(
                        gpu,
                        i =>
                        {
                            using var call = gpu.BeginScope();
                            compute(i, algorithm);
                        }
                    )
                    .MedianMs;
            double before = Ms(ConvAlgorithm.Gathered),
                ms = Ms(ConvAlgorithm.Winograd4),
                gathered = Math.Min(before, Ms(ConvAlgorithm.Gathered)),
                gflops = 2.0 * Shape.Count * 9 * Channels / ms / 1e6;
            float[] Values(ConvAlgorithm algorithm) => compute(0, algorithm).ToArray();
            Report.Row(
                $"{Channels}-{Channels} @{Side}{what}",
                Batch,
                GpuReport.Number(gathered),
                GpuReport.Number(ms),
                GpuReport.Number(ms / gathered),
                GpuReport.Number(gflops),
                GpuReport.Percent(gflops / Peak),
                Report.Compared(NetworkBench.Difference(Values(ConvAlgorithm.Gathered), Values(ConvAlgorithm.Winograd4)), Tolerance)
            );
        }
    }
}

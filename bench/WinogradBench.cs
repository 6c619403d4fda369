using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Bench;

/// <summary>The first convolution of ResNets with its pooling, and the 3 × 3 convolutions of stride 1 of ResNet-18 and 50 at 224 × 224, by
/// every algorithm; GFLOP/s are those of the direct sum.</summary>
/// <remarks>Weights stay in the cache from call to call, which they do not in a network: what a network gains is in the network
/// bench.</remarks>
static class WinogradBench
{
    public static void Measure(int threads, double peak, Report report)
    {
        using var device = new HostDevice(threads);
        foreach (int batch in new[] { 1, 8, 32 })
        {
            MeasureStem(device, batch, peak, report);
            foreach (var (channels, size) in new[] { (64, 56), (128, 28), (256, 14), (512, 7) })
                Measure(device, batch, channels, size, peak, report);
        }
    }

    static IEnumerable<ConvAlgorithm> Algorithms(HostDevice device, Tensor<float> weight, Conv2dOptions options) =>
        Enum.GetValues<ConvAlgorithm>().Where(algorithm => ConvChoice.Fits(device, algorithm, weight.Shape, options));

    static void MeasureStem(HostDevice device, int batch, double peak, Report report)
    {
        using var scope = device.BeginScope();
        var x = Inputs.Several(device, [batch, 224, 224, 3], "x");
        var (weight, bias) = (Inputs.Uniform(device, [64, 3, 7, 7], "weight"), Inputs.Uniform(device, [64], "bias"));
        var y = Tensor<float>.Zeros(device, [batch, 56, 56, 64]);
        var options = new Conv2dOptions { Stride = 2, Padding = 3 };
        foreach (var algorithm in Algorithms(device, weight, options))
        {
            var convolution = Conv2dPlan.Create(weight, bias, options, algorithm);
            var plan = new StemPoolPlan(convolution, Tail.Relu, 3, new PoolOptions { Stride = 2, Padding = 1 });
            report.Add(
                "winograd",
                $"stem and pooling {algorithm}",
                device.ThreadCount,
                batch,
                2.0 * convolution.OutputShape(x[0].Shape).Count * 3 * 7 * 7,
                peak,
                Times.Of(i => plan.ForwardInto(x[i % Inputs.Count], y), 0.15)
            );
        }
    }

    static void Measure(HostDevice device, int batch, int channels, int size, double peak, Report report)
    {
        using var scope = device.BeginScope();
        Shape shape = [batch, size, size, channels];
        var x = Inputs.Several(device, shape, "x");
        var (weight, bias) = (Inputs.Uniform(device, [channels, channels, 3, 3], "weight"), Inputs.Uniform(device, [channels], "bias"));
        var (residual, y) = (Inputs.Uniform(device, shape, "residual"), Tensor<float>.Zeros(device, shape));
        var options = new Conv2dOptions { Padding = 1 };
        foreach (var algorithm in Algorithms(device, weight, options))
        {
            var plan = Conv2dPlan.Create(weight, bias, options, algorithm);
            report.Add(
                "winograd",
                $"{channels} @{size} {algorithm}",
                device.ThreadCount,
                batch,
                18.0 * y.Shape.Count * channels,
                peak,
                Times.Of(i => plan.ForwardInto(x[i % Inputs.Count], residual, Tail.Relu, y), 0.15)
            );
        }
    }
}

using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Bench;

/// <summary>The 3 × 3 convolutions of stride 1 of ResNet-18 and 50 at 224 × 224, by every algorithm; GFLOP/s are those of the direct
/// sum.</summary>
/// <remarks>Weights stay in the cache from call to call, which they do not in a network: what a network gains is in the network
/// bench.</remarks>
static class WinogradBench
{
    public static void Measure(int threads, double peak, Report report)
    {
        using var device = new HostDevice(threads);
        foreach (int batch in new[] { 1, 8, 32 })
        foreach (var (channels, size) in new[] { (64, 56), (128, 28), (256, 14), (512, 7) })
            Measure(device, batch, channels, size, peak, report);
    }

    static void Measure(HostDevice device, int batch, int channels, int size, double peak, Report report)
    {
        using var scope = device.BeginScope();
        Shape shape = [batch, size, size, channels];
        var x = Inputs.Several(device, shape, "x");
        var (weight, bias) = (Inputs.Uniform(device, [channels, channels, 3, 3], "weight"), Inputs.Uniform(device, [channels], "bias"));
        var (residual, y) = (Inputs.Uniform(device, shape, "residual"), Tensor<float>.Zeros(device, shape));
        foreach (var algorithm in Enum.GetValues<ConvAlgorithm>())
        {
            var plan = Conv2dPlan.Create(weight, bias, new Conv2dOptions { Padding = 1 }, algorithm);
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

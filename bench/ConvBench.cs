using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Bench;

/// <summary>Every distinct convolution of ResNet-18 and 50 at 224 × 224, and their linear layers, with bias, ReLU and, at the end of a
/// block, residual; and depthwise layers.</summary>
static class ConvBench
{
    public static void Measure(int threads, Report report)
    {
        using var device = new HostDevice(threads);
        foreach (int batch in new[] { 1, 8 })
        foreach (var layer in Layers())
            Measure(device, layer, batch, report);
    }

    static void Measure(HostDevice device, Layer layer, int batch, Report report)
    {
        using var scope = device.BeginScope();
        Shape shape = [batch, layer.Size, layer.Size, layer.InChannels];
        var x = Inputs.Several(device, shape, "x");
        int groups = layer.IsDepthwise ? layer.InChannels : 1;
        var weight = Inputs.Uniform(device, [layer.OutChannels, layer.InChannels / groups, layer.Kernel, layer.Kernel], "weight");
        var plan = Conv2dPlan.Create(
            weight,
            Inputs.Uniform(device, [layer.OutChannels], "bias"),
            new Conv2dOptions
            {
                Stride = layer.Stride,
                Padding = layer.Kernel / 2,
                Groups = groups,
            }
        );
        var residual = Inputs.Uniform(device, plan.OutputShape(shape), "residual");
        var y = Tensor<float>.Zeros(device, residual.Shape);
        double operations = 2.0 * y.Shape.Count * (layer.InChannels / groups) * layer.Kernel * layer.Kernel;
        report.Add(
            "conv",
            layer.ToString(),
            device.ThreadCount,
            batch,
            operations,
            Peak.Now(device),
            Times.Of(i => plan.ForwardInto(x[i % Inputs.Count], layer.EndsBlock ? residual : null, Tail.Relu, y), 0.15)
        );
    }

    /// <summary>Deep residual learning, He et al. 2016, table 1; strides as in torchvision.</summary>
    static IEnumerable<Layer> Layers()
    {
        var layers = new List<Layer> { new(7, 2, 3, 64, 224), new(1, 1, 512, 1000, 1), new(1, 1, 2048, 1000, 1) };
        foreach (bool bottleneck in new[] { false, true })
            for (int stage = 0, size = 56, inChannels = 64; stage < 4; stage++)
            for (int block = 0; block < 2; block++) // the third block of a stage equals the second
            {
                int width = 64 << stage,
                    outChannels = bottleneck ? 4 * width : width,
                    stride = stage > 0 && block == 0 ? 2 : 1,
                    half = size / stride;
                if (stride > 1 || inChannels != outChannels)
                    layers.Add(new(1, stride, inChannels, outChannels, size));
                if (bottleneck)
                    layers.AddRange([
                        new(1, 1, inChannels, width, size),
                        new(3, stride, width, width, size),
                        new(1, 1, width, outChannels, half) { EndsBlock = true },
                    ]);
                else
                    layers.AddRange([new(3, stride, inChannels, width, size), new(3, 1, width, width, half) { EndsBlock = true }]);
                (size, inChannels) = (half, outChannels);
            }

        return layers.Distinct().Concat(Depthwise());
    }

    /// <summary>Depthwise layers of MobileNetV2 (Sandler et al. 2018, table 2) and EfficientNet-B0 (Tan and Le 2019, table 1).</summary>
    static IEnumerable<Layer> Depthwise() =>
        new Layer[]
        {
            new(3, 1, 32, 32, 112),
            new(3, 2, 96, 96, 112),
            new(3, 1, 144, 144, 56),
            new(3, 2, 144, 144, 56),
            new(5, 2, 144, 144, 56),
            new(5, 1, 240, 240, 28),
            new(3, 1, 384, 384, 14),
            new(5, 1, 672, 672, 14),
            new(3, 1, 960, 960, 7),
            new(5, 1, 1152, 1152, 7),
        }.Select(layer => layer with { IsDepthwise = true });

    sealed record Layer(int Kernel, int Stride, int InChannels, int OutChannels, int Size)
    {
        public bool EndsBlock { get; init; }

        public bool IsDepthwise { get; init; }

        public override string ToString() =>
            $"{Kernel}x{Kernel}/{Stride} {InChannels}-{OutChannels} @{Size}{(EndsBlock ? " +res" : "")}{(IsDepthwise ? " depthwise" : "")}";
    }
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Bench.Detection;
using Pqf.Compression.Training;
using Pqf.Nets.Detection;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Device = Pqf.Tensors.Devices.Device;

namespace Pqf.Bench.Gpu;

/// <summary>A whole Mask R-CNN: a photograph through it, and a step of training on two.</summary>
static class GpuDetection
{
    const int BatchSize = 2;

    // Of losses near 1, from the same random samples.
    const double LossTolerance = 1e-3;

    public static void Run(GpuDevice gpu, HostDevice host, GpuReport report, bool isSmall)
    {
        report.Heading("Mask R-CNN, photographs of 480×640");
        report.Columns("case", "work", "ms", "from the host's");
        foreach (var detector in isSmall ? [] : new[] { MaskRcnnCase.Small, MaskRcnnCase.Default })
        {
            Images(gpu, host, report, detector);
            Steps(gpu, host, report, detector);
        }
    }

    static void Images(GpuDevice gpu, HostDevice host, GpuReport report, MaskRcnnCase detector)
    {
        using GpuScopes scopes = new(gpu, host);
        Photograph[] images = [.. Enumerable.Range(0, Inputs.Count).Select(MaskRcnnCase.Image)];
        var onCard = Detector.Create(detector.Architecture, detector.Parameters(gpu), gpu);
        var expected = Detector.Create(detector.Architecture, detector.Parameters(host), host).Detect(images[0]);
        var actual = onCard.Detect(images[0]);
        int same = actual.Items.Count(item =>
            expected.Items.Any(other => other.Label == item.Label && BoxDistance(other.Box, item.Box) < 0.1)
        );
        if (same < 0.9 * expected.Items.Length) // boxes whose scores are equal to the last digits may change places, and suppress others
            report.Failed($"{same} of {expected.Items.Length} detections are the host's");
        var times = GpuTimes.Of(gpu, i => onCard.Detect(images[i % images.Length]), seconds: 1);
        report.Row(detector.Name, "photograph", GpuReport.Number(times.MedianMs), $"{same} of {expected.Items.Length} detections alike");
    }

    static double BoxDistance(Box a, Box b) =>
        Math.Max(Math.Max(Math.Abs(a.X1 - b.X1), Math.Abs(a.Y1 - b.Y1)), Math.Max(Math.Abs(a.X2 - b.X2), Math.Abs(a.Y2 - b.Y2)));

    static void Steps(GpuDevice gpu, HostDevice host, GpuReport report, MaskRcnnCase detector)
    {
        using GpuScopes scopes = new(gpu, host);
        var expected = Loss(host, detector);
        var parameters = detector.Parameters(gpu);
        var trainable = MaskRcnn.Family.TrainableOf(detector.Graph, parameters);
        var training = DetectionTraining.Create(detector.Architecture, parameters);
        var optimizer = new Optimizer.Adam();
        var state = optimizer.Start(trainable);
        double first = double.NaN;
        var times = GpuTimes.Of(
            gpu,
            i =>
            {
                using var step = gpu.BeginScope();
                var evaluation = Evaluate(training, trainable, 0);
                if (double.IsNaN(first))
                    first = evaluation.Loss.ToArray()[0];
                state = optimizer.Step(trainable, evaluation.Gradients, state, 1e-6);
            },
            seconds: 2
        );
        report.Row(
            detector.Name,
            $"step on {BatchSize}",
            GpuReport.Number(times.MedianMs),
            $"loss {first:F5} (host {expected:F5}): {report.Compared(Math.Abs(first - expected) / expected, LossTolerance)}"
        );
    }

    static double Loss(Device device, MaskRcnnCase detector)
    {
        using var scope = device.BeginScope();
        var parameters = detector.Parameters(device);
        var training = DetectionTraining.Create(detector.Architecture, parameters);
        return Evaluate(training, MaskRcnn.Family.TrainableOf(detector.Graph, parameters), 0).Loss.ToArray()[0];
    }

    static Evaluation<int> Evaluate(DetectionTraining training, ImmutableDictionary<string, Tensor<float>> trainable, int number)
    {
        Photograph[] images = [.. Enumerable.Range(0, BatchSize).Select(MaskRcnnCase.Image)];
        DetectionTarget[] targets = [.. Enumerable.Range(0, BatchSize).Select(MaskRcnnCase.Target)];
        return Grad.ValueAndGrad(
            (tape, variables) => (training.Losses(tape, variables, images, targets, RngKey.FromSeed(number)).Total(tape), 0)
        )(trainable);
    }
}

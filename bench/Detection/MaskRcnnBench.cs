using System.Diagnostics;
using Pqf.Autodiff;
using Pqf.Bench.Training;
using Pqf.Compression.Training;
using Pqf.Nets.Detection;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Detection;

/// <summary>What calls of one kind took.</summary>
/// <param name="Work">inference or step.</param>
/// <param name="Ms">Each after the first, sorted.</param>
/// <param name="PeakGflops">Largest of the peaks measured between the calls.</param>
/// <param name="NativeBytes">Most native memory, in use and pooled.</param>
/// <param name="ResidentMib">Most memory that the process has had, as the system counts it (VmHWM).</param>
/// <param name="Parts">Median time of each kind of work.</param>
sealed record MaskRcnnTimes(
    string Work,
    double[] Ms,
    double PeakGflops,
    long NativeBytes,
    long ResidentMib,
    IReadOnlyList<TrainingPart> Parts
)
{
    public double MedianMs => Ms[Ms.Length / 2];
}

/// <summary>A whole Mask R-CNN, stage by stage: a photograph through it, and a step of training on two.</summary>
static class MaskRcnnBench
{
    const int BatchSize = 2;

    /// <summary>Steps: losses, gradients, Adam, of what a dense network trains.</summary>
    public static MaskRcnnTimes Steps(MaskRcnnCase detector, int threads, int count)
    {
        using var device = new HostDevice(threads);
        using var scope = device.BeginScope();
        var parameters = detector.Parameters(device);
        var trainable = MaskRcnn.Family.TrainableOf(detector.Graph, parameters);
        var training = DetectionTraining.Create(detector.Architecture, parameters);
        var optimizer = new Optimizer.Adam();
        var state = optimizer.Start(trainable);
        Photograph[] images = [.. Enumerable.Range(0, BatchSize).Select(MaskRcnnCase.Image)];
        DetectionTarget[] targets = [.. Enumerable.Range(0, BatchSize).Select(MaskRcnnCase.Target)];
        return Measure(
            device,
            "step",
            count,
            $"{DetectionTrainingStage.Images}",
            (split, number) =>
            {
                using var step = device.BeginScope();
                void After(DetectionTrainingStage stage) =>
                    split.Phase = stage == DetectionTrainingStage.FeaturesBackward ? "Optimizer" : $"{stage + 1}";
                var evaluation = Grad.ValueAndGrad(
                    (tape, variables) => training.Losses(tape, variables, images, targets, RngKey.FromSeed(number), After).Total(tape)
                )(trainable);
                After(DetectionTrainingStage.FeaturesBackward);
                float loss = evaluation.Loss.ToArray()[0];
                if (!float.IsFinite(loss))
                    throw new InvalidOperationException($"expected a finite loss, got {loss}");
                state = optimizer.Step(trainable, evaluation.Gradients, state, 1e-6);
            }
        );
    }

    /// <summary>Photographs, one after another.</summary>
    public static MaskRcnnTimes Images(MaskRcnnCase detector, int threads, int count)
    {
        using var device = new HostDevice(threads);
        using var scope = device.BeginScope();
        var network = Detector.Create(detector.Architecture, detector.Parameters(device), device);
        Photograph[] images = [.. Enumerable.Range(0, Inputs.Count).Select(MaskRcnnCase.Image)];
        return Measure(
            device,
            "inference",
            count,
            $"{DetectionStage.Image}",
            (split, number) =>
            {
                var found = network.Detect(
                    images[number % images.Length],
                    stage => split.Phase = stage == DetectionStage.MaskHead ? "Masks" : $"{stage + 1}"
                );
                if (found.Items.Length != detector.Options.BoxDetectionsPerImg)
                    throw new InvalidOperationException(
                        $"expected {detector.Options.BoxDetectionsPerImg} detections, got {found.Items.Length}"
                    );
                foreach (var item in found.Items)
                    MaskPasting.Paste(item, found.Height, found.Width, detector.Options.MaskThresh);
            }
        );
    }

    static MaskRcnnTimes Measure(HostDevice device, string work, int count, string firstStage, Action<WorkSplit, int> call)
    {
        var split = new WorkSplit(device);
        var (times, peak, native) = (new List<double>(), 0.0, 0L);
        for (int i = 0; i <= count; i++) // the first is to warm up
        {
            peak = Math.Max(peak, Peak.Now(device));
            split.Begin(firstStage);
            long start = Stopwatch.GetTimestamp();
            call(split, i);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            split.End(keep: i > 0);
            native = Math.Max(native, device.LiveBytes + device.Pool.FreeBytes);
        }

        return new(work, [.. times.Skip(1).Order()], peak, native, ResidentMib(), split.Parts());
    }

    static long ResidentMib()
    {
        string? line = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            : null;
        return line is null
            ? Process.GetCurrentProcess().PeakWorkingSet64 >> 20
            : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) >> 10;
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Pqf.Autodiff;
using Pqf.Bench.Network;
using Pqf.Bench.Training;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Losses;
using Device = Pqf.Tensors.Devices.Device;
using Profile = System.Collections.Generic.Dictionary<System.Type, (int Count, double Ms)>;

namespace Pqf.Bench.Gpu;

/// <summary>Steps of training: forward, backward, optimizer and running statistics.</summary>
static class GpuTraining
{
    // What rounding errors do to gradients depends on the network: activations near a kink fall on the other side. The host's own
    // gradients for images that are off by so much, as a part of their values, say how far is near.
    const float Noise = 1e-6f;
    const double TimesNoise = 10,
        Least = 1e-4;

    public static void Run(GpuDevice gpu, HostDevice host, GpuReport report, double peak, bool isSmall)
    {
        report.Heading("Steps of training");
        report.Columns("network", "ms", "images/s", "of peak", "loss", "gradients from the host's", "from its own with noise of 1e-6");
        TrainingCase[] cases = isSmall
            ? [new("resnet18", 16, 28, 8, 0, WeightForm.Dense)]
            : [Case("resnet18", WeightForm.Dense), Case("resnet18", WeightForm.Compressed), Case("resnet50", WeightForm.Dense)];
        var profiles = cases.Select(training => (training, Case(gpu, host, report, peak, training))).ToArray();
        foreach (var (training, kernels) in profiles)
            Kernels(report, training, kernels);
    }

    static TrainingCase Case(string name, WeightForm form) => new(name, null, 224, 32, 0, form);

    static Profile Case(GpuDevice gpu, HostDevice host, GpuReport report, double peak, TrainingCase training)
    {
        using GpuScopes scopes = new(gpu, host);
        var onHost = new Step(training, host);
        var onCard = new Step(training, gpu);
        var (expected, actual, noisy) = (onHost.Gradients(0, 0), onCard.Gradients(0, 0), onHost.Gradients(0, Noise));
        double noise = Difference(expected.Values, noisy.Values);
        var times = GpuTimes.Of(gpu, onCard.Take, seconds: 1);
        report.Row(
            training.ToString(),
            GpuReport.Number(times.MedianMs),
            GpuReport.Number(1e3 * training.Batch / times.MedianMs),
            GpuReport.Percent(training.Operations / times.MedianMs / 1e6 / peak),
            $"{actual.Loss:F5} (host {expected.Loss:F5})",
            report.Compared(Difference(expected.Values, actual.Values), Math.Max(TimesNoise * noise, Least)),
            noise.ToString("0.0e+0", CultureInfo.InvariantCulture)
        );
        return Kernels(gpu, onCard);
    }

    /// <summary>The largest of all parameters, each as a part of its largest gradient.</summary>
    static double Difference(Dictionary<string, float[]> expected, Dictionary<string, float[]> actual) =>
        expected.Keys.Select(name => NetworkBench.Difference(expected[name], actual[name])).Aggregate(0.0, Math.Max);

    /// <summary>What each kind of kernel takes of a step, with a wait after each launch; whatever the host does in between counts for the
    /// next kernel.</summary>
    static Profile Kernels(GpuDevice gpu, Step step)
    {
        Profile kernels = [];
        gpu.Synchronize();
        long last = Stopwatch.GetTimestamp();
        gpu.Launched = kernel =>
        {
            gpu.Synchronize();
            long now = Stopwatch.GetTimestamp();
            var (count, ms) = kernels.GetValueOrDefault(kernel);
            kernels[kernel] = (count + 1, ms + Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
            last = now;
        };
        step.Take(0);
        gpu.Launched = null;
        return kernels;
    }

    static void Kernels(GpuReport report, TrainingCase training, Profile kernels)
    {
        const int Shown = 16;
        report.Heading($"Kernels of a step, {training}, with a wait after each");
        report.Columns("kernel", "launches", "ms");
        foreach (var (kernel, (count, ms)) in kernels.OrderByDescending(kernel => kernel.Value.Ms).Take(Shown))
            report.Row(Name(kernel), count, GpuReport.Number(ms));
        report.Row("all", kernels.Values.Sum(kernel => kernel.Count), GpuReport.Number(kernels.Values.Sum(kernel => kernel.Ms)));
    }

    static string Name(Type type)
    {
        string own = type.Name.Split('`')[0],
            name = type.DeclaringType is { IsGenericType: false } outer ? $"{outer.Name}.{own}" : own;
        return type.IsGenericType ? $"{name} of {string.Join(", ", type.GetGenericArguments().Select(Name))}" : name;
    }

    /// <summary>One network in training on one device.</summary>
    sealed class Step
    {
        readonly Device device;
        readonly Optimizer optimizer = new Optimizer.Adam();
        readonly Parameters parameters;
        readonly ImmutableDictionary<string, Tensor<float>> trainable;
        readonly TrainingPlan plan;
        readonly Tensor<float>[] images;
        readonly Tensor<float> target;
        OptimizerState state;

        public Step(TrainingCase training, Device device)
        {
            this.device = device;
            parameters = training.Parameters(device);
            trainable = Trainable.Of(training.Graph, parameters);
            plan = TrainingPlan.Create(training.Graph, parameters, training.Images);
            state = optimizer.Start(trainable);
            images = Inputs.Several(device, training.Images, "images");
            target = OneHot.Create(
                device,
                [.. Enumerable.Range(0, training.Batch).Select(i => i % training.ClassCount)],
                training.ClassCount
            );
        }

        public (float Loss, Dictionary<string, float[]> Values) Gradients(int number, float noise)
        {
            using var step = device.BeginScope();
            var evaluation = Evaluate(Noisy(images[number], noise));
            return (evaluation.Loss.ToArray()[0], evaluation.Gradients.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray()));
        }

        public void Take(int number)
        {
            using var step = device.BeginScope();
            var evaluation = Evaluate(images[number % images.Length]);
            state = optimizer.Step(trainable, evaluation.Gradients, state, 1e-3);
            Norms.Update(parameters, evaluation.Extra);
        }

        Tensor<float> Noisy(Tensor<float> batch, float noise)
        {
            if (noise == 0)
                return batch;
            float[] values = batch.ToArray();
            var key = RngKey.FromSeed(2);
            for (int i = 0; i < values.Length; i++)
                values[i] *= 1 + (noise * (float)((2 * key.Uniform((ulong)i)) - 1));
            return Tensor<float>.From(device, batch.Shape, values);
        }

        Evaluation<ImmutableArray<NormStatistics>> Evaluate(Tensor<float> batch) =>
            Grad.ValueAndGrad(
                (tape, variables) =>
                {
                    var forward = plan.Run(tape, variables, batch, NormMode.Batch);
                    return (tape.Apply(new CrossEntropy.Function(), forward.Output, Tape.Constant(target)), forward.Norms);
                }
            )(trainable);
    }
}

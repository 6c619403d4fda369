using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Bench.Network;
using Pqf.Bench.Training;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Losses;
using Device = Pqf.Tensors.Devices.Device;

namespace Pqf.Bench.Gpu;

/// <summary>Steps of training: forward, backward, optimizer and running statistics.</summary>
static class GpuTraining
{
    // Gradients of a whole network are sums of millions of terms in another order; norms of a batch enlarge what that changes.
    const double Tolerance = 5e-3;

    public static void Run(GpuDevice gpu, HostDevice host, GpuReport report, double peak, bool isSmall)
    {
        report.Heading("Steps of training");
        report.Columns("network", "ms", "images/s", "of peak", "loss", "gradients from the host's");
        TrainingCase[] cases = isSmall
            ? [new("resnet18", 16, 28, 8, 0, WeightForm.Dense)]
            : [Case("resnet18", WeightForm.Dense), Case("resnet18", WeightForm.Compressed), Case("resnet50", WeightForm.Dense)];
        foreach (var training in cases)
            Case(gpu, host, report, peak, training);
    }

    static TrainingCase Case(string name, WeightForm form) => new(name, null, 224, 32, 0, form);

    static void Case(GpuDevice gpu, HostDevice host, GpuReport report, double peak, TrainingCase training)
    {
        using GpuScopes scopes = new(gpu, host);
        var onHost = new Step(training, host);
        var onCard = new Step(training, gpu);
        var (expected, actual) = (onHost.Gradients(0), onCard.Gradients(0));
        double difference = expected.Values.Keys.Max(name => NetworkBench.Difference(expected.Values[name], actual.Values[name]));
        var times = GpuTimes.Of(gpu, onCard.Take, seconds: 1);
        report.Row(
            training.ToString(),
            GpuReport.Number(times.MedianMs),
            GpuReport.Number(1e3 * training.Batch / times.MedianMs),
            GpuReport.Percent(training.Operations / times.MedianMs / 1e6 / peak),
            $"{actual.Loss:F5} (host {expected.Loss:F5})",
            report.Compared(difference, Tolerance)
        );
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

        public (float Loss, Dictionary<string, float[]> Values) Gradients(int number)
        {
            using var step = device.BeginScope();
            var evaluation = Evaluate(number);
            return (evaluation.Loss.ToArray()[0], evaluation.Gradients.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray()));
        }

        public void Take(int number)
        {
            using var step = device.BeginScope();
            var evaluation = Evaluate(number);
            state = optimizer.Step(trainable, evaluation.Gradients, state, 1e-3);
            Norms.Update(parameters, evaluation.Extra);
        }

        Evaluation<ImmutableArray<NormStatistics>> Evaluate(int number) =>
            Grad.ValueAndGrad(
                (tape, variables) =>
                {
                    var forward = plan.Run(tape, variables, images[number % images.Length], NormMode.Batch);
                    return (tape.Apply(new CrossEntropy.Function(), forward.Output, Tape.Constant(target)), forward.Norms);
                }
            )(trainable);
    }
}

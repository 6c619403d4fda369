using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Bench.Training;

/// <summary>What steps of one case took.</summary>
/// <param name="Case">Which.</param>
/// <param name="StepMs">Of each step after the first two, sorted.</param>
/// <param name="PeakGflops">The largest of the peaks measured between the steps: when a thread is late, one is too low.</param>
/// <param name="AllocatedBytes">Managed memory of the last step.</param>
/// <param name="NativeBytes">Native memory in use and pooled after the second step.</param>
/// <param name="GrowthBytes">What the later steps added to it.</param>
/// <param name="Parts">Median time of each kind of work.</param>
sealed record TrainingTimes(
    TrainingCase Case,
    double[] StepMs,
    double PeakGflops,
    long AllocatedBytes,
    long NativeBytes,
    long GrowthBytes,
    IReadOnlyList<TrainingPart> Parts
)
{
    public double MedianMs => Quantile(0.5);

    public double Share => Case.Operations / MedianMs / 1e6 / PeakGflops;

    public double Quantile(double part) => StepMs[(int)(part * (StepMs.Length - 1))];
}

/// <summary>Whole steps of training: forward, backward, optimizer, running statistics, as the trainer does them.</summary>
static class TrainingBench
{
    const int WarmUp = 2;

    /// <summary>Measures cases that take turns, step by step, so that all see the same machine.</summary>
    public static TrainingTimes[] Measure(IReadOnlyList<TrainingCase> cases, int steps)
    {
        Run[] runs = [.. cases.Select(training => new Run(training))];
        for (int i = 0; i < WarmUp + steps; i++)
            foreach (var run in runs)
                run.MeasuredStep(i);
        double peak = runs.Max(run => run.Peak);
        TrainingTimes[] times = [.. runs.Select(run => run.Times(peak))];
        foreach (var run in runs)
            run.Dispose();
        return times;
    }

    /// <summary>One network in training, on a device of its own.</summary>
    sealed class Run : IDisposable
    {
        readonly TrainingCase training;
        readonly HostDevice device;
        readonly Scope scope;
        readonly WorkSplit split;
        readonly Optimizer optimizer = new Optimizer.Adam();
        readonly Parameters parameters;
        readonly ImmutableDictionary<string, Tensor<float>> trainable;
        readonly TrainingPlan plan;
        readonly Tensor<float>[] images;
        readonly Tensor<float> target;
        readonly List<double> times = [];
        OptimizerState state;
        long allocated,
            native;

        public Run(TrainingCase training)
        {
            this.training = training;
            device = new HostDevice(training.Threads);
            scope = device.BeginScope();
            split = new WorkSplit(device);
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

        /// <summary>The largest that was measured before a step.</summary>
        public double Peak { get; private set; }

        long NativeBytes => device.LiveBytes + device.Pool.FreeBytes;

        public void MeasuredStep(int number)
        {
            if (number == WarmUp)
                native = NativeBytes;
            Peak = Math.Max(Peak, Bench.Peak.Now(device));
            split.Begin();
            long start = Stopwatch.GetTimestamp(),
                before = GC.GetAllocatedBytesForCurrentThread();
            Step(number);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            split.End(keep: number >= WarmUp);
        }

        public TrainingTimes Times(double peak) =>
            new(training, [.. times.Skip(WarmUp).Order()], peak, allocated, native, NativeBytes - native, split.Parts());

        public void Dispose()
        {
            scope.Dispose();
            device.Dispose();
        }

        void Step(int number)
        {
            using var step = device.BeginScope();
            split.Phase = "forward";
            var evaluation = Grad.ValueAndGrad(
                (tape, variables) =>
                {
                    var forward = plan.Run(tape, variables, images[number % images.Length], NormMode.Batch);
                    var loss = tape.Apply(new CrossEntropy.Function(), forward.Output, Tape.Constant(target));
                    split.Phase = "backward";
                    return (loss, forward.Norms);
                }
            )(trainable);
            split.Phase = "update";
            state = optimizer.Step(trainable, evaluation.Gradients, state, 1e-3);
            Norms.Update(parameters, evaluation.Extra);
        }
    }
}

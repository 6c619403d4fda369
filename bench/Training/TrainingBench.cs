using System.Diagnostics;
using Pqf.Autodiff;
using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Training;

/// <summary>What steps of one case took.</summary>
/// <param name="Case">Which.</param>
/// <param name="StepMs">Of each step after the first two, sorted.</param>
/// <param name="PeakGflops">The largest of the peaks measured between the steps: when a thread is late, one is too low.</param>
/// <param name="AllocatedBytes">Managed memory of the last step.</param>
/// <param name="NativeBytes">Native memory in use and pooled after the second step.</param>
/// <param name="GrowthBytes">What the later steps added to it.</param>
/// <param name="Parts">Median time of each kind of work.</param>
sealed record TrainingTimes(TrainingCase Case, double[] StepMs, double PeakGflops, long AllocatedBytes, long NativeBytes, long GrowthBytes, IReadOnlyList<TrainingPart> Parts)
{
    public double MedianMs => Quantile(0.5);

    public double Share => Case.Operations / MedianMs / 1e6 / PeakGflops;

    public double Quantile(double part) => StepMs[(int)(part * (StepMs.Length - 1))];
}

/// <summary>One kind of work within a step.</summary>
/// <param name="Phase">forward, backward or update.</param>
/// <param name="Work">The loop's name.</param>
/// <param name="Ms">Median over steps, with whatever ran on one thread before it.</param>
/// <param name="Count">Loops a step.</param>
readonly record struct TrainingPart(string Phase, string Work, double Ms, int Count);

/// <summary>Whole steps of training: forward, backward, optimiser, running statistics, as the trainer does them.</summary>
static class TrainingBench
{
    const int WarmUp = 2;

    /// <summary>Measures one case.</summary>
    public static TrainingTimes Measure(TrainingCase training, int steps)
    {
        using var device = new HostDevice(training.Threads);
        using var scope = device.BeginScope();
        var run = new Run(training, device);
        var split = new Split(device);
        List<double> times = [], peaks = [];
        long native = 0, allocated = 0;
        for (int i = 0; i < WarmUp + steps; i++)
        {
            if (i == WarmUp)
                native = NativeBytes(device);
            peaks.Add(Peak.Now(device));
            split.Begin();
            long start = Stopwatch.GetTimestamp(), before = GC.GetAllocatedBytesForCurrentThread();
            run.Step(i, split);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            split.End(keep: i >= WarmUp);
        }

        return new(training, [.. times.Skip(WarmUp).Order()], peaks.Max(), allocated, native, NativeBytes(device) - native, split.Parts());
    }

    static long NativeBytes(HostDevice device) => device.LiveBytes + device.Pool.FreeBytes;

    /// <summary>One network in training.</summary>
    sealed class Run(TrainingCase training, HostDevice device)
    {
        readonly Optimiser optimiser = new Optimiser.Adam();
        readonly Parameters parameters = training.Parameters(device);
        readonly Tensor<float>[] images = Inputs.Several(device, training.Images, "images");
        readonly Tensor<float> target = OneHot.Create(device, [.. Enumerable.Range(0, training.Batch).Select(i => i % training.ClassCount)], training.ClassCount);
        TrainingPlan? plan;
        OptimiserState? state;

        public void Step(int number, Split split)
        {
            var trainable = Trainable.Of(training.Graph, parameters);
            plan ??= TrainingPlan.Create(training.Graph, parameters, training.Images);
            state ??= optimiser.Start(trainable);
            using var scope = device.BeginScope();
            split.Phase = "forward";
            var evaluation = Grad.ValueAndGrad((tape, variables) =>
            {
                var forward = plan.Run(tape, variables, images[number % images.Length], NormMode.Batch);
                var loss = tape.CrossEntropy(forward.Output, target);
                split.Phase = "backward";
                return (loss, forward.Norms);
            })(trainable);
            split.Phase = "update";
            state = optimiser.Step(trainable, evaluation.Gradients, state, 1e-3);
            Norms.Update(parameters, evaluation.Extra);
        }
    }

    /// <summary>Attributes time to the loop that has just run.</summary>
    sealed class Split
    {
        readonly Dictionary<(string Phase, Type Work), (double Ms, int Count)> step = [];
        readonly Dictionary<(string Phase, Type Work), List<(double Ms, int Count)>> all = [];
        readonly HostDevice device;
        long last;

        public Split(HostDevice device) => this.device = device;

        public string Phase { get; set; } = "";

        public void Begin()
        {
            step.Clear();
            last = Stopwatch.GetTimestamp();
            device.Ran = work =>
            {
                long now = Stopwatch.GetTimestamp();
                var (ms, count) = step.GetValueOrDefault((Phase, work));
                step[(Phase, work)] = (ms + Stopwatch.GetElapsedTime(last, now).TotalMilliseconds, count + 1);
                last = now;
            };
        }

        public void End(bool keep)
        {
            device.Ran = null;
            foreach (var (work, time) in keep ? step : [])
            {
                if (!all.TryGetValue(work, out var times))
                    all[work] = times = [];
                times.Add(time);
            }
        }

        public List<TrainingPart> Parts() => [.. all
            .Select(pair => (Key: (pair.Key.Phase, Name: Name(pair.Key.Work)), Median: pair.Value.OrderBy(time => time.Ms).ElementAt(pair.Value.Count / 2)))
            .GroupBy(pair => pair.Key)
            .Select(same => new TrainingPart(same.Key.Phase, same.Key.Name, same.Sum(pair => pair.Median.Ms), same.Sum(pair => pair.Median.Count)))
            .OrderByDescending(part => part.Ms)];

        /// <summary>The op's name and its loop's, without their type arguments.</summary>
        static string Name(Type work) => string.Join('.', new[] { work.DeclaringType, work }.Where(type => type is not null).Select(type => type!.Name.Split('`')[0]));
    }
}

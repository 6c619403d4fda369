using System.Collections.Immutable;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary>How fast a network classifies images that are prepared already.</summary>
/// <param name="Batch">Images a call.</param>
/// <param name="SortedMs">Time of each call: pixels in, logits out.</param>
sealed record Speed(int Batch, ImmutableArray<double> SortedMs)
{
    const int WarmUpCalls = 3,
        LeastCalls = 20;
    const double LeastSeconds = 1;

    /// <summary>Median, quartiles and images per second at the median.</summary>
    public BatchSpeed Summary() => new(Batch, SortedMs.Length, Quantile(0.5), Quantile(0.25), Quantile(0.75), Batch * 1000 / Quantile(0.5));

    /// <summary>The time that a part of the calls stays under.</summary>
    double Quantile(double part) => SortedMs[(int)(part * (SortedMs.Length - 1))];

    /// <summary>Measures a network for a second, and twenty calls, at least.</summary>
    public static Speed Measure(RunContext run, Network network, int batch)
    {
        using var scope = network.Device.BeginScope();
        var classifier = new Classifier(network, batch);
        float[] pixels = Pixels(run.Key.Fold("bench"), network.Preprocessing.InputShape(batch).Count);
        var times = new List<double>();
        long start = run.Terminal.Clock.GetTimestamp();
        for (int call = 0; times.Count < LeastCalls || run.Terminal.Clock.GetElapsedTime(start).TotalSeconds < LeastSeconds; call++)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            pixels[call % pixels.Length]++; // no two calls see the same images
            long before = run.Terminal.Clock.GetTimestamp();
            classifier.Logits(pixels, batch);
            if (call >= WarmUpCalls)
                times.Add(run.Terminal.Clock.GetElapsedTime(before).TotalMilliseconds);
        }

        return new(batch, [.. times.Order()]);
    }

    // Prepared photographs have about mean 0 and deviation 1.
    static float[] Pixels(RngKey key, int count)
    {
        float[] pixels = new float[count];
        for (int i = 0; i < count; i++)
            pixels[i] = (float)key.Normal((ulong)i);
        return pixels;
    }
}

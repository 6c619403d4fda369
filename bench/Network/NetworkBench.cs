using System.Diagnostics;

namespace Pqf.Bench.Network;

/// <summary>Times of one side.</summary>
/// <param name="All">Of every call, sorted.</param>
/// <param name="RoundMedians">Of each round.</param>
sealed record Side(double[] All, double[] RoundMedians)
{
    public double Median => Quantile(0.5);

    public double Quantile(double part) => Quantile(All, part);

    public static Side Of(IEnumerable<double[]> rounds)
    {
        double[][] sorted = [.. rounds.Select(round => round.Order().ToArray())];
        return new([.. sorted.SelectMany(round => round).Order()], [.. sorted.Select(round => Quantile(round, 0.5))]);
    }

    static double Quantile(double[] sorted, double part) => sorted[(int)(part * (sorted.Length - 1))];
}

/// <summary>One case measured on both sides in turn.</summary>
/// <param name="Case">Which.</param>
/// <param name="Ours">Our times.</param>
/// <param name="Peer">ONNX Runtime's.</param>
/// <param name="Difference">Of the logits, as a part of the largest.</param>
sealed record Comparison(NetworkCase Case, Side Ours, Side Peer, double Difference)
{
    public double Ratio => Ours.Median / Peer.Median;

    /// <summary>Ratios of the two medians of each round, sorted.</summary>
    public double[] RoundRatios => [.. Ours.RoundMedians.Zip(Peer.RoundMedians, (x, y) => x / y).Order()];
}

/// <summary>Whole networks, Pqf and ONNX Runtime in turn.</summary>
/// <param name="Rounds">Turns of each side.</param>
/// <param name="Processes">Whether each side has a process of its own.</param>
sealed record NetworkBench(int Rounds, bool Processes)
{
    /// <summary>Calls of each side, all rounds together, at least.</summary>
    const int LeastCalls = 20;

    /// <summary>How long a turn should last, where calls are short.</summary>
    const double TurnMs = 250;

    /// <summary>Long enough for the threads of the side that had its turn to go to sleep: ONNX Runtime's spin for some milliseconds, ours
    /// for some microseconds.</summary>
    const int SettlingMs = 100;

    /// <summary>How long each side runs before it is measured.</summary>
    const int WarmingMs = 1000;

    /// <summary>How far the two sides' logits may be apart, as a part of the largest.</summary>
    const double Tolerance = 1e-4;

    /// <summary>Measures one case.</summary>
    /// <exception cref="InvalidOperationException">The two sides compute different logits.</exception>
    public Comparison Measure(NetworkCase network)
    {
        Runner Create(string name) => Processes ? new ProcessRunner(name, network) : Runner.Create(name, network);
        using Runner ours = Create(Runner.Ours),
            peer = Create(Runner.Peer);
        double difference = Enumerable
            .Range(0, Inputs.Count)
            .Select(input => Difference(peer.Logits(input), ours.Logits(input)))
            .Aggregate(0.0, Math.Max); // not Max(): it passes over what is no number
        if (!(difference <= Tolerance))
            throw new InvalidOperationException($"{network}: logits differ by {difference} of the largest");
        Warm(ours);
        Warm(peer);
        double estimate = ours.TimesMs(3).Min();
        int calls = Math.Max((LeastCalls + Rounds - 1) / Rounds, (int)Math.Min(LeastCalls, TurnMs / estimate));
        List<double[]> ourTimes = [],
            peerTimes = [];
        for (int round = 0; round < Rounds; round++)
        {
            ourTimes.Add(Turn(ours, calls));
            peerTimes.Add(Turn(peer, calls));
        }

        return new(network, Side.Of(ourTimes), Side.Of(peerTimes), difference);
    }

    /// <summary>Calls until the runtime has compiled its code for speed: in a process's first second .NET runs code that it compiled in a
    /// hurry.</summary>
    static void Warm(Runner runner)
    {
        for (var since = Stopwatch.StartNew(); since.ElapsedMilliseconds < WarmingMs; )
            runner.TimesMs(1);
    }

    static double[] Turn(Runner runner, int calls)
    {
        Thread.Sleep(SettlingMs);
        runner.TimesMs(2); // threads awake, caches its own
        return runner.TimesMs(calls);
    }

    /// <summary>How far two sides' logits are apart, as a part of the largest; no number where they are not as many.</summary>
    public static double Difference(float[] expected, float[] actual)
    {
        double largest = expected.Max(value => Math.Abs((double)value));
        return expected.Length == actual.Length
            ? expected.Zip(actual, (x, y) => Math.Abs((double)x - y)).Aggregate(0.0, Math.Max) / largest
            : double.NaN;
    }
}

using System.Diagnostics;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Training;

/// <summary>One kind of work within a step.</summary>
/// <param name="Phase">forward, backward or update; a detector's stage.</param>
/// <param name="Work">The loop's name.</param>
/// <param name="Ms">Median over steps, with whatever ran on one thread before it.</param>
/// <param name="Count">Loops a step.</param>
readonly record struct TrainingPart(string Phase, string Work, double Ms, int Count);

/// <summary>Attributes time to the loop that has just run; what a phase does after its last loop is its rest.</summary>
sealed class WorkSplit(HostDevice device)
{
    readonly Dictionary<(string Phase, Type? Work), (double Ms, int Count)> step = [];
    readonly Dictionary<(string Phase, Type? Work), List<(double Ms, int Count)>> all = [];
    string phase = "";
    long last;

    /// <summary>What is being done; the one before it ends.</summary>
    public string Phase
    {
        get => phase;
        set
        {
            Add(null);
            phase = value;
        }
    }

    /// <summary>A step begins.</summary>
    public void Begin(string first = "")
    {
        step.Clear();
        last = Stopwatch.GetTimestamp();
        phase = first;
        device.Ran = Add;
    }

    /// <summary>It has ended.</summary>
    /// <param name="keep">Whether it counts.</param>
    public void End(bool keep)
    {
        Add(null);
        device.Ran = null;
        foreach (var (work, time) in keep ? step : [])
        {
            if (!all.TryGetValue(work, out var times))
                all[work] = times = [];
            times.Add(time);
        }
    }

    /// <summary>The longest first.</summary>
    public List<TrainingPart> Parts() =>
        [
            .. all.Select(pair =>
                    (
                        Key: (pair.Key.Phase, Name: Name(pair.Key.Work)),
                        Median: pair.Value.OrderBy(time => time.Ms).ElementAt(pair.Value.Count / 2)
                    )
                )
                .GroupBy(pair => pair.Key)
                .Select(same => new TrainingPart(
                    same.Key.Phase,
                    same.Key.Name,
                    same.Sum(pair => pair.Median.Ms),
                    same.Sum(pair => pair.Median.Count)
                ))
                .OrderByDescending(part => part.Ms),
        ];

    void Add(Type? work)
    {
        long now = Stopwatch.GetTimestamp();
        var (ms, count) = step.GetValueOrDefault((phase, work));
        step[(phase, work)] = (ms + Stopwatch.GetElapsedTime(last, now).TotalMilliseconds, count + 1);
        last = now;
    }

    /// <summary>The op's name and its loop's, without their type arguments.</summary>
    static string Name(Type? work) =>
        work is null
            ? "rest"
            : string.Join('.', new[] { work.DeclaringType, work }.Where(type => type is not null).Select(type => type!.Name.Split('`')[0]));
}

using System.Collections.Immutable;
using System.Globalization;

namespace Pqf.Cli.Shell;

/// <summary>What a part of the work took, all of its turns together.</summary>
/// <param name="Name">Of the part.</param>
/// <param name="Seconds">Of all turns.</param>
readonly record struct StageTime(string Name, double Seconds);

/// <summary>Adds up what stages take.</summary>
/// <param name="clock">Read at the end of each stage.</param>
sealed class StageWatch(TimeProvider clock)
{
    readonly List<string> order = [];
    readonly Dictionary<string, double> seconds = [];
    long last;

    /// <summary>In the order in which they first ended.</summary>
    public ImmutableArray<StageTime> Stages => [.. order.Select(name => new StageTime(name, seconds[name]))];

    /// <summary>Begins the first stage.</summary>
    public StageWatch Start()
    {
        last = clock.GetTimestamp();
        return this;
    }

    /// <summary>Ends a stage.</summary>
    public void Lap(string name)
    {
        long now = clock.GetTimestamp();
        if (seconds.TryAdd(name, 0))
            order.Add(name);
        seconds[name] += clock.GetElapsedTime(last, now).TotalSeconds;
        last = now;
    }

    /// <summary>Stages for a person.</summary>
    /// <param name="stages">What they took.</param>
    /// <param name="count">Images or steps.</param>
    /// <param name="unit">One of them: <c>an image</c>.</param>
    public static Table Table(ImmutableArray<StageTime> stages, int count, string unit)
    {
        double all = stages.Sum(stage => stage.Seconds);
        return new(
            ["stage", $" ms {unit}", " %"],
            [
                .. stages.Select(stage =>
                    (ImmutableArray<string>)
                        [
                            stage.Name,
                            (1000 * stage.Seconds / count).ToString("0.0", CultureInfo.InvariantCulture),
                            (100 * stage.Seconds / all).ToString("0.0", CultureInfo.InvariantCulture),
                        ]
                ),
            ]
        );
    }
}

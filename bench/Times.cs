using System.Diagnostics;

namespace Pqf.Bench;

/// <summary>Times of many calls, the first apart.</summary>
sealed record Times(double FirstMs, double MedianMs, double BestMs, long AllocatedBytes)
{
    /// <summary>Calls, with a number that varies their input, until a time has passed; ten at least.</summary>
    public static Times Of(Action<int> call, double seconds = 0.25)
    {
        long start = Stopwatch.GetTimestamp();
        call(0);
        double first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        for (int i = 1; i < 4; i++)
            call(i);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        call(4);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var times = new List<double>();
        start = Stopwatch.GetTimestamp();
        while (times.Count < 10 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long before = Stopwatch.GetTimestamp();
            call(times.Count);
            times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }

        times.Sort();
        return new Times(first, times[times.Count / 2], times[0], allocated);
    }
}

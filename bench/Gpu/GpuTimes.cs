using System.Diagnostics;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Gpu;

/// <summary>Times of work on a device, each with the wait for its end; the first calls, which compile kernels, are left out.</summary>
sealed record GpuTimes(double FirstMs, double MedianMs, double BestMs)
{
    const int Least = 5,
        Most = 200;

    /// <summary>Calls, with a number that varies their input, until a time has passed.</summary>
    public static GpuTimes Of(Device device, Action<int> call, double seconds = 0.3)
    {
        double Once(int i)
        {
            long start = Stopwatch.GetTimestamp();
            call(i);
            device.Synchronize();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        double first = Once(0);
        Once(1);
        Once(2);
        List<double> times = [];
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < Least || (times.Count < Most && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds))
            times.Add(Once(times.Count));
        times.Sort();
        return new(first, times[times.Count / 2], times[0]);
    }
}

using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public unsafe class WorkerTeamTests
{
    [Fact]
    public void Every_item_runs_once_for_small_counts()
    {
        for (int threads = 1; threads <= 5; threads++)
        {
            using var team = new WorkerTeam(threads);
            for (int items = 0; items <= 17; items++)
                AssertEachOnce(team, items);
        }
    }

    [Fact]
    public void Many_tiny_runs_lose_nothing()
    {
        using var team = new WorkerTeam(3);
        int* total = stackalloc int[1];
        *total = 0;
        for (int run = 0; run < 100_000; run++)
            team.Run(run % 5, new Add(total));
        Assert.Equal(200_000, *total); // 0 + 1 + 2 + 3 + 4 items in each five runs
    }

    [Fact]
    public void Parked_threads_come_back()
    {
        using var team = new WorkerTeam(3);
        for (int run = 0; run < 20; run++)
        {
            Thread.Sleep(5);
            AssertEachOnce(team, 100);
        }
    }

    [Fact]
    public void More_threads_than_cores_finish()
    {
        using var team = new WorkerTeam((4 * Environment.ProcessorCount) + 1);
        for (int run = 0; run < 200; run++)
            AssertEachOnce(team, 50);
    }

    [Fact]
    public void Two_devices_work_in_turn_and_at_once()
    {
        using var one = new HostDevice(2);
        using var other = new HostDevice(3);
        var thread = new Thread(() => Use(other));
        thread.Start();
        Use(one);
        thread.Join();
        Use(other);

        static void Use(HostDevice device)
        {
            int* total = stackalloc int[1];
            *total = 0;
            for (int run = 0; run < 2_000; run++)
                device.For(3, new Add(total));
            Assert.Equal(6_000, *total);
        }
    }

    [Fact]
    public void Threads_are_numbered_below_the_thread_count()
    {
        using var team = new WorkerTeam(3);
        int* highest = stackalloc int[1];
        *highest = 0;
        for (int run = 0; run < 1_000; run++)
            team.Run(30, new Highest(highest));
        Assert.InRange(*highest, 0, 2);
    }

    [Fact]
    public void A_run_allocates_no_managed_memory()
    {
        using var team = new WorkerTeam(2);
        int* total = stackalloc int[1];
        team.Run(4, new Add(total));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < 1_000; run++)
            team.Run(4, new Add(total));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_run_after_dispose_is_refused()
    {
        var team = new WorkerTeam(2);
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(1, default(Add)));
    }

    static void AssertEachOnce(WorkerTeam team, int items)
    {
        var counts = new int[items + 1];
        fixed (int* first = counts)
            team.Run(items, new Count(first));
        Assert.All(counts.Take(items), count => Assert.Equal(1, count));
        Assert.Equal(0, counts[items]);
    }

    readonly struct Count(int* counts) : IHostWork
    {
        public void Invoke(int item, int thread) => Interlocked.Increment(ref counts[item]);
    }

    readonly struct Add(int* total) : IHostWork
    {
        public void Invoke(int item, int thread) => Interlocked.Increment(ref *total);
    }

    readonly struct Highest(int* highest) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            for (int seen = Volatile.Read(ref *highest); thread > seen; )
                seen = Interlocked.CompareExchange(ref *highest, thread, seen);
        }
    }
}

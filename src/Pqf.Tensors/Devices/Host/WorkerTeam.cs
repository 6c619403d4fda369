using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Pqf.Tensors.Devices.Host;

/// <summary>The host's threads: the caller is thread 0; the others wait for work, spinning for a short while and then parked.</summary>
/// <remarks>
/// A run does not wait for late threads: any worker that has not joined when all items are taken is skipped.
/// So a parked thread, or a core busy elsewhere, costs a run its help but no time.
/// </remarks>
sealed unsafe class WorkerTeam : IDisposable
{
    // Measured: a run costs about 1 µs while the others spin; waking a parked thread takes 100 µs and more.
    const int SpinCount = 4000;

    // Counters are two cache lines apart, because processors fetch lines in pairs.
    const int IntsApart = 32;

    // The state word: the run's number above; then a bit while the run may be joined; then how many have joined it.
    const int RunShift = 32;
    const long OneRun = 1L << RunShift;
    const long Open = 1L << 30;

    readonly Thread[] workers;
    readonly object parking = new();
    int* memory;
    void* work;
    delegate* <void*, int*, int, int, void> take;
    int itemCount;
    bool ending;

    public WorkerTeam(int threadCount)
    {
        nuint size = (nuint)((threadCount + 2) * IntsApart * sizeof(int));
        memory = (int*)NativeMemory.AlignedAlloc(size, 2 * 64);
        NativeMemory.Clear(memory, size);
        workers = new Thread[threadCount - 1];
        for (int i = 0; i < workers.Length; i++)
        {
            int thread = i + 1;
            workers[i] = new Thread(() => Wait(thread)) { IsBackground = true, Name = $"Pqf worker {thread}" };
            workers[i].Start();
        }
    }

    public int ThreadCount => workers.Length + 1;

    ref long State => ref *(long*)memory;

    ref int ParkedCount => ref memory[IntsApart];

    /// <summary>Runs items 0 … itemCount−1, each once; returns when all are done. Items must not throw.</summary>
    /// <remarks>Each thread takes its own contiguous part first, which it wrote in the op before, and then helps the others.</remarks>
    public void Run<TWork>(int itemCount, TWork work)
        where TWork : unmanaged, IHostWork
    {
        ObjectDisposedException.ThrowIf(memory == null, this);
        if (workers.Length == 0 || itemCount <= 1)
        {
            int only = 0;
            Take<TWork>(&work, &only, itemCount, 0);
            return;
        }

        this.work = &work;
        take = &Take<TWork>;
        this.itemCount = itemCount;
        for (int thread = 0; thread < ThreadCount; thread++)
            *Next(thread) = FirstItem(thread);
        Interlocked.Exchange(ref State, (State & ~(OneRun - 1)) + OneRun + Open); // a full fence: publishes all of the above
        if (Volatile.Read(ref ParkedCount) != 0)
            Wake();
        TakeAll(0);
        Interlocked.And(ref State, ~Open);
        for (int spin = 0; (Volatile.Read(ref State) & (OneRun - 1)) != 0; spin++)
            if (spin < SpinCount)
                Pause();
            else
                Thread.Yield(); // more threads than cores: let the one we wait for run
    }

    public void Dispose()
    {
        if (memory == null)
            return;
        Volatile.Write(ref ending, true);
        Interlocked.Add(ref State, OneRun);
        Wake();
        foreach (var worker in workers)
            worker.Join();
        NativeMemory.AlignedFree(memory);
        memory = null;
    }

    // Optimised at once: compiled in tiers, the first thirty runs of each kind of work would take several times as long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Take<TWork>(void* work, int* next, int end, int thread)
        where TWork : unmanaged, IHostWork
    {
        for (int item; (item = Interlocked.Increment(ref *next) - 1) < end; )
            ((TWork*)work)->Invoke(item, thread);
    }

    static void Pause()
    {
        if (X86Base.IsSupported)
            X86Base.Pause();
        else
            Thread.SpinWait(1);
    }

    int* Next(int thread) => memory + ((thread + 2) * IntsApart);

    int FirstItem(int thread) => (int)((long)thread * itemCount / ThreadCount);

    void TakeAll(int thread)
    {
        for (int i = 0; i < ThreadCount; i++)
        {
            int owner = (thread + i) % ThreadCount;
            take(work, Next(owner), FirstItem(owner + 1), thread);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Wait(int thread)
    {
        int lastRun = 0,
            spin = 0;
        while (true)
        {
            long state = Volatile.Read(ref State);
            int run = (int)(state >> RunShift);
            if (run == lastRun)
            {
                if (++spin < SpinCount)
                    Pause();
                else
                    Park(lastRun);
                continue;
            }

            if (Volatile.Read(ref ending))
                return;
            spin = 0;
            if ((state & Open) == 0)
            {
                lastRun = run; // came too late
            }
            else if (Interlocked.CompareExchange(ref State, state + 1, state) == state)
            {
                lastRun = run;
                TakeAll(thread);
                Interlocked.Decrement(ref State);
            }
        }
    }

    void Park(int lastRun)
    {
        lock (parking)
        {
            // Counted before the run's number is read, which Run changes before it reads the count: one of the two sees the other.
            Interlocked.Increment(ref ParkedCount);
            while ((int)(Volatile.Read(ref State) >> RunShift) == lastRun)
                Monitor.Wait(parking);
            Interlocked.Decrement(ref ParkedCount);
        }
    }

    void Wake()
    {
        lock (parking)
            Monitor.PulseAll(parking);
    }
}

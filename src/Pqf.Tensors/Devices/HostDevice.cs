using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Devices;

/// <summary>The processor: native memory, vector instructions, all cores. Creates no ILGPU context.</summary>
public sealed class HostDevice : Device
{
    /// <summary>The part of a thread's scratch memory that gathered rows may take: half of what is usual for a core's second-level
    /// cache.</summary>
    internal const int GatheredSizeBytes = 512 << 10;

    /// <summary>Room for a part of a value that one convolution writes and the next one reads: a quarter of a second-level cache of one
    /// megabyte; the rest is for weights and for what comes in and goes out.</summary>
    internal const int RoomSizeBytes = 256 << 10;

    /// <summary>Where that room is in a thread's scratch memory: behind the gathered rows and room for one row on its way there.</summary>
    internal const int RoomAt = GatheredSizeBytes + (16 << 10);

    /// <summary>Scratch memory of a thread.</summary>
    internal const int ScratchSizeBytes = RoomAt + RoomSizeBytes;

    readonly WorkerTeam team;
    readonly nint scratch;

    /// <summary>A host device.</summary>
    /// <param name="threadCount">Threads that ops run on; 0 takes one per logical processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public HostDevice(int threadCount = 0)
        : this(threadCount, Vector512.IsHardwareAccelerated ? VectorWidth.Bits512 : VectorWidth.Bits256) { }

    /// <summary>A host device whose kernels use vectors of a given width, right but slow where the processor has none.</summary>
    internal HostDevice(int threadCount, VectorWidth width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threadCount);
        Width = width;
        team = new WorkerTeam(threadCount == 0 ? Environment.ProcessorCount : threadCount);
        scratch = Pool.Rent((long)ScratchSizeBytes * ThreadCount);
    }

    /// <inheritdoc/>
    public override string Name => $"host, {ThreadCount} threads";

    /// <summary>Threads that ops run on.</summary>
    public int ThreadCount => team.ThreadCount;

    internal VectorWidth Width { get; }

    /// <summary>Floats in a vector.</summary>
    internal int Lanes => Width == VectorWidth.Bits512 ? Simd512.Count : Simd256.Count;

    internal HostMemoryPool Pool { get; } = new();

    /// <summary>The start of the threads' scratch memory, <see cref="ScratchSizeBytes"/> each: holds nothing from one item to the
    /// next.</summary>
    internal unsafe byte* Scratch => (byte*)scratch;

    /// <summary>Runs items 0 … itemCount−1, each once, on all threads; returns when all are done.</summary>
    /// <remarks>
    /// What an item computes never depends on the number of threads: work is cut by fixed sizes, so that one input gives one result.
    /// Items must not throw. No managed allocation.
    /// </remarks>
    internal void For<TWork>(int itemCount, TWork work)
        where TWork : unmanaged, IHostWork
    {
        using var use = Use();
        team.Run(itemCount, work);
        Ran?.Invoke(typeof(TWork));
    }

    /// <summary>Called after each loop with the type of its work: a bench that reads the clock here sees where time goes.</summary>
    internal Action<Type>? Ran { get; set; }

    /// <inheritdoc/>
    public override void Synchronize() { }

    /// <inheritdoc/>
    public override void TrimPool() => Pool.Trim();

    private protected override unsafe Storage<T> Allocate<T>(int count)
    {
        long sizeBytes = HostMemoryPool.RoundUp((long)count * sizeof(T));
        return new HostStorage<T>(this, (T*)Pool.Rent(sizeBytes), count, sizeBytes);
    }

    private protected override void DisposeCore()
    {
        team.Dispose();
        Pool.Return(scratch, (long)ScratchSizeBytes * ThreadCount);
        Pool.Trim();
    }
}

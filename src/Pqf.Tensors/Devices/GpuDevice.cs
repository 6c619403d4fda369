using ILGPU;
using ILGPU.Runtime;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Devices;

/// <summary>One ILGPU accelerator: CUDA, OpenCL, or, in tests, ILGPU's simulator. One stream.</summary>
public sealed class GpuDevice : Device
{
    // Left to itself ILGPU takes 1,024 on a card: a launch of some thousand items then keeps a few multiprocessors busy, of 132.
    const int CudaGroupItems = 128;

    readonly Accelerator accelerator;
    readonly IDisposable? context;
    readonly Dictionary<long, Stack<MemoryBuffer1D<byte, Stride1D.Dense>>> free = [];
    readonly Dictionary<Type, Delegate> launchers = [];

    /// <summary>A device on an accelerator that the caller has opened; it is disposed with the device.</summary>
    /// <param name="accelerator">The accelerator.</param>
    /// <param name="context">Disposed after the accelerator, if given.</param>
    public GpuDevice(Accelerator accelerator, IDisposable? context = null)
    {
        this.accelerator = accelerator;
        this.context = context;
    }

    /// <inheritdoc/>
    public override string Name => $"{accelerator.AcceleratorType}, {accelerator.Name}";

    /// <summary>Called after each launch with the kernel's type: for measurements.</summary>
    internal Action<Type>? Launched { get; set; }

    /// <inheritdoc/>
    public override void Synchronize() => accelerator.Synchronize();

    /// <inheritdoc/>
    public override void TrimPool()
    {
        Synchronize(); // work in flight may still use a block that its scope has given back
        foreach (var blocks in free.Values)
            while (blocks.TryPop(out var block))
                block.Dispose();
        free.Clear();
    }

    /// <summary>Runs a kernel once for each index below <paramref name="extent"/>.</summary>
    internal void Launch<TKernel>(int extent, TKernel kernel)
        where TKernel : struct, IKernel
    {
        if (extent == 0)
            return; // a launch of zero items throws on the simulator
        if (!launchers.TryGetValue(typeof(TKernel), out var launcher))
            launchers[typeof(TKernel)] = launcher =
                accelerator.AcceleratorType == AcceleratorType.Cuda
                    ? accelerator.LoadImplicitlyGroupedStreamKernel<Index1D, TKernel>(KernelEntry.Invoke, CudaGroupItems)
                    : accelerator.LoadAutoGroupedStreamKernel<Index1D, TKernel>(KernelEntry.Invoke);
        ((Action<Index1D, TKernel>)launcher)(extent, kernel);
        Launched?.Invoke(typeof(TKernel));
    }

    /// <summary>Runs a kernel in groups of its own size that share memory.</summary>
    internal void LaunchGrouped<TKernel>(int groupCount, TKernel kernel)
        where TKernel : struct, IGroupKernel
    {
        if (groupCount == 0)
            return;
        if (!launchers.TryGetValue(typeof(TKernel), out var launcher))
            launchers[typeof(TKernel)] = launcher = accelerator.LoadStreamKernel<TKernel>(
                GroupKernelEntry.Invoke,
                GroupKernelEntry.Specialization<TKernel>()
            );
        ((Action<KernelConfig, TKernel>)launcher)(new KernelConfig(groupCount, TKernel.GroupSize), kernel);
        Launched?.Invoke(typeof(TKernel));
    }

    internal void Upload<T>(ReadOnlySpan<T> values, ArrayView<T> destination)
        where T : unmanaged
    {
        if (values.IsEmpty)
            return;
        destination.CopyFromCPU(accelerator.DefaultStream, values);
        accelerator.DefaultStream.Synchronize(); // the span may move or change as soon as this returns
    }

    internal void Download<T>(ArrayView<T> source, Span<T> destination)
        where T : unmanaged
    {
        if (!destination.IsEmpty)
            source.CopyToCPU(accelerator.DefaultStream, destination);
        accelerator.Synchronize();
    }

    internal void Clear<T>(ArrayView<T> view)
        where T : unmanaged
    {
        if (view.Length > 0)
            view.MemSetToZero(accelerator.DefaultStream);
    }

    internal void ReturnToPool(MemoryBuffer1D<byte, Stride1D.Dense> memory)
    {
        if (!free.TryGetValue(memory.LengthInBytes, out var blocks))
            free[memory.LengthInBytes] = blocks = new Stack<MemoryBuffer1D<byte, Stride1D.Dense>>();
        blocks.Push(memory);
    }

    private protected override unsafe Storage<T> Allocate<T>(int count)
    {
        long sizeBytes = HostMemoryPool.RoundUp((long)count * sizeof(T));
        if (!free.TryGetValue(sizeBytes, out var blocks) || !blocks.TryPop(out var memory))
            memory = AllocateFresh(sizeBytes);
        return new GpuStorage<T>(this, memory, count);
    }

    MemoryBuffer1D<byte, Stride1D.Dense> AllocateFresh(long sizeBytes)
    {
        try
        {
            return accelerator.Allocate1D<byte>(sizeBytes);
        }
        catch (AcceleratorException) when (free.Count > 0)
        {
            TrimPool(); // the pool's single retry: blocks of other sizes may be what is missing
            return accelerator.Allocate1D<byte>(sizeBytes);
        }
    }

    private protected override void DisposeCore()
    {
        accelerator.Dispose();
        context?.Dispose();
    }
}

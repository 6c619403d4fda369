using ILGPU;
using ILGPU.Runtime;

namespace Pqf.Tensors.Devices.Gpu;

/// <summary>A GPU kernel whose fields are its arguments, run once for each index.</summary>
interface IKernel
{
    /// <summary>Computes one index.</summary>
    void Invoke(int index);
}

/// <summary>A GPU kernel whose fields are its arguments, run by groups of work items that share memory and wait for one another.</summary>
interface IGroupKernel
{
    /// <summary>Work items of a group: a constant, 256 at most, so that every device takes it.</summary>
    static abstract int GroupSize { get; }

    /// <summary>Groups that a multiprocessor shall have room for at a time. CUDA's compiler bounds the registers of a work item by it:
    /// 65,536 for all of them.</summary>
    static abstract int GroupsAtATime { get; }

    /// <summary>Computes one work item's share; <c>Group.IdxX</c> and <c>Grid.IdxX</c> say which.</summary>
    void Invoke();
}

/// <summary>The method that ILGPU compiles for each kernel type.</summary>
static class KernelEntry
{
    public static void Invoke<TKernel>(Index1D index, TKernel kernel)
        where TKernel : struct, IKernel => kernel.Invoke(index);
}

/// <summary>The method that ILGPU compiles for each group kernel type.</summary>
static class GroupKernelEntry
{
    public static void Invoke<TKernel>(TKernel kernel)
        where TKernel : struct, IGroupKernel => kernel.Invoke();

    public static KernelSpecialization Specialization<TKernel>()
        where TKernel : struct, IGroupKernel => new(TKernel.GroupSize, TKernel.GroupsAtATime);
}

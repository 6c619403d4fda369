using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Gpu;

/// <summary>A scope on both devices.</summary>
sealed class GpuScopes(GpuDevice gpu, HostDevice host) : IDisposable
{
    readonly Scope first = gpu.BeginScope(),
        second = host.BeginScope();

    public void Dispose()
    {
        second.Dispose();
        first.Dispose();
    }
}

/// <summary>Copies to the host.</summary>
static class OnHost
{
    /// <summary>The same values on the host.</summary>
    public static Tensor<float> To(this Tensor<float> x, HostDevice host) => Tensor<float>.From(host, x.Shape, x.ToArray());
}

using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Arithmetic;

public static partial class Broadcast
{
    /// <summary>One value. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct Kernel<TOp>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, BroadcastGeometry g) : IKernel
        where TOp : unmanaged, IBinaryOp
    {
        public void Invoke(int index) => c[index] = TOp.Apply(a[g.At(index, g.A)], b[g.At(index, g.B)]);
    }
}

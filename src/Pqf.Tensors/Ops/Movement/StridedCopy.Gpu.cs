using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Movement;

static partial class StridedCopy
{
    /// <summary>One value copied. Bound by memory: 8 bytes an element where the innermost axis is contiguous.</summary>
    internal readonly struct Kernel(ArrayView<float> from, ArrayView<float> to, CopyGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int row = index / g.E.Length,
                at = index % g.E.Length;
            to[g.To(row) + (at * g.E.To)] = from[g.From(row) + (at * g.E.From)];
        }
    }
}

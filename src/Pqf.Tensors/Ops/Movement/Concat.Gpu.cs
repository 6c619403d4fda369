using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Movement;

public static partial class Concat
{
    /// <summary>One value copied. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct Kernel(ArrayView<float> from, ArrayView<float> to, Blocks blocks) : IKernel
    {
        public void Invoke(int index)
        {
            int block = index / blocks.Length,
                at = index % blocks.Length;
            to[(block * blocks.ToStride) + blocks.ToAt + at] = from[(block * blocks.FromStride) + blocks.FromAt + at];
        }
    }
}

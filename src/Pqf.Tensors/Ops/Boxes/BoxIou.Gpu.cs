using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Boxes;

public static partial class BoxIou
{
    /// <summary>One pair. Bound by memory: 4 bytes a pair, boxes stay in cache.</summary>
    internal readonly struct Kernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> iou, int columns) : IKernel
    {
        public void Invoke(int index) => iou[index] = Box.At(a, index / columns).Iou(Box.At(b, index % columns));
    }
}

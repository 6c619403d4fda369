using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Boxes;

public static partial class BoxIou
{
    static unsafe void Host(HostDevice host, Tensor<float> a, Tensor<float> b, Tensor<float> iou)
    {
        var work = new Columns((Box*)a.Pointer, a.Shape[0], (Box*)b.Pointer, b.Shape[0], iou.Pointer);
        host.For(Division.Ceil(b.Shape[0], Columns.Count), work);
    }

    /// <summary>Some boxes of b, rearranged once, against all of a.</summary>
    readonly unsafe struct Columns(Box* a, int rows, Box* b, int columns, float* iou) : IHostWork
    {
        // 20 KiB of coordinates.
        public const int Count = 1024;

        public void Invoke(int item, int thread)
        {
            int first = item * Count,
                count = Math.Min(Count, columns - first),
                width = Vector<float>.Count;
            float* vectors = stackalloc float[Division.Ceil(Count, width) * BoxVectors.Size];
            for (int i = 0; i < count; i++)
                BoxVectors.Put(b[first + i], i % width, vectors + (i / width * BoxVectors.Size));
            for (int row = 0; row < rows; row++)
            {
                var box = BoxVectors.Same(a[row]);
                float* to = iou + ((nint)row * columns) + first;
                int i = 0;
                for (; i <= count - width; i += width)
                    Vector.Store(box.Iou(BoxVectors.Load(vectors + (i / width * BoxVectors.Size))), to + i);
                for (; i < count; i++)
                    to[i] = a[row].Iou(b[first + i]);
            }
        }
    }
}

using System.Collections.Immutable;
using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Boxes;

public static partial class Nms
{
    static ImmutableArray<int> Gpu(GpuDevice gpu, Tensor<float> boxes, int[] order, ReadOnlySpan<int> groups, float threshold, int limit)
    {
        int n = order.Length,
            words = Division.Ceil(n, Mask.Bits);
        var mask = Tensor<int>.Rent(gpu, [n, words]);
        var sorted = Tensor<int>.From(gpu, [n], order);
        var group = Tensor<int>.From(gpu, [n], groups.Length == 0 ? new int[n] : groups);
        gpu.Launch(mask.Shape.Count, new Mask(boxes.View, sorted.View, group.View, mask.View, n, words, threshold));
        return Scanned(order, mask.ToArray(), words, limit);
    }

    /// <summary>Box by box, what is kept takes away what it overlaps.</summary>
    static ImmutableArray<int> Scanned(int[] order, int[] mask, int words, int limit)
    {
        var result = ImmutableArray.CreateBuilder<int>();
        int[] gone = new int[words];
        for (int i = 0; i < order.Length && result.Count < limit; i++)
        {
            if ((gone[i / Mask.Bits] >> (i % Mask.Bits) & 1) != 0)
                continue;
            result.Add(order[i]);
            for (int word = i / Mask.Bits; word < words; word++)
                gone[word] |= mask[(i * words) + word];
        }

        return result.ToImmutable();
    }

    /// <summary>Which of 32 boxes one of a higher score overlaps, as bits. n² / 2 overlaps of some 15 operations on n² / 8 bytes: bound by
    /// operations.</summary>
    internal readonly struct Mask(
        ArrayView<float> boxes,
        ArrayView<int> order,
        ArrayView<int> groups,
        ArrayView<int> mask,
        int n,
        int words,
        float threshold
    ) : IKernel
    {
        public const int Bits = 32;

        public void Invoke(int index)
        {
            int row = index / words,
                first = index % words * Bits,
                bits = 0;
            var box = Box.At(boxes, order[row]);
            for (int i = Math.Max(first, row + 1); i < Math.Min(first + Bits, n); i++)
                if (groups[order[i]] == groups[order[row]] && box.Iou(Box.At(boxes, order[i])) > threshold)
                    bits |= 1 << (i - first);
            mask[index] = bits;
        }
    }
}

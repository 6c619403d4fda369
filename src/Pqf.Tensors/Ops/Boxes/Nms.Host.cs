using System.Collections.Immutable;
using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Boxes;

public static partial class Nms
{
    static unsafe ImmutableArray<int> Host(
        HostDevice host,
        Tensor<float> boxes,
        int[] order,
        (int[] Start, int[] Boxes) groups,
        float threshold,
        int limit
    )
    {
        int groupCount = groups.Start.Length - 1,
            vectors = Division.Ceil(order.Length, Vector<float>.Count) + groupCount;
        using var kept = new Workspace<byte>(host, order.Length);
        using var memory = new Workspace<float>(host, (long)vectors * BoxVectors.Size);
        fixed (
            int* start = groups.Start,
                list = groups.Boxes
        )
            host.For(groupCount, new Scan((Box*)boxes.Pointer, start, list, threshold, limit, memory.Pointer, kept.Pointer));
        var result = ImmutableArray.CreateBuilder<int>();
        for (int i = 0; i < order.Length && result.Count < limit; i++)
            if (kept.Pointer[order[i]] != 0)
                result.Add(order[i]);
        return result.ToImmutable();
    }

    /// <summary>One group: each box against those kept so far, some at a time, up to the first that it overlaps.</summary>
    /// <remarks>Half of n² overlaps where all are kept; n times what is kept otherwise, mostly less.</remarks>
    readonly unsafe struct Scan(Box* boxes, int* start, int* list, float threshold, int limit, float* memory, byte* kept) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int width = Vector<float>.Count,
                count = 0,
                at = start[item];
            float* vectors = memory + ((nint)((start[item] / width) + item) * BoxVectors.Size);
            for (; at < start[item + 1] && count < limit; at++)
            {
                var box = boxes[list[at]];
                bool isFree = !Overlaps(box, vectors, Division.Ceil(count, width));
                kept[list[at]] = isFree ? (byte)1 : (byte)0;
                if (!isFree)
                    continue;
                BoxVectors.Put(box, count % width, vectors + (count / width * BoxVectors.Size));
                count++;
            }

            for (; at < start[item + 1]; at++)
                kept[list[at]] = 0;
        }

        bool Overlaps(Box box, float* vectors, int count)
        {
            var same = BoxVectors.Same(box);
            var most = new Vector<float>(threshold);
            for (int i = 0; i < count; i++, vectors += BoxVectors.Size)
                if (Vector.GreaterThanAny(same.Iou(BoxVectors.Load(vectors)), most))
                    return true;
            return false;
        }
    }
}

using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>A first convolution and the pooling behind it, some rows at a time: the value between them, the largest of its network, never
/// leaves the cache.</summary>
/// <remarks>An item is a band of pooled rows of one image. Rows that two bands share are computed by both. All values are those of the
/// two one after the other, to the bit.</remarks>
/// <param name="bands">Bands of each image.</param>
/// <param name="stem">The convolution.</param>
/// <param name="window">The pooling of all images.</param>
/// <param name="y">[N, H', W', O], pooled.</param>
/// <param name="scratch">See <see cref="HostDevice.Scratch"/>.</param>
readonly unsafe struct StemPool<S, V>(int bands, StemPart stem, PoolWindow window, float* y, byte* scratch) : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>One past the last row to compute, for which there is room.</summary>
    int End(int room, int needed, int all)
    {
        if (room >= all)
            return all;
        int whole = room - (room % stem.RowStep);
        return whole >= needed ? whole : room;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int n = item / bands,
            band = item % bands,
            end = Division.Cut(band + 1, bands, window.OutH),
            room = (int)(HostDevice.RoomSizeBytes / sizeof(float) / stem.RowFloats),
            firstHeld = 0,
            endHeld = 0;
        float* held = (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes) + HostDevice.RoomAt);
        for (int oy = Division.Cut(band, bands, window.OutH); oy < end; oy++)
        {
            var (first, last) = window.Rows(oy);
            if (last > endHeld)
            {
                int kept = Math.Max(0, endHeld - first);
                Buffer.MemoryCopy(
                    held + ((first - firstHeld) * stem.RowFloats),
                    held,
                    HostDevice.RoomSizeBytes,
                    kept * stem.RowFloats * sizeof(float)
                );
                firstHeld = first;
                int from = first + kept;
                endHeld = End(first + room, last, window.Rows(end - 1).End);
                stem.Run<S, V>(n, from, endHeld, held + (kept * stem.RowFloats), scratch, thread);
            }

            LargestRows<S, V>.Row(
                window,
                held - (firstHeld * stem.RowFloats),
                oy,
                y + window.OutputAt(n, oy, 0),
                LargestRows<S, V>.Line(scratch, thread)
            );
        }
    }
}

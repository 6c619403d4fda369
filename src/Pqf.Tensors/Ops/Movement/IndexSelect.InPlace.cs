using System.Collections;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Movement;

public static partial class IndexSelect
{
    // Values of a slice that one item moves: scratch memory holds one such part of a slice.
    const int PartLength = 1024;

    /// <summary>What <see cref="Forward"/> gives for an order of all slices, in x's own memory.</summary>
    /// <remarks>Slices move along the order's cycles, so that one part of a slice a thread is all the memory it takes.</remarks>
    /// <param name="x">On a host device; overwritten.</param>
    /// <param name="axis">Which axis.</param>
    /// <param name="order">Each slice's number once.</param>
    /// <exception cref="ShapeException">The axis does not exist, or the order is none of its slices.</exception>
    internal static unsafe void InPlace(Tensor<float> x, int axis, ReadOnlySpan<int> order)
    {
        var (outer, inner) = Check(x.Shape, axis, order);
        int[] starts = CycleStarts(order, x.Shape[axis]);
        int parts = (inner + PartLength - 1) / PartLength;
        var host = (HostDevice)x.Device;
        fixed (
            int* from = order,
                start = starts
        )
            host.For(outer * parts, new Turn(x.Pointer, from, start, starts.Length, order.Length, inner, parts, host.Scratch));
    }

    /// <summary>One slice of each cycle of more than one.</summary>
    static int[] CycleStarts(ReadOnlySpan<int> order, int length)
    {
        var seen = new BitArray(length);
        var starts = new List<int>();
        for (int i = 0; i < order.Length; i++)
        {
            if (seen[i])
                continue;
            if (order[i] != i)
                starts.Add(i);
            int at = i;
            while (!seen[at])
            {
                seen[at] = true;
                at = order[at];
            }

            if (at != i)
                throw NoOrder(length);
        }

        return order.Length == length ? [.. starts] : throw NoOrder(length);
    }

    static ShapeException NoOrder(int length) => new("IndexSelect", $"expected each of {length} slices once");

    /// <summary>Moves one part of all slices of one outer index along the cycles.</summary>
    readonly unsafe struct Turn(float* x, int* order, int* starts, int cycleCount, int length, int inner, int parts, byte* scratch)
        : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item % parts * PartLength,
                count = Math.Min(PartLength, inner - first);
            float* slices = x + ((nint)(item / parts) * length * inner) + first;
            var kept = new Span<float>(scratch + ((nint)thread * HostDevice.ScratchSizeBytes), count);
            for (int cycle = 0; cycle < cycleCount; cycle++)
            {
                int at = starts[cycle];
                Slice(slices, at, count).CopyTo(kept);
                for (int next = order[at]; next != starts[cycle]; next = order[at])
                {
                    Slice(slices, next, count).CopyTo(Slice(slices, at, count));
                    at = next;
                }

                kept.CopyTo(Slice(slices, at, count));
            }
        }

        Span<float> Slice(float* slices, int number, int count) => new(slices + ((nint)number * inner), count);
    }
}

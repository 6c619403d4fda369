using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Movement;

public static partial class IndexSelect
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<int> index, int outer, int length, int inner, Tensor<float> y)
    {
        int slices = outer * index.Shape[0];
        host.For(
            Division.Ceil(slices, Chunks.Rows(inner)),
            new Slices(x.Pointer, index.Pointer, y.Pointer, slices, index.Shape[0], length, inner)
        );
    }

    readonly unsafe struct Slices(float* x, int* index, float* y, int slices, int count, int length, int inner) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(inner),
                end = Math.Min(slices, first + Chunks.Rows(inner));
            for (int i = first, at = first % count; i < end; i++, at = at + 1 == count ? 0 : at + 1)
                Floats.Copy(x + ((((nint)(i / count) * length) + index[at]) * inner), y + ((nint)i * inner), inner);
        }
    }

    static unsafe void PullbackHost(HostDevice host, Sources sources, int outer, int length, int inner, Tensor<float> dy, Tensor<float> dx)
    {
        int slices = outer * sources.Target.Shape.Count;
        var work = new AddSlices(
            sources.Target.Pointer,
            sources.Start.Pointer,
            sources.Place.Pointer,
            dy.Pointer,
            dx.Pointer,
            slices,
            sources.Target.Shape.Count,
            length,
            sources.Place.Shape.Count,
            inner
        );
        host.For(Division.Ceil(slices, Chunks.Rows(inner)), work);
    }

    /// <summary>Some of the slices that were selected: each the sum of its places, in order.</summary>
    readonly unsafe struct AddSlices(
        int* target,
        int* start,
        int* place,
        float* dy,
        float* dx,
        int slices,
        int targets,
        int length,
        int count,
        int inner
    ) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(inner),
                end = Math.Min(slices, first + Chunks.Rows(inner));
            for (int slice = first; slice < end; slice++)
            {
                int o = slice / targets,
                    i = slice % targets;
                float* to = dx + ((((nint)o * length) + target[i]) * inner);
                for (int at = start[i]; at < start[i + 1]; at++)
                    Add(dy + ((((nint)o * count) + place[at]) * inner), to);
            }
        }

        void Add(float* from, float* to)
        {
            int i = 0;
            for (; i <= inner - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(Vector.Load(to + i) + Vector.Load(from + i), to + i);
            for (; i < inner; i++)
                to[i] += from[i];
        }
    }
}

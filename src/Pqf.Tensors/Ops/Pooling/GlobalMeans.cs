using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Means over all pixels of an image, of some channels.</summary>
/// <remarks>Pixels with even and odd numbers have sums of their own, so that an addition does not wait for the one before. A window as
/// large as the image would be one long chain of them, on one thread for each image.</remarks>
/// <param name="pixels">Of an image; one at least.</param>
/// <param name="channels">C.</param>
/// <param name="x">[N, pixels, C].</param>
/// <param name="y">[N, C].</param>
readonly unsafe struct GlobalMeans(int pixels, int channels, float* x, float* y) : IHostWork
{
    // Four of the widest vectors: lines of memory that lie side by side.
    const int ItemChannels = 64;

    /// <summary>Writes the means of all images.</summary>
    public static void Run(HostDevice host, Shape shape, float* x, float* y) =>
        host.For(shape[0] * Division.Ceil(shape[3], ItemChannels), new GlobalMeans(shape[1] * shape[2], shape[3], x, y));

    public void Invoke(int item, int thread)
    {
        int parts = Division.Ceil(channels, ItemChannels),
            n = item / parts,
            c = item % parts * ItemChannels,
            end = Math.Min(channels, c + ItemChannels);
        float* from = x + ((nint)n * pixels * channels),
            to = y + ((nint)n * channels);
        if (Vector512.IsHardwareAccelerated)
            c = Vectors<Simd512, Vector512<float>>(from, to, c, end);
        c = Vectors<Simd256, Vector256<float>>(from, to, c, end);
        for (; c < end; c++)
            to[c] = One(from + c);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int Vectors<S, V>(float* from, float* to, int c, int end)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (; c <= end - (2 * S.Count); c += 2 * S.Count)
            Two<S, V>(from + c, to + c);
        for (; c <= end - S.Count; c += S.Count)
            One<S, V>(from + c, to + c);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Two<S, V>(float* from, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V even0 = S.Create(0),
            even1 = even0,
            odd0 = even0,
            odd1 = even0,
            count = S.Create(pixels);
        nint next = channels;
        int left = pixels;
        for (; left > 1; left -= 2, from += 2 * next)
        {
            even0 = S.Add(even0, S.Load(from));
            even1 = S.Add(even1, S.Load(from + S.Count));
            odd0 = S.Add(odd0, S.Load(from + next));
            odd1 = S.Add(odd1, S.Load(from + next + S.Count));
        }

        if (left > 0)
            (even0, even1) = (S.Add(even0, S.Load(from)), S.Add(even1, S.Load(from + S.Count)));
        S.Store(S.Divide(S.Add(even0, odd0), count), to);
        S.Store(S.Divide(S.Add(even1, odd1), count), to + S.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void One<S, V>(float* from, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V even = S.Create(0),
            odd = even;
        nint next = channels;
        int left = pixels;
        for (; left > 1; left -= 2, from += 2 * next)
            (even, odd) = (S.Add(even, S.Load(from)), S.Add(odd, S.Load(from + next)));
        if (left > 0)
            even = S.Add(even, S.Load(from));
        S.Store(S.Divide(S.Add(even, odd), S.Create(pixels)), to);
    }

    float One(float* from)
    {
        float even = 0,
            odd = 0;
        for (int pixel = 0; pixel < pixels; pixel++, from += channels)
            if (pixel % 2 == 0)
                even += *from;
            else
                odd += *from;
        return (even + odd) / pixels;
    }
}

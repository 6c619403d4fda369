using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The transforms of F(4 × 4, 3 × 3) that carry gradients back to weights: those of its output and of its weights,
/// transposed.</summary>
static unsafe class WinogradGradientTransforms<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    const int M = WinogradGradientSizes.M, Edge = WinogradGradientSizes.Edge;

    /// <summary>A dy Aᵀ for one tile.</summary>
    /// <param name="patch">Its 16 pixels.</param>
    /// <param name="channels">How many, a multiple of 16.</param>
    /// <param name="tiles">Of the chunk.</param>
    /// <param name="side">Room for 24 vectors.</param>
    /// <param name="to">Its place in the first panel, of two vectors of channels, of the first point.</param>
    /// <param name="stride">From one point's values to the next point's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(float** patch, int channels, int tiles, float* side, float* to, nint stride)
    {
        int width = 2 * S.Count;
        for (int c = 0; c < channels; c += S.Count)
        {
            for (int j = 0; j < M; j++)
                Spread(S.Load(patch[j] + c), S.Load(patch[j + M] + c), S.Load(patch[j + (2 * M)] + c), S.Load(patch[j + (3 * M)] + c),
                    side + (j * S.Count), M * S.Count);
            float* at = to + ((nint)(c - (c % width)) * tiles) + (c % width), from = side;
            for (int i = 0; i < Edge; i++, from += M * S.Count, at += Edge * stride)
                Spread(S.Load(from), S.Load(from + S.Count), S.Load(from + (2 * S.Count)), S.Load(from + (3 * S.Count)), at, stride);
        }
    }

    /// <summary>Gᵀ m G for one vector of kernels.</summary>
    /// <param name="sums">The first point's.</param>
    /// <param name="stride">From one point's sums to the next point's.</param>
    /// <param name="side">Room for 18 vectors.</param>
    /// <param name="to">The first tap's.</param>
    /// <param name="tapsStride">From one tap to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights(float* sums, nint stride, float* side, float* to, nint tapsStride)
    {
        for (int j = 0; j < Edge; j++, sums += stride)
            Gather(
                S.Load(sums), S.Load(sums + (6 * stride)), S.Load(sums + (12 * stride)), S.Load(sums + (18 * stride)),
                S.Load(sums + (24 * stride)), S.Load(sums + (30 * stride)),
                side + (j * S.Count), Edge * S.Count);
        for (int i = 0; i < 3; i++, side += Edge * S.Count, to += 3 * tapsStride)
            Gather(
                S.Load(side), S.Load(side + S.Count), S.Load(side + (2 * S.Count)), S.Load(side + (3 * S.Count)),
                S.Load(side + (4 * S.Count)), S.Load(side + (5 * S.Count)),
                to, tapsStride);
    }

    /// <summary>A · d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Spread(V d0, V d1, V d2, V d3, float* to, nint stride)
    {
        V four = S.Create(4), even = S.Add(d0, d2), odd = S.Add(d1, d3), evenOfTwo = S.MultiplyAdd(four, d2, d0),
            oddOfTwo = S.MultiplyAdd(four, d3, d1);
        oddOfTwo = S.Add(oddOfTwo, oddOfTwo);
        S.Store(d0, to);
        S.Store(S.Add(even, odd), to + stride);
        S.Store(S.Subtract(even, odd), to + (2 * stride));
        S.Store(S.Add(evenOfTwo, oddOfTwo), to + (3 * stride));
        S.Store(S.Subtract(evenOfTwo, oddOfTwo), to + (4 * stride));
        S.Store(d3, to + (5 * stride));
    }

    /// <summary>Gᵀ · m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Gather(V m0, V m1, V m2, V m3, V m4, V m5, float* to, nint stride)
    {
        V zero = S.Create(0), sixth = S.Create(1 / 6f), lessSixth = S.Create(-1 / 6f);
        V even = S.MultiplyAdd(lessSixth, S.Add(m1, m2), zero), odd = S.MultiplyAdd(sixth, S.Subtract(m2, m1), zero),
            evenOfTwo = S.Add(m3, m4), oddOfTwo = S.Subtract(m3, m4);
        S.Store(S.MultiplyAdd(S.Create(0.25f), m0, S.MultiplyAdd(S.Create(1 / 24f), evenOfTwo, even)), to);
        S.Store(S.MultiplyAdd(S.Create(1 / 12f), oddOfTwo, odd), to + stride);
        S.Store(S.Add(S.MultiplyAdd(sixth, evenOfTwo, even), m5), to + (2 * stride));
    }
}

using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>Some channels of pixels side by side, and of the rows below, all of which have the same taps outside of the
/// padding.</summary>
/// <remarks>One vector of channels after another: its weights stay in registers for all pixels.</remarks>
/// <param name="x">The input under the first pixel's first tap.</param>
/// <param name="weight">The first tap's weights.</param>
/// <param name="channels">Floats from one pixel, and from one tap's weights, to the next.</param>
/// <param name="step">Floats from one output's inputs to the next one's.</param>
/// <param name="right">Floats from one tap column's input to the next one's.</param>
/// <param name="down">Floats from one tap row's input to the next one's.</param>
/// <param name="y">The first pixel's result.</param>
/// <param name="count">Pixels of a row.</param>
readonly unsafe struct DepthwiseLine(float* x, float* weight, nint channels, nint step, nint right, nint down, float* y, int count)
{
    const int Most = 5;

    /// <summary>One value for each channel, to which the products are added.</summary>
    public float* Bias { get; init; }

    /// <summary>Added to the first pixel, or null; its pixels are as far apart as the result's.</summary>
    public float* Residual { get; init; }

    /// <summary>Floats from one tap row's weights to the next one's.</summary>
    public nint WeightDown { get; init; }

    /// <summary>Vectors of channels.</summary>
    public int Vectors { get; init; }

    /// <summary>Rows of outputs.</summary>
    public int Lines { get; init; }

    /// <summary>Floats from one row's input to the next one's.</summary>
    public nint LineDown { get; init; }

    /// <summary>Floats from one row of outputs to the next.</summary>
    public nint NextLine { get; init; }

    /// <summary>Applied last.</summary>
    public Bounds Bounds { get; init; }

    /// <summary>Whether all weights of a kernel stay in registers, which makes this the fastest loop.</summary>
    public static bool Fits<S, V>(Pair kernel)
        where S : struct, ISimd<V>
        where V : unmanaged => S.Count < Simd512.Count ? kernel is { W: <= 3, H: <= 3 } : kernel is { W: <= Most, H: <= Most };

    /// <summary>Computes the pixels.</summary>
    /// <param name="rows">Tap rows outside of the padding, from one to five.</param>
    /// <param name="columns">Tap columns outside of it, from one to five.</param>
    public void Run<S, V>(int rows, int columns)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        switch (columns)
        {
            case 1: Run<S, V, N1>(rows); break;
            case 2: Run<S, V, N2>(rows); break;
            case 3: Run<S, V, N3>(rows); break;
            case 4: Run<S, V, N4>(rows); break;
            case 5: Run<S, V, N5>(rows); break;
        }
    }

    void Run<S, V, K>(int rows)
        where S : struct, ISimd<V>
        where V : unmanaged
        where K : struct, IConstant
    {
        switch (rows)
        {
            case 1: Run<S, V, N1, K>(); break;
            case 2: Run<S, V, N2, K>(); break;
            case 3: Run<S, V, N3, K>(); break;
            case 4: Run<S, V, N4, K>(); break;
            case 5: Run<S, V, N5, K>(); break;
        }
    }

    void Run<S, V, R, K>()
        where S : struct, ISimd<V>
        where V : unmanaged
        where R : struct, IConstant
        where K : struct, IConstant
    {
        for (nint c = 0; c < Vectors * S.Count; c += S.Count)
            Vector<S, V, R, K>(c);
    }

    /// <summary>Each tap row is a sum of its own, so that a product does not wait for all that come before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Vector<S, V, R, K>(nint c)
        where S : struct, ISimd<V>
        where V : unmanaged
        where R : struct, IConstant
        where K : struct, IConstant
    {
        Taps<S, V, R, K>(c, 0, out V w00, out V w01, out V w02, out V w03, out V w04);
        Taps<S, V, R, K>(c, 1, out V w10, out V w11, out V w12, out V w13, out V w14);
        Taps<S, V, R, K>(c, 2, out V w20, out V w21, out V w22, out V w23, out V w24);
        Taps<S, V, R, K>(c, 3, out V w30, out V w31, out V w32, out V w33, out V w34);
        Taps<S, V, R, K>(c, 4, out V w40, out V w41, out V w42, out V w43, out V w44);
        V start = S.Load(Bias + c), low = S.Create(Bounds.Low), high = S.Create(Bounds.High);
        nint toRight = right, right3 = 3 * toRight, below = down, ahead = step, toNext = channels;
        for (int line = 0; line < Lines; line++)
        {
            float* from = x + c + (line * LineDown), to = y + c + (line * NextLine);
            float* added = Residual == null ? null : Residual + c + (line * NextLine);
            for (int left = count; left > 0; left--, from += ahead, to += toNext)
            {
                float* p = from;
                V sum = start;
                if (added != null)
                {
                    sum = S.Add(sum, S.Load(added));
                    added += toNext;
                }

                sum = Row<S, V, K>(p, toRight, right3, S.MultiplyAdd(S.Load(p), w00, sum), w01, w02, w03, w04);
                p += below;
                if (R.N > 1)
                    sum = S.Add(sum, Row<S, V, K>(p, toRight, right3, S.Multiply(S.Load(p), w10), w11, w12, w13, w14));
                p += below;
                if (R.N > 2)
                    sum = S.Add(sum, Row<S, V, K>(p, toRight, right3, S.Multiply(S.Load(p), w20), w21, w22, w23, w24));
                p += below;
                if (R.N > 3)
                    sum = S.Add(sum, Row<S, V, K>(p, toRight, right3, S.Multiply(S.Load(p), w30), w31, w32, w33, w34));
                p += below;
                if (R.N > 4)
                    sum = S.Add(sum, Row<S, V, K>(p, toRight, right3, S.Multiply(S.Load(p), w40), w41, w42, w43, w44));
                S.Store(S.Min(high, S.Max(low, sum)), to);
            }
        }
    }

    /// <summary>A tap row's weights; zeros that nobody uses beyond the kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Taps<S, V, R, K>(nint c, int row, out V w0, out V w1, out V w2, out V w3, out V w4)
        where S : struct, ISimd<V>
        where V : unmanaged
        where R : struct, IConstant
        where K : struct, IConstant
    {
        w0 = w1 = w2 = w3 = w4 = S.Create(0);
        if (row >= R.N)
            return;
        float* from = weight + c + (row * WeightDown);
        w0 = S.Load(from);
        if (K.N > 1)
            w1 = S.Load(from + channels);
        if (K.N > 2)
            w2 = S.Load(from + (2 * channels));
        if (K.N > 3)
            w3 = S.Load(from + (3 * channels));
        if (K.N > 4)
            w4 = S.Load(from + (4 * channels));
    }

    /// <summary>A tap row's sum but for its first product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Row<S, V, K>(float* p, nint right, nint right3, V sum, V w1, V w2, V w3, V w4)
        where S : struct, ISimd<V>
        where V : unmanaged
        where K : struct, IConstant
    {
        if (K.N > 1)
            sum = S.MultiplyAdd(S.Load(p + right), w1, sum);
        if (K.N > 2)
            sum = S.MultiplyAdd(S.Load(p + (2 * right)), w2, sum);
        if (K.N > 3)
            sum = S.MultiplyAdd(S.Load(p + right3), w3, sum);
        if (K.N > 4)
            sum = S.MultiplyAdd(S.Load(p + (4 * right)), w4, sum);
        return sum;
    }
}

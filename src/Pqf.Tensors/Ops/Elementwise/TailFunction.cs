using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>The elementwise function of a <see cref="Tail"/>, its type forgotten. Functions of equal options are equal.</summary>
abstract unsafe record TailFunction
{
    /// <summary>On the host: writes the function of values. Takes <see cref="Options"/>, the first value, the floats from one row to the
    /// next, the place of the first result, the floats from one row of results to the next, the number of rows, and the values of a
    /// row. The results may take the values' place.</summary>
    internal abstract delegate* <ulong, float*, nint, float*, nint, int, int, void> Rows { get; }

    /// <summary>The function's options, as bits.</summary>
    public abstract ulong Options { get; }

    /// <summary>Applies the function on a GPU: one launch over all values.</summary>
    public abstract void Launch(Tensor<float> y);

    /// <summary>The function on rows of values.</summary>
    private protected static void Apply<TOp>(ulong options, float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        int done =
            typeof(TOp) == typeof(Plain<Silu>) ? Wide<Silu>(from, fromStride, to, toStride, rows, columns)
            : typeof(TOp) == typeof(Plain<Sigmoid>) ? Wide<Sigmoid>(from, fromStride, to, toStride, rows, columns)
            : 0;
        if (done < columns)
            Narrow<TOp>(options, from + done, fromStride, to + done, toStride, rows, columns - done);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Narrow<TOp>(ulong options, float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        var op = *(TOp*)&options;
        for (; rows > 0; rows--, from += fromStride, to += toStride)
        {
            int i = 0;
            for (; i <= columns - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(op.Apply(Vector.Load(from + i)), to + i);
            for (; i < columns; i++)
                to[i] = op.Apply(from[i]);
        }
    }

    /// <summary>The columns that fill the widest vectors; returns how many.</summary>
    static int Wide<TOp>(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
        where TOp : unmanaged, IWideOp
    {
        if (!Vector512.IsHardwareAccelerated)
            return 0;
        int vectors = columns / Simd512.Count;
        if (vectors > 0)
            Wide<TOp, Simd512, Vector512<float>>(from, fromStride, to, toStride, rows, vectors);
        return vectors * Simd512.Count;
    }

    /// <summary>Loops that call nothing, so that the function's constants stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Wide<TOp, S, V>(float* from, nint fromStride, float* to, nint toStride, int rows, int vectors)
        where TOp : unmanaged, IWideOp
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (; rows > 0; rows--, from += fromStride, to += toStride)
        for (int i = 0; i < vectors; i++)
            S.Store(TOp.Apply<S, V>(S.Load(from + (i * S.Count))), to + (i * S.Count));
    }
}

/// <summary>The function <typeparamref name="TOp"/>.</summary>
sealed unsafe record TailFunction<TOp> : TailFunction
    where TOp : unmanaged, IUnaryOp
{
    public static TailFunction<TOp> Instance { get; } = new();

    internal override delegate* <ulong, float*, nint, float*, nint, int, int, void> Rows => &Apply<Plain<TOp>>;

    public override ulong Options => 0;

    public override void Launch(Tensor<float> y) => Map.ForwardInto<TOp>(y, y);
}

/// <summary>A function with options.</summary>
/// <param name="Op">The function.</param>
sealed unsafe record TailFunctionWithOptions<TOp>(TOp Op) : TailFunction
    where TOp : unmanaged, IUnaryOpWithOptions
{
    internal override delegate* <ulong, float*, nint, float*, nint, int, int, void> Rows => &Apply<TOp>;

    public override ulong Options
    {
        get
        {
            Debug.Assert(sizeof(TOp) <= sizeof(ulong), "IUnaryOpWithOptions states 8 bytes at most");
            ulong options = 0;
            Unsafe.As<ulong, TOp>(ref options) = Op;
            return options;
        }
    }

    public override void Launch(Tensor<float> y) => Map.ForwardInto(Op, y, y);
}

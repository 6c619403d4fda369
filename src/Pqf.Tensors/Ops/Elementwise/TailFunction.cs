using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>The elementwise function of a <see cref="Tail"/>, its type forgotten. Functions of equal options are equal.</summary>
abstract unsafe record TailFunction
{
    /// <summary>On the host: replaces values by the function's. Takes <see cref="Options"/>, the first value, the number of rows, the
    /// floats from one row to the next, and the values of a row.</summary>
    public abstract delegate* <ulong, float*, int, nint, int, void> Rows { get; }

    /// <summary>The function's options, as bits.</summary>
    public abstract ulong Options { get; }

    /// <summary>On a GPU: a launch over all values.</summary>
    public abstract void Launch(Tensor<float> y);

    /// <summary>The function on rows of values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private protected static void Apply<TOp>(ulong options, float* y, int rows, nint stride, int columns)
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        var op = *(TOp*)&options;
        for (; rows > 0; rows--, y += stride)
        {
            int i =
                typeof(TOp) == typeof(Plain<Silu>) ? Wide<Silu>(y, columns)
                : typeof(TOp) == typeof(Plain<Sigmoid>) ? Wide<Sigmoid>(y, columns)
                : 0;
            for (; i <= columns - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(op.Apply(Vector.Load(y + i)), y + i);
            for (; i < columns; i++)
                y[i] = op.Apply(y[i]);
        }
    }

    /// <summary>The values that fill the widest vectors; returns how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Wide<TOp>(float* y, int columns)
        where TOp : unmanaged, IWideOp
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
            for (; i <= columns - Simd512.Count; i += Simd512.Count)
                Simd512.Store(TOp.Apply<Simd512, Vector512<float>>(Simd512.Load(y + i)), y + i);
        return i;
    }
}

/// <summary>The function <typeparamref name="TOp"/>.</summary>
sealed unsafe record TailFunction<TOp> : TailFunction
    where TOp : unmanaged, IUnaryOp
{
    public static TailFunction<TOp> Instance { get; } = new();

    public override delegate* <ulong, float*, int, nint, int, void> Rows => &Apply<Plain<TOp>>;

    public override ulong Options => 0;

    public override void Launch(Tensor<float> y) => Map.ForwardInto<TOp>(y, y);
}

/// <summary>A function with options.</summary>
/// <param name="Op">The function.</param>
sealed unsafe record TailFunctionWithOptions<TOp>(TOp Op) : TailFunction
    where TOp : unmanaged, IUnaryOpWithOptions
{
    public override delegate* <ulong, float*, int, nint, int, void> Rows => &Apply<TOp>;

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

using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>The elementwise function of a <see cref="Tail"/>, its type forgotten.</summary>
abstract unsafe class TailFunction
{
    /// <summary>On the host: replaces values by the function's. Takes the first value, the number of rows, the floats from one row to the
    /// next, and the values of a row.</summary>
    public abstract delegate* <float*, int, nint, int, void> Rows { get; }

    /// <summary>On a GPU: a launch over all values.</summary>
    public abstract void Launch(Tensor<float> y);
}

/// <summary>The function <typeparamref name="TOp"/>.</summary>
sealed unsafe class TailFunction<TOp> : TailFunction
    where TOp : unmanaged, IUnaryOp
{
    public static TailFunction<TOp> Instance { get; } = new();

    public override delegate* <float*, int, nint, int, void> Rows => &Apply;

    public override void Launch(Tensor<float> y) => Map.ForwardInto<TOp>(y, y);

    static void Apply(float* y, int rows, nint stride, int columns)
    {
        for (; rows > 0; rows--, y += stride)
        {
            int i = 0;
            for (; i <= columns - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(TOp.Apply(Vector.Load(y + i)), y + i);
            for (; i < columns; i++)
                y[i] = TOp.Apply(y[i]);
        }
    }
}

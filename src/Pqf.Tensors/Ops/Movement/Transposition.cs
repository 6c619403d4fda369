using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Transposition of matrices.</summary>
static unsafe class Transposition
{
    /// <summary>to[j, i] = from[i, j], with rows so many floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, int fromStride, int rows, int columns, float* to, int toStride)
    {
        int wholeRows = Sse.IsSupported ? rows & ~3 : 0,
            wholeColumns = columns & ~3;
        // Sixteen columns at a time: a line of each row is read once, and the lines written stay in the first-level cache.
        for (int j0 = 0; j0 < wholeColumns; j0 += 16)
        for (int i = 0; i < wholeRows; i += 4)
        for (int j = j0; j < Math.Min(j0 + 16, wholeColumns); j += 4)
            Copy4x4(from + ((nint)i * fromStride) + j, fromStride, to + ((nint)j * toStride) + i, toStride);
        for (int i = 0; i < rows; i++)
        for (int j = i < wholeRows ? wholeColumns : 0; j < columns; j++)
            to[((nint)j * toStride) + i] = from[((nint)i * fromStride) + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy4x4(float* from, nint fromStride, float* to, nint toStride)
    {
        Vector128<float> a = Vector128.Load(from),
            b = Vector128.Load(from + fromStride);
        Vector128<float> c = Vector128.Load(from + (2 * fromStride)),
            d = Vector128.Load(from + (3 * fromStride));
        Vector128<float> ab0 = Sse.UnpackLow(a, b),
            ab1 = Sse.UnpackHigh(a, b),
            cd0 = Sse.UnpackLow(c, d),
            cd1 = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(ab0, cd0).Store(to);
        Sse.MoveHighToLow(cd0, ab0).Store(to + toStride);
        Sse.MoveLowToHigh(ab1, cd1).Store(to + (2 * toStride));
        Sse.MoveHighToLow(cd1, ab1).Store(to + (3 * toStride));
    }
}

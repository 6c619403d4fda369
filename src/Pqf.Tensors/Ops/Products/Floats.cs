using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pqf.Tensors.Ops.Products;

/// <summary>Moves of floats between rows and tiles.</summary>
static unsafe class Floats
{
    /// <summary>Sixteen floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy16(float* from, float* to)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512.Load(from).Store(to);
            return;
        }

        Vector256<float> low = Vector256.Load(from),
            high = Vector256.Load(from + 8);
        low.Store(to);
        high.Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear16(float* to)
    {
        Vector256<float>.Zero.Store(to);
        Vector256<float>.Zero.Store(to + 8);
    }

    /// <summary>Any number of floats, few mostly: the last vector overlaps the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(float* from, float* to, int count)
    {
        if (count >= 8)
        {
            for (int i = 0; i < count - 8; i += 8)
                Vector256.Load(from + i).Store(to + i);
            Vector256.Load(from + count - 8).Store(to + count - 8);
        }
        else if (count >= 4)
        {
            Vector128<float> low = Vector128.Load(from),
                high = Vector128.Load(from + count - 4);
            low.Store(to);
            high.Store(to + count - 4);
        }
        else
        {
            for (int i = 0; i < count; i++)
                to[i] = from[i];
        }
    }

    /// <summary>As <see cref="Spread"/>, each float times another.</summary>
    /// <param name="from">Floats.</param>
    /// <param name="by">As many.</param>
    /// <param name="line">Room for fewer than sixteen.</param>
    /// <param name="to">The tile.</param>
    /// <param name="count">How many.</param>
    /// <param name="rows">Rows of the tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SpreadProducts(float* from, float* by, float* line, float* to, int count, int rows)
    {
        int i = 0;
        for (; i + 16 <= count; i += 16, to += rows * 16)
            Multiply16(from + i, by + i, to);
        for (int rest = 0; rest < count - i; rest++)
            line[rest] = from[i + rest] * by[i + rest];
        Copy(line, to, count - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Multiply16(float* a, float* b, float* to)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            (Vector512.Load(a) * Vector512.Load(b)).Store(to);
            return;
        }

        Vector256<float> low = Vector256.Load(a) * Vector256.Load(b),
            high = Vector256.Load(a + 8) * Vector256.Load(b + 8);
        low.Store(to);
        high.Store(to + 8);
    }

    /// <summary>Adds floats to others.</summary>
    public static void Add(float* from, float* to, int count)
    {
        for (int i = 0; i < count; i++)
            to[i] += from[i];
    }

    public static void Clear(float* to, int count) => new Span<float>(to, count).Clear();

    /// <summary>A row of <paramref name="count"/> floats to every sixteenth place of a tile, sixteen at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread(float* from, float* to, int count, int rows)
    {
        int i = 0;
        for (; i + 16 <= count; i += 16, to += rows * 16)
            Copy16(from + i, to);
        Copy(from + i, to, count - i);
    }
}

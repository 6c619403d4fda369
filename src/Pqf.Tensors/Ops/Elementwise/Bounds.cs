using System.Numerics;
using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A clamp as kernels take it. The default clamps nothing. NaN passes.</summary>
readonly struct Bounds(float low, float high)
{
    /// <summary>Smallest value that passes.</summary>
    public readonly float Low = low;

    /// <summary>Largest value that passes.</summary>
    public readonly float High = high;

    /// <summary>Whether there is a smallest value.</summary>
    public readonly bool HasLow = low > float.NegativeInfinity;

    /// <summary>Whether there is a largest value.</summary>
    public readonly bool HasHigh = high < float.PositiveInfinity;

    /// <summary>One number. Also compiled for the GPU.</summary>
    public static float Clamp(float x, float low, float high) =>
        float.IsNaN(x) ? x
        : x < low ? low
        : x > high ? high
        : x; // NaN first: GPU compilers may take a comparison with NaN as true

    /// <summary>Slope 0 at both ends, as ReLU has at 0 in PyTorch; a gradient passes NaN. Also compiled for the GPU.</summary>
    /// <param name="y">The clamped value.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="low">Smallest value that passes.</param>
    /// <param name="high">Largest value that passes.</param>
    public static float Pullback(float y, float dy, float low, float high) =>
        float.IsNaN(y) ? dy
        : y <= low ? 0f
        : y >= high ? 0f
        : dy;

    /// <summary>One number.</summary>
    public float Apply(float x) =>
        (HasLow && x < Low) ? Low
        : (HasHigh && x > High) ? High
        : x;

    /// <summary>A vector of the processor's usual width.</summary>
    public Vector<float> Apply(Vector<float> x)
    {
        if (HasLow)
            x = Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(Low)), new Vector<float>(Low), x);
        if (HasHigh)
            x = Vector.ConditionalSelect(Vector.LessThan(new Vector<float>(High), x), new Vector<float>(High), x);
        return x;
    }

    /// <summary>A vector of any width, without a branch, which costs depthwise convolutions up to a tenth. Not for the default, whose ends
    /// are both 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Clamp<S, V>(V x)
        where S : struct, ISimd<V>
        where V : unmanaged => S.Min(S.Create(High), S.Max(S.Create(Low), x));

    /// <summary>The gradient before the clamp from the value and the gradient behind it.</summary>
    public float Pullback(float y, float dy) => (HasLow && y <= Low) || (HasHigh && y >= High) ? 0f : dy;

    /// <summary>The same for vectors.</summary>
    public Vector<float> Pullback(Vector<float> y, Vector<float> dy)
    {
        if (HasLow)
            dy = Vector.ConditionalSelect(Vector.LessThanOrEqual(y, new Vector<float>(Low)), Vector<float>.Zero, dy);
        if (HasHigh)
            dy = Vector.ConditionalSelect(Vector.GreaterThanOrEqual(y, new Vector<float>(High)), Vector<float>.Zero, dy);
        return dy;
    }
}

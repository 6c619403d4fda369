using ILGPU;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Products;

/// <summary>Four neighbouring singles, moved by one instruction. In registers it is four scalars.</summary>
readonly struct Quad(float x, float y, float z, float w)
{
    public readonly float X = x;
    public readonly float Y = y;
    public readonly float Z = z;
    public readonly float W = w;

    /// <summary>this + a · b, without the rounding in between where the device has such an instruction.</summary>
    public Quad MultiplyAdd(float a, Quad b) => new(X + (a * b.X), Y + (a * b.Y), Z + (a * b.Z), W + (a * b.W));

    public Quad Add(Quad other) => new(X + other.X, Y + other.Y, Z + other.Z, W + other.W);

    /// <summary>Each clamped; NaN stays NaN.</summary>
    public Quad Clamped(float low, float high) =>
        new(Bounds.Clamp(X, low, high), Bounds.Clamp(Y, low, high), Bounds.Clamp(Z, low, high), Bounds.Clamp(W, low, high));
}

/// <summary>How four neighbouring singles of a tensor are read and written.</summary>
interface IQuadAccess
{
    /// <summary>Whether every row begins at a multiple of four singles and has a multiple of four: four neighbours are then all in it or
    /// all out.</summary>
    static abstract bool IsWhole { get; }

    /// <summary>The singles at an index and after; zeros from the <paramref name="count"/>th on.</summary>
    static abstract Quad Load(ArrayView<float> x, int at, int count);

    /// <summary>Writes the first <paramref name="count"/>.</summary>
    static abstract void Store(ArrayView<float> y, int at, int count, Quad value);
}

/// <summary>By 16 bytes at a time. Memory of a tensor begins at a multiple of 16 bytes on every device.</summary>
readonly struct WholeQuads : IQuadAccess
{
    public static bool IsWhole => true;

    public static Quad Load(ArrayView<float> x, int at, int count) => x.Cast<Quad>()[at / 4];

    public static void Store(ArrayView<float> y, int at, int count, Quad value)
    {
        var quads = y.Cast<Quad>();
        quads[at / 4] = value;
    }
}

/// <summary>One by one, for rows of any length.</summary>
readonly struct SingleQuads : IQuadAccess
{
    public static bool IsWhole => false;

    public static Quad Load(ArrayView<float> x, int at, int count) =>
        new(x[at], count > 1 ? x[at + 1] : 0f, count > 2 ? x[at + 2] : 0f, count > 3 ? x[at + 3] : 0f);

    public static void Store(ArrayView<float> y, int at, int count, Quad value)
    {
        y[at] = value.X;
        if (count > 1)
            y[at + 1] = value.Y;
        if (count > 2)
            y[at + 2] = value.Z;
        if (count > 3)
            y[at + 3] = value.W;
    }
}

using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>Hyperbolic tangent.</summary>
/// <remarks>Near 0 the first five terms of its series, further out (1 − e) / (1 + e) with e = exp(−2|x|), where nothing cancels.</remarks>
public readonly struct Tanh : IUnaryOp
{
    // The next term of the series is below 1e-8 of the value up to here.
    const float SeriesEnd = 0.25f;

    const float C3 = -1f / 3,
        C5 = 2f / 15,
        C7 = -17f / 315,
        C9 = 62f / 2835;

    /// <inheritdoc/>
    public static PullbackReads PullbackReads => PullbackReads.Output;

    /// <inheritdoc/>
    public static float Apply(float x)
    {
        float size = MathF.Abs(x);
        if (size < SeriesEnd)
        {
            float square = x * x;
            return x + (x * square * (C3 + (square * (C5 + (square * (C7 + (square * C9)))))));
        }

        float e = MathF.Exp(-2f * size),
            y = (1f - e) / (1f + e);
        return x < 0f ? -y : y;
    }

    /// <inheritdoc/>
    public static Vector<float> Apply(Vector<float> x)
    {
        var size = Vector.Abs(x);
        var square = x * x;
        var series =
            x
            + (
                x
                * square
                * (new Vector<float>(C3) + (square * (new Vector<float>(C5) + (square * (new Vector<float>(C7) + (square * C9))))))
            );
        var e = ShortExp.Of(size * -2f);
        var y = (Vector<float>.One - e) / (Vector<float>.One + e);
        y = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -y, y);
        return Vector.ConditionalSelect(Vector.LessThan(size, new Vector<float>(SeriesEnd)), series, y);
    }

    /// <inheritdoc/>
    public static float Pullback(float y, float dy) => dy * (1f - (y * y));

    /// <inheritdoc/>
    public static Vector<float> Pullback(Vector<float> y, Vector<float> dy) => dy * (Vector<float>.One - (y * y));
}

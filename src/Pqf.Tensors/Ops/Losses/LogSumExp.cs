using System.Numerics;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>The logarithm of a row's summed exponentials.</summary>
static unsafe class LogSumExp
{
    /// <summary>max x + log Σ exp(x − max x).</summary>
    public static float Of(float* x, int count)
    {
        float max = float.NegativeInfinity;
        for (int i = 0; i < count; i++)
            max = MathF.Max(max, x[i]);
        var sums = Vector<float>.Zero;
        int at = 0;
        for (; at <= count - Vector<float>.Count; at += Vector<float>.Count)
            sums += Vector.Exp(Vector.Load(x + at) - new Vector<float>(max));
        double sum = Vector.Sum(sums);
        for (; at < count; at++)
            sum += MathF.Exp(x[at] - max);
        return (float)(max + Math.Log(sum));
    }
}

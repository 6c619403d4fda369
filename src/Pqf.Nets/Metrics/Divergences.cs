namespace Pqf.Nets.Metrics;

/// <summary>Compares the answers of two classifiers.</summary>
public static class Divergences
{
    /// <summary>The Kullback-Leibler divergence of softmax(q) from softmax(p), in nats: 0 for equal answers, not a number where a logit is
    /// none.</summary>
    /// <param name="p">Logits, one for each class.</param>
    /// <param name="q">Logits of the other classifier.</param>
    public static double Of(ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        double one = LogSum(p),
            other = LogSum(q),
            sum = 0;
        for (int i = 0; i < p.Length; i++)
            sum += Math.Exp(p[i] - one) * (p[i] - one - (q[i] - other));
        return sum;
    }

    /// <summary>Cross-entropy of a class, in nats: −log of its share in softmax(logits).</summary>
    /// <param name="logits">One for each class.</param>
    /// <param name="label">The class.</param>
    public static double CrossEntropyOf(ReadOnlySpan<float> logits, int label) => LogSum(logits) - logits[label];

    /// <summary>log Σ exp, without overflow.</summary>
    static double LogSum(ReadOnlySpan<float> logits)
    {
        double largest = double.NegativeInfinity,
            sum = 0;
        foreach (float value in logits)
            largest = Math.Max(largest, value);
        foreach (float value in logits)
            sum += Math.Exp(value - largest);
        return largest + Math.Log(sum);
    }
}

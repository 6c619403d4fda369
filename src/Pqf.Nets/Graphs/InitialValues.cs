using Pqf.Tensors;

namespace Pqf.Nets.Graphs;

/// <summary>How a parameter starts before training.</summary>
public abstract record InitialValues
{
    InitialValues() { }

    /// <summary>Uniform within ±1/√fan-in, PyTorch's default for a weight and its bias.</summary>
    /// <param name="weight">The weight's shape; the fan-in is what is left of it without the first axis.</param>
    public static InitialValues WithinFanIn(Shape weight) => new Uniform(Math.Sqrt((double)weight[0] / weight.Count));

    /// <summary>The values of a parameter.</summary>
    /// <param name="count">Elements.</param>
    /// <param name="key">The parameter's own key.</param>
    public float[] Draw(int count, RngKey key)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)Value(key, (ulong)i);
        return values;
    }

    private protected abstract double Value(RngKey key, ulong i);

    /// <summary>Normal with mean 0.</summary>
    public sealed record Normal(double Deviation) : InitialValues
    {
        private protected override double Value(RngKey key, ulong i) => Deviation * key.Normal(i);
    }

    /// <summary>Uniform within ±bound.</summary>
    public sealed record Uniform(double Bound) : InitialValues
    {
        private protected override double Value(RngKey key, ulong i) => Bound * ((2 * key.Uniform(i)) - 1);
    }

    /// <summary>One number.</summary>
    public sealed record Constant(float Number) : InitialValues
    {
        private protected override double Value(RngKey key, ulong i) => Number;
    }
}

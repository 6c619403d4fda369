namespace Pqf.Tensors;

/// <summary>A counter-based random stream: the same key and counter give the same draw, on any machine and any number of threads.</summary>
/// <remarks>
/// SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014) over key and counter. Keys are split by name or number with <c>Fold</c>;
/// a key's stream does not depend on what other keys drew.
/// </remarks>
/// <param name="State">The key itself.</param>
public readonly record struct RngKey(ulong State)
{
    const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>The key of a run.</summary>
    public static RngKey FromSeed(long seed) => new(Mix((ulong)seed + Golden));

    /// <summary>The key for a numbered part.</summary>
    public RngKey Fold(ulong part) => new(Mix(State ^ Mix(part + Golden)));

    /// <summary>The key for a named part, such as a layer.</summary>
    public RngKey Fold(string name)
    {
        ulong hash = 14695981039346656037; // FNV-1a, 64 bits
        foreach (char c in name)
            hash = (hash ^ c) * 1099511628211;
        return Fold(hash);
    }

    /// <summary>64 random bits.</summary>
    public ulong Bits(ulong counter) => Mix(State + (counter + 1) * Golden);

    /// <summary>A whole number below <paramref name="bound"/>, which is at least 1; bias below 2^-32.</summary>
    public int Below(int bound, ulong counter) => (int)(((Bits(counter) >> 32) * (ulong)bound) >> 32);

    /// <summary>Uniform in [0, 1), in steps of 2^-53.</summary>
    public double Uniform(ulong counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal, by Box and Muller from two draws of the counter's own.</summary>
    public double Normal(ulong counter)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * counter)));
        return radius * Math.Cos(2 * Math.PI * Uniform(2 * counter + 1));
    }

    /// <summary>A random order of 0 … count−1 (Fisher and Yates).</summary>
    public int[] Permutation(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = Below(i + 1, (ulong)i);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

using System.Collections.Immutable;
using System.Text;
using Pqf.Compression.Collectives;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Which gradients ranks exchange together, and in which order. All ranks have the same plan: the values of a step do not depend
/// on it.</summary>
/// <param name="Buckets">Names of parameters, those of the last layers first.</param>
sealed record BucketPlan(ImmutableArray<ImmutableArray<string>> Buckets)
{
    /// <summary>The plan of all ranks.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="seen">The order in which this rank's gradients became final; that of rank 0 counts.</param>
    /// <param name="trainable">All parameters.</param>
    /// <param name="bucketBytes">As for <see cref="Of"/>.</param>
    public static BucketPlan Share(
        ICollective ranks,
        IReadOnlyList<string> seen,
        ImmutableDictionary<string, Tensor<float>> trainable,
        int bucketBytes
    )
    {
        string text = Encoding.UTF8.GetString(ranks.Share(Encoding.UTF8.GetBytes(string.Join('\n', seen))));
        return Of(text.Split('\n'), trainable, bucketBytes);
    }

    /// <summary>Cuts parameters into buckets.</summary>
    /// <param name="seen">Names in the order in which gradients became final. Parameters that are missing follow in the order of their
    /// names.</param>
    /// <param name="trainable">All parameters.</param>
    /// <param name="bucketBytes">A bucket is full once it has as many bytes, at least 1.</param>
    public static BucketPlan Of(IEnumerable<string> seen, ImmutableDictionary<string, Tensor<float>> trainable, int bucketBytes)
    {
        var buckets = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        var open = ImmutableArray.CreateBuilder<string>();
        long size = 0;
        foreach (string name in seen.Where(trainable.ContainsKey).Union(trainable.Keys.Order(StringComparer.Ordinal)))
        {
            open.Add(name);
            size += (long)trainable[name].Shape.Count * sizeof(float);
            if (size < bucketBytes)
                continue;
            buckets.Add(open.ToImmutable());
            open.Clear();
            size = 0;
        }

        if (open.Count > 0)
            buckets.Add(open.ToImmutable());
        return new(buckets.ToImmutable());
    }
}

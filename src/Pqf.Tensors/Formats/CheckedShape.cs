namespace Pqf.Tensors.Formats;

/// <summary>Shapes as files claim them, checked before anything is allocated for them.</summary>
static class CheckedShape
{
    /// <summary>PyTorch itself allows 64 axes.</summary>
    public const int MaxRank = 64;

    /// <summary>The shape, if its elements fit one buffer.</summary>
    /// <param name="name">The tensor, for messages.</param>
    /// <param name="lengths">Axis lengths, unchecked.</param>
    /// <param name="type">Element type.</param>
    /// <exception cref="InvalidDataException">A length is negative, or there are too many axes or more than 2 GiB of elements.</exception>
    public static Shape Create(string name, ReadOnlySpan<long> lengths, DType type)
    {
        if (lengths.Length > MaxRank)
            throw new InvalidDataException($"{name}: {lengths.Length} axes are more than {MaxRank}");
        Span<int> dimensions = stackalloc int[lengths.Length];
        long bytes = type.SizeBytes();
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (lengths[axis] < 0)
                throw new InvalidDataException($"{name}: negative length in shape {Print(lengths)}");
            // Zero lengths are left out of the product, so that no order of axes can overflow.
            if (lengths[axis] > int.MaxValue || (bytes *= Math.Max(lengths[axis], 1)) > int.MaxValue)
                throw new InvalidDataException($"{name}: {type} tensor of shape {Print(lengths)} is larger than 2 GiB");
            dimensions[axis] = (int)lengths[axis];
        }

        return new(dimensions);
    }

    /// <summary>A shape as text, as in messages.</summary>
    public static string Print(ReadOnlySpan<long> lengths) => $"[{string.Join(", ", lengths.ToArray())}]";
}

using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>How training images vary from epoch to epoch. Defaults: paper, section 5.</summary>
public sealed record Augmentation
{
    /// <summary>The square is cut at random from the resized image; from its centre otherwise.</summary>
    public bool RandomCrop { get; init; } = true;

    /// <summary>Every other image, at random, is mirrored left to right.</summary>
    public bool RandomFlip { get; init; } = true;

    /// <summary>Black pixels put around the resized image before the square is cut at random; fewer than the square's side.</summary>
    public int Padding { get; init; }

    /// <summary>A part of a random size is cut from the image before it is resized; null for a part of the input's size.</summary>
    public RandomScale? RandomScale { get; init; }

    /// <summary>How far colours vary.</summary>
    public ColorJitter ColorJitter { get; init; } = new();
}

/// <summary>One way to vary one image.</summary>
/// <param name="Augmentation">What may vary.</param>
/// <param name="Key">Draws it: equal keys give equal inputs.</param>
public readonly record struct Variation(Augmentation Augmentation, RngKey Key);

/// <summary>Where a network's input is cut from a resized image.</summary>
/// <param name="Top">First row; may lie outside.</param>
/// <param name="Left">First column; may lie outside.</param>
/// <param name="IsMirrored">Left and right are exchanged afterwards.</param>
readonly record struct Placement(long Top, long Left, bool IsMirrored)
{
    /// <summary>The centre, or a random place.</summary>
    /// <param name="height">Rows when resized.</param>
    /// <param name="width">Columns when resized.</param>
    /// <param name="crop">Rows and columns that are cut.</param>
    /// <param name="variation">Null for the centre.</param>
    public static Placement Of(long height, long width, Pair crop, Variation? variation)
    {
        var (top, left) = (Preprocess.Start(height, crop.H), Preprocess.Start(width, crop.W));
        if (variation is not var (how, key))
            return new(top, left, false);
        if (how.RandomCrop)
            (top, left) = (Draw(height, crop.H, 0), Draw(width, crop.W, 1));
        return new(top, left, how.RandomFlip && key.Below(2, 2) == 1);

        long Draw(long side, int part, ulong counter) =>
            key.Below((int)Math.Max(0, side - part + (2L * how.Padding)) + 1, counter) - how.Padding;
    }
}

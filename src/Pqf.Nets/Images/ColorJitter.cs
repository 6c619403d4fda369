using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>How far the colours of training images vary, as torchvision's <c>ColorJitter</c>: four changes in an order drawn for each
/// image, each by a factor drawn for each image.</summary>
public sealed record ColorJitter
{
    /// <summary>b: the factor is drawn from max(0, 1 − b) to 1 + b.</summary>
    public double Brightness { get; init; }

    /// <summary>As <see cref="Brightness"/>.</summary>
    public double Contrast { get; init; }

    /// <summary>As <see cref="Brightness"/>.</summary>
    public double Saturation { get; init; }

    /// <summary>h, 0 to 0.5: the hue is turned by −h to h of the circle.</summary>
    public double Hue { get; init; }

    /// <summary>Whether colours stay as they are.</summary>
    public bool IsOff => this == new ColorJitter();

    /// <summary>Varies an image.</summary>
    /// <param name="pixels">[count, channels], changed in place.</param>
    /// <param name="channels">1 or 3; hue and saturation of grey images stay.</param>
    /// <param name="key">Draws order and factors: equal keys give equal changes.</param>
    internal void Apply(Span<byte> pixels, int channels, RngKey key)
    {
        foreach (int change in key.Fold("order").Permutation(4))
            switch (change)
            {
                case 0 when Brightness > 0:
                    ColourChange.Brightness(pixels, Factor(Brightness, change));
                    break;
                case 1 when Contrast > 0:
                    ColourChange.Contrast(pixels, channels, Factor(Contrast, change));
                    break;
                case 2 when Saturation > 0:
                    ColourChange.Saturation(pixels, channels, Factor(Saturation, change));
                    break;
                case 3 when Hue > 0:
                    ColourChange.Hue(pixels, channels, Hue * ((2 * key.Uniform(3)) - 1));
                    break;
            }

        double Factor(double width, int change)
        {
            double least = Math.Max(0, 1 - width);
            return least + ((1 + width - least) * key.Uniform((ulong)change));
        }
    }
}

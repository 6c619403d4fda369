using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>Images and their objects as a mirror shows them: column x becomes column width − 1 − x.</summary>
/// <remarks>Twice is the identity; for boxes within rounding, half a unit in the last place of the width.</remarks>
public static class HorizontalFlip
{
    /// <summary>The image in the mirror.</summary>
    public static Photograph Of(Photograph image)
    {
        float[] values = new float[image.Values.Length];
        ReverseRows<float>(image.Values, values, image.Width, Photograph.Channels);
        return new(image.Height, image.Width, values);
    }

    /// <summary>The mask in the mirror.</summary>
    public static BinaryMask Of(BinaryMask mask)
    {
        byte[] values = new byte[mask.Values.Length];
        ReverseRows<byte>(mask.Values, values, mask.Width, 1);
        return new(mask.Height, mask.Width, values);
    }

    /// <summary>The box in the mirror.</summary>
    /// <param name="box">In pixels of the image.</param>
    /// <param name="width">Columns of the image.</param>
    public static Box Of(Box box, int width) => box with { X1 = width - box.X2, X2 = width - box.X1 };

    /// <summary>The objects of an image in the mirror.</summary>
    /// <param name="target">The objects.</param>
    /// <param name="width">Columns of the image.</param>
    public static DetectionTarget Of(DetectionTarget target, int width) =>
        new(
            [.. target.Boxes.Select(box => Of(box, width))],
            target.Labels,
            [.. target.Masks.Select(mask => mask is null ? null : Of(mask))]
        );

    static void ReverseRows<T>(ReadOnlySpan<T> from, Span<T> to, int width, int channels)
    {
        for (int i = 0; i < from.Length; i += channels)
        {
            int pixel = i / channels,
                x = pixel % width;
            from.Slice(i, channels).CopyTo(to[((pixel - x + width - 1 - x) * channels)..]);
        }
    }
}

using Pqf.Tensors;

namespace Pqf.Compression.Reconstruction;

/// <summary>Mirror images: a network that was trained on both gives as much of one as of the other, and a layer sees twice as many
/// patches.</summary>
static class Mirror
{
    /// <summary>Images with left and right exchanged, in the innermost scope.</summary>
    /// <param name="images">[N, H, W, C] on the host.</param>
    public static Tensor<float> Of(Tensor<float> images)
    {
        int width = images.Shape[2],
            channels = images.Shape[3];
        float[] from = images.ToArray(),
            to = new float[from.Length];
        for (int pixel = 0; pixel < from.Length / channels; pixel++)
        {
            int column = pixel % width,
                other = pixel - column + (width - 1 - column);
            from.AsSpan(pixel * channels, channels).CopyTo(to.AsSpan(other * channels));
        }

        return Tensor<float>.From(images.Device, images.Shape, to);
    }
}

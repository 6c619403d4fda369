using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Nets.Detection;

/// <summary>Rows and columns of an image.</summary>
public readonly record struct ImageSize(int Height, int Width);

/// <summary>Photographs as a detector's input: resized, normalised, padded to one size.</summary>
/// <param name="Images">[N, H, W, 3]; H and W are whole multiples of <see cref="MaskRcnnOptions.SizeDivisible"/>.</param>
/// <param name="Sizes">Of the resized images, which begin at the upper left.</param>
public sealed record ImageBatch(Tensor<float> Images, ImmutableArray<ImageSize> Sizes)
{
    /// <summary>Resizes and pads some images.</summary>
    /// <param name="device">Where they go; they belong to its innermost scope.</param>
    /// <param name="images">One at least, of any sizes.</param>
    /// <param name="options">Sizes, mean and deviation.</param>
    /// <remarks>As torchvision's <c>GeneralizedRCNNTransform</c>: bilinear, pixel centres at halves, not antialiased.</remarks>
    public static ImageBatch Of(Device device, IReadOnlyList<Photograph> images, MaskRcnnOptions options)
    {
        ImmutableArray<ImageSize> sizes = [.. images.Select(image => ResizedSize(new(image.Height, image.Width), options))];
        var (height, width) = PaddedSize(sizes, options);
        Shape shape = [images.Count, height, width, Photograph.Channels];
        return new(
            Tensor<float>.Filled(
                device,
                shape,
                values =>
                {
                    values.Clear();
                    for (int i = 0; i < images.Count; i++)
                        Resize(
                            images[i],
                            sizes[i],
                            options,
                            values.Slice(i * height * width * Photograph.Channels, height * width * Photograph.Channels),
                            width
                        );
                }
            ),
            sizes
        );
    }

    /// <summary>Size of an image for the network.</summary>
    /// <remarks>The factor in single precision, by way of the reciprocal, as PyTorch divides a number by a tensor; products with it rounded
    /// down.</remarks>
    public static ImageSize ResizedSize(ImageSize image, MaskRcnnOptions options)
    {
        float scale = Math.Min(
            1f / Math.Min(image.Height, image.Width) * options.MinSize,
            1f / Math.Max(image.Height, image.Width) * options.MaxSize
        );
        // A sliver of an image keeps one pixel.
        return new(Math.Max(1, (int)Math.Floor(image.Height * (double)scale)), Math.Max(1, (int)Math.Floor(image.Width * (double)scale)));
    }

    /// <summary>Size that holds several resized images.</summary>
    public static ImageSize PaddedSize(ImmutableArray<ImageSize> sizes, MaskRcnnOptions options) =>
        new(Padded(sizes.Max(size => size.Height), options.SizeDivisible), Padded(sizes.Max(size => size.Width), options.SizeDivisible));

    static int Padded(int length, int divisor) => (length + divisor - 1) / divisor * divisor;

    static void Resize(Photograph image, ImageSize size, MaskRcnnOptions options, Span<float> destination, int rowLength)
    {
        ImmutableArray<LinearTap> rows = LinearTap.Of(image.Height, size.Height),
            columns = LinearTap.Of(image.Width, size.Width);
        for (int y = 0; y < size.Height; y++)
        {
            ReadOnlySpan<float> top = image.Values.AsSpan(rows[y].First * image.Width * 3),
                bottom = image.Values.AsSpan(rows[y].Second * image.Width * 3);
            var row = destination.Slice(y * rowLength * 3, size.Width * 3);
            for (int x = 0; x < size.Width; x++)
            {
                int left = columns[x].First * 3,
                    right = columns[x].Second * 3;
                for (int c = 0; c < 3; c++)
                {
                    float upper = columns[x].Mix(top[left + c], top[right + c]),
                        lower = columns[x].Mix(bottom[left + c], bottom[right + c]);
                    row[(3 * x) + c] = (rows[y].Mix(upper, lower) - options.ImageMean[c]) / options.ImageStd[c];
                }
            }
        }
    }
}

using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>Photographs to network inputs, as torchvision's <c>Resize</c>, <c>CenterCrop</c>, <c>ToTensor</c> and <c>Normalize</c> on
/// Pillow images.</summary>
public static class Preprocess
{
    /// <summary>The network's input for one photograph: grey or colour as the network wants, resized, cropped from the centre,
    /// normalised.</summary>
    /// <param name="image">Grey or colour.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <returns>[H · W · C], NHWC order, where H is <see cref="Preprocessing.Crop"/> and W
    /// is <see cref="Preprocessing.Columns"/>, or H where that is null.</returns>
    public static float[] ToInput(PixelImage image, Preprocessing preprocessing)
    {
        float[] input = new float[InputCount(preprocessing)];
        ToInput(image, preprocessing, input);
        return input;
    }

    /// <summary>Writes the network's input for one photograph, for instance into its place in a batch.</summary>
    /// <param name="image">Grey or colour.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <param name="destination">[H · W · C], NHWC order.</param>
    /// <param name="variation">For training; null for the centre as it is.</param>
    /// <exception cref="ShapeException">The destination is not of that many values.</exception>
    public static void ToInput(PixelImage image, Preprocessing preprocessing, Span<float> destination, Variation? variation = null)
    {
        int y = 0;
        ToInput(image.Height, image.Width, row => image.CopyRow(y++, row), preprocessing, destination, variation);
    }

    /// <summary>Writes the network's input for a photograph that comes row by row, as decoders give it; it never stands in memory
    /// whole.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="rows">Called for each row, from the top.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <param name="destination">[H · W · C], NHWC order.</param>
    /// <param name="variation">For training; null for the centre as it is.</param>
    /// <returns>Rows that there were; less than the height if <paramref name="rows"/> ended, and the input is then not complete.</returns>
    /// <exception cref="ShapeException">The destination is not of that many values, or the channels are not 1 or 3.</exception>
    public static int ToInput(
        int height,
        int width,
        RowSource rows,
        Preprocessing preprocessing,
        Span<float> destination,
        Variation? variation = null
    ) =>
        !preprocessing.TakesPhotographs ? throw new ShapeException("ToInput", $"expected 1 or 3 channels, got {preprocessing.Channels}")
        : destination.Length == InputCount(preprocessing)
            ? variation is { } how && (how.Augmentation.RandomScale is not null || !how.Augmentation.ColorJitter.IsOff)
                    ? VariedInput.Read(height, width, rows, preprocessing, destination, how)
                : new InputRows(height, width, preprocessing, variation).Read(rows, destination)
        : throw new ShapeException(
            "ToInput",
            $"expected [{preprocessing.Size.H}, {preprocessing.Size.W}, {preprocessing.Channels}] values, got {destination.Length}"
        );

    /// <summary>Values of one input.</summary>
    public static int InputCount(Preprocessing preprocessing) => preprocessing.Size.H * preprocessing.Size.W * preprocessing.Channels;

    /// <summary>Resizes so that the shorter side has a length; the longer one keeps the proportion, rounded down.</summary>
    public static PixelImage ResizeShorterSide(PixelImage image, int length)
    {
        int shorter = Math.Min(image.Height, image.Width),
            longer = (int)((long)length * Math.Max(image.Height, image.Width) / shorter);
        return image.Width <= image.Height ? Resampler.Resize(image, longer, length) : Resampler.Resize(image, length, longer);
    }

    /// <summary>Cuts a square from the centre; a side that is too short is padded with black, the odd pixel after it.</summary>
    public static PixelImage CentreCrop(PixelImage image, int side) =>
        image.Crop((int)Start(image.Height, side), (int)Start(image.Width, side), side, side);

    /// <summary>First pixel of a crop from the centre, negative if the side is too short. Half a pixel goes to the even neighbour, as
    /// Python rounds.</summary>
    internal static long Start(long length, int side) =>
        side > length ? -((side - length) / 2) : (long)Math.Round((length - side) / 2.0, MidpointRounding.ToEven);
}

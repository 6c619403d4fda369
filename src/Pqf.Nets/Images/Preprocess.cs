using Pqf.Tensors;

namespace Pqf.Nets.Images;

/// <summary>Photographs to network inputs, as torchvision's <c>Resize</c>, <c>CenterCrop</c>, <c>ToTensor</c> and <c>Normalize</c> on Pillow images.</summary>
public static class Preprocess
{
    /// <summary>The network's input for one photograph: grey or colour as the network wants, resized, cropped from the centre, normalised.</summary>
    /// <param name="image">Grey or colour.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <returns>[H · W · C], NHWC order, where H and W are <see cref="Preprocessing.Crop"/>.</returns>
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
    /// <exception cref="ShapeException">The destination is not of that many values.</exception>
    public static void ToInput(PixelImage image, Preprocessing preprocessing, Span<float> destination)
    {
        if (destination.Length != InputCount(preprocessing))
            throw new ShapeException("ToInput", $"expected [{preprocessing.Crop}, {preprocessing.Crop}, {preprocessing.Channels}] values, got {destination.Length}");
        var converted = preprocessing.Channels == 1 ? image.ToGrey() : image.ToColour();
        Normalise(CentreCrop(ResizeShorterSide(converted, preprocessing.Resize), preprocessing.Crop), preprocessing, destination);
    }

    /// <summary>Values of one input.</summary>
    public static int InputCount(Preprocessing preprocessing) => preprocessing.Crop * preprocessing.Crop * preprocessing.Channels;

    /// <summary>Resizes so that the shorter side has a length; the longer one keeps the proportion, rounded down.</summary>
    public static PixelImage ResizeShorterSide(PixelImage image, int length)
    {
        int shorter = Math.Min(image.Height, image.Width), longer = (int)((long)length * Math.Max(image.Height, image.Width) / shorter);
        return image.Width <= image.Height ? Resampler.Resize(image, longer, length) : Resampler.Resize(image, length, longer);
    }

    /// <summary>Cuts a square from the centre; a side that is too short is padded with black, the odd pixel after it.</summary>
    public static PixelImage CentreCrop(PixelImage image, int side) => image.Crop(Start(image.Height, side), Start(image.Width, side), side, side);

    // Half a pixel goes to the even neighbour, as Python rounds.
    static int Start(int length, int side) => side > length ? -((side - length) / 2) : (int)Math.Round((length - side) / 2.0, MidpointRounding.ToEven);

    static void Normalise(PixelImage image, Preprocessing preprocessing, Span<float> destination)
    {
        // A byte has 256 values: each is normalised once, in single precision as torchvision does it.
        int channels = image.Channels;
        float[] table = new float[256 * channels];
        for (int i = 0; i < table.Length; i++)
            table[i] = ((i / channels / 255f) - preprocessing.Mean[i % channels]) / preprocessing.Deviation[i % channels];
        byte[] pixels = image.Pixels;
        for (int i = 0; i < pixels.Length; i += channels)
        {
            for (int channel = 0; channel < channels; channel++)
                destination[i + channel] = table[(pixels[i + channel] * channels) + channel];
        }
    }
}

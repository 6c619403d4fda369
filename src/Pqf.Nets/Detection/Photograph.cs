using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Nets.Detection;

/// <summary>An image as a detector takes it in: three channels of 0 … 1, of any size.</summary>
public sealed class Photograph
{
    /// <summary>Channels of every image: red, green, blue.</summary>
    public const int Channels = 3;

    /// <summary>An image of existing values, which must not change afterwards.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="values">[height · width · 3], row by row.</param>
    /// <exception cref="ShapeException">The values are not as many as the size needs.</exception>
    public Photograph(int height, int width, float[] values)
    {
        if (height < 1 || width < 1 || values.Length != (long)height * width * Channels)
            throw new ShapeException(
                "Photograph",
                $"expected [height, width, {Channels}] values, got {values.Length} for [{height}, {width}]"
            );
        (Height, Width, Values) = (height, width, values);
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>, 3].</summary>
    public float[] Values { get; }

    /// <summary>A decoded image; grey is repeated in three channels.</summary>
    public static Photograph Of(PixelImage image) =>
        new(image.Height, image.Width, Array.ConvertAll(image.ToColour().Pixels, value => value / 255f));
}

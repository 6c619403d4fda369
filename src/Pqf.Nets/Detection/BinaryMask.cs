using Pqf.Tensors;

namespace Pqf.Nets.Detection;

/// <summary>The pixels of one object: 1 inside, 0 outside.</summary>
public sealed class BinaryMask
{
    /// <summary>A mask of existing bytes, which must not change afterwards.</summary>
    /// <param name="height">Rows of the image, at least 1.</param>
    /// <param name="width">Columns of the image, at least 1.</param>
    /// <param name="values">[height · width], row by row, 0 or 1.</param>
    /// <exception cref="ShapeException">The bytes are not as many as the size needs.</exception>
    public BinaryMask(int height, int width, byte[] values)
    {
        if (height < 1 || width < 1 || values.Length != (long)height * width)
            throw new ShapeException("BinaryMask", $"expected [height, width] bytes, got {values.Length} for [{height}, {width}]");
        (Height, Width, Values) = (height, width, values);
    }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Columns of the image.</summary>
    public int Width { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>], row by row, 0 or 1.</summary>
    public byte[] Values { get; }
}

using System.Collections.Immutable;
using Pqf.Nets.Masks;
using Pqf.Tensors;

namespace Pqf.Nets.Coco;

/// <summary>An image of a data set.</summary>
/// <param name="Id">Its number; numbers have gaps.</param>
/// <param name="FileName">Within the folder of images.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record CocoImage(long Id, string FileName, int Height, int Width);

/// <summary>A class of objects.</summary>
/// <param name="Id">Its number, from 0 or 1; numbers have gaps (COCO's 80 classes go to 90).</param>
/// <param name="Name">In words: <c>traffic light</c>.</param>
public sealed record CocoCategory(int Id, string Name)
{
    /// <summary>The name as it is compared: without blanks around it, and in one form of Unicode.</summary>
    public string Key => KeyOf(Name);

    /// <summary>As <see cref="Key"/>, of any name.</summary>
    public static string KeyOf(string name) => Decomposed.Of(name.Trim());
}

/// <summary>A box in pixels by its upper left corner and its size, as COCO's files have it.</summary>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">Columns; whole and half ones alike.</param>
/// <param name="Height">Rows.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Square pixels.</summary>
    public double Area => Width * Height;

    /// <summary>Square pixels in both boxes.</summary>
    public double IntersectionArea(CocoBox other)
    {
        double width = Math.Min(X + Width, other.X + other.Width) - Math.Max(X, other.X);
        double height = Math.Min(Y + Height, other.Y + other.Height) - Math.Max(Y, other.Y);
        return width > 0 && height > 0 ? width * height : 0;
    }

    /// <summary>The pixels of an image that the box touches; the whole image where it touches none.</summary>
    internal PixelBox PixelsIn(int height, int width)
    {
        double left = Math.Clamp(Math.Floor(X), 0, width),
            top = Math.Clamp(Math.Floor(Y), 0, height),
            right = Math.Clamp(Math.Ceiling(X + Width), 0, width),
            bottom = Math.Clamp(Math.Ceiling(Y + Height), 0, height);
        return left < right && top < bottom ? new((int)left, (int)top, (int)(right - left), (int)(bottom - top)) : new(0, 0, width, height);
    }
}

/// <summary>The pixels of an annotated object.</summary>
public abstract record CocoSegmentation
{
    CocoSegmentation() { }

    /// <summary>The mask.</summary>
    /// <param name="height">Rows of its image.</param>
    /// <param name="width">Columns of its image.</param>
    public abstract Rle ToRle(int height, int width);

    /// <summary>Whether any of the pixels lies in a rectangle of its image.</summary>
    internal abstract bool Meets(PixelBox window, int height, int width);

    /// <summary>One outline for each part that is seen; none if only the box is known.</summary>
    public sealed record Outlines(ImmutableArray<Polygon> Polygons) : CocoSegmentation
    {
        /// <inheritdoc/>
        public override Rle ToRle(int height, int width) => Polygon.Rasterise(Polygons, height, width);

        /// <inheritdoc/>
        internal override bool Meets(PixelBox window, int height, int width) =>
            Polygons.Any(outline => outline.Meets(window, height, width));
    }

    /// <summary>Runs of pixels, as crowds have them.</summary>
    public sealed record Runs(Rle Mask) : CocoSegmentation
    {
        /// <inheritdoc/>
        /// <exception cref="ShapeException">The image is of another size than the mask.</exception>
        public override Rle ToRle(int height, int width) =>
            Mask.Height == height && Mask.Width == width
                ? Mask
                : throw new ShapeException(
                    "CocoSegmentation",
                    $"expected a mask of [{height}, {width}], got [{Mask.Height}, {Mask.Width}]"
                );

        /// <inheritdoc/>
        internal override bool Meets(PixelBox window, int height, int width) => Mask.Meets(window);
    }
}

/// <summary>An annotated object.</summary>
/// <param name="Id">Its number.</param>
/// <param name="ImageId">The image it is in.</param>
/// <param name="CategoryId">Its class.</param>
/// <param name="Box">Around it.</param>
/// <param name="Area">Pixels of the object, as the file says, or its box's where the file does not: it decides between small, medium and
/// large.</param>
/// <param name="IsCrowd">It stands for many objects that were not told apart.</param>
/// <param name="Segmentation">Its pixels.</param>
public sealed record CocoAnnotation(
    long Id,
    long ImageId,
    int CategoryId,
    CocoBox Box,
    double Area,
    bool IsCrowd,
    CocoSegmentation Segmentation
)
{
    /// <summary>Whether its pixels are known; of some objects only the box is. <see cref="CocoInstances"/> takes away masks that cover
    /// nothing.</summary>
    public bool HasMask => Segmentation is not CocoSegmentation.Outlines { Polygons.IsEmpty: true };

    /// <summary>Whether a mask is there that covers no pixel of the image within the box: it cannot be learned or found.</summary>
    /// <param name="image">The object's image.</param>
    internal bool HasEmptyMask(CocoImage image) =>
        HasMask && !Segmentation.Meets(Box.PixelsIn(image.Height, image.Width), image.Height, image.Width);
}

/// <summary>An object that a detector found.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="CategoryId">The class.</param>
/// <param name="Score">The higher, the surer.</param>
/// <param name="Box">Around it, if the detector gives boxes.</param>
/// <param name="Mask">Its pixels, if the detector gives them.</param>
public sealed record CocoDetection(long ImageId, int CategoryId, double Score, CocoBox? Box, Rle? Mask);

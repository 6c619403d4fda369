namespace Pqf.Nets.Images;

/// <summary>How an image is stored: where its first row and its first column are when a person sees it. The numbers are those of the
/// orientation tag.</summary>
/// <remarks>Source: EXIF 2.32, section 4.6.4, tag 274; TIFF 6.0, section 8.</remarks>
public enum Orientation
{
    /// <summary>Stored as it is shown.</summary>
    TopLeft = 1,

    /// <summary>Stored as in a mirror.</summary>
    TopRight = 2,

    /// <summary>Stored upside down.</summary>
    BottomRight = 3,

    /// <summary>Stored from the last row to the first.</summary>
    BottomLeft = 4,

    /// <summary>Rows are stored as columns and columns as rows.</summary>
    LeftTop = 5,

    /// <summary>Shown after a turn of 90 degrees clockwise: a phone held upright.</summary>
    RightTop = 6,

    /// <summary>As <see cref="LeftTop"/>, upside down.</summary>
    RightBottom = 7,

    /// <summary>Shown after a turn of 90 degrees anticlockwise.</summary>
    LeftBottom = 8,
}

/// <summary>What becomes of the orientation tag of an image file.</summary>
public enum ExifOrientation
{
    /// <summary>Images are turned as people see them.</summary>
    Apply,

    /// <summary>Images are taken as they are stored.</summary>
    Ignore,
}

/// <summary>An image as it is shown, as places among the pixels as they are stored: row y, column x of the image is pixel
/// <see cref="First"/> + y · <see cref="DownStep"/> + x · <see cref="AcrossStep"/>.</summary>
/// <param name="Height">Rows shown.</param>
/// <param name="Width">Columns shown.</param>
/// <param name="First">Place of the first pixel shown.</param>
/// <param name="DownStep">From a pixel to the one shown below it.</param>
/// <param name="AcrossStep">From a pixel to the one shown to its right.</param>
public readonly record struct TurnedPixels(int Height, int Width, int First, int DownStep, int AcrossStep)
{
    /// <summary>The places of a stored image.</summary>
    /// <param name="height">Rows stored.</param>
    /// <param name="width">Columns stored.</param>
    /// <param name="orientation">How it is stored.</param>
    public static TurnedPixels Of(int height, int width, Orientation orientation)
    {
        int last = (height * width) - 1,
            lastRow = last - width + 1;
        return orientation switch
        {
            Orientation.TopRight => new(height, width, width - 1, width, -1),
            Orientation.BottomRight => new(height, width, last, -width, -1),
            Orientation.BottomLeft => new(height, width, lastRow, -width, 1),
            Orientation.LeftTop => new(width, height, 0, 1, width),
            Orientation.RightTop => new(width, height, lastRow, 1, -width),
            Orientation.RightBottom => new(width, height, last, -1, -width),
            Orientation.LeftBottom => new(width, height, width - 1, -1, width),
            _ => new(height, width, 0, width, 1),
        };
    }
}

using System.Runtime.InteropServices;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Images;

/// <summary>An image file that is decoded row by row as it is shown: three channels, no transparency, no colour management.</summary>
/// <remarks>Memory follows the width, not the size that a header claims; kinds that cannot be decoded by rows, and images that have to be
/// turned, are decoded whole, if the claim is plausible.</remarks>
sealed class ImageRows : IDisposable
{
    // Pillow refuses more as a decompression bomb: twice its warning limit of 1024³ / 4 / 3 pixels.
    const int MaxPixels = 178_956_970;

    // JPEG's own limit.
    const int MaxSide = 65_535;

    /// <summary>Pixels that are decoded whole from any file: a blank picture of a 4K screen.</summary>
    public const int WholePixelsAlways = 8 << 20;

    // Beyond them, more pixels a byte than photographs have (about 2).
    const long WholePixelsPerByte = 64;

    readonly string name;
    readonly IImageFile image;
    readonly TurnedPixels shown;
    readonly bool isTurned;
    bool isWhole;
    int next;

    ImageRows(string name, IImageFile image, ExifOrientation exif)
    {
        (this.name, this.image) = (name, image);
        isTurned = exif == ExifOrientation.Apply && Orientation != Orientation.TopLeft;
        // The size may be a false claim: places are computed once it is known to be plausible.
        shown = IsTooLarge ? default : TurnedPixels.Of(image.Height, image.Width, isTurned ? Orientation : Orientation.TopLeft);
    }

    /// <summary>Rows shown.</summary>
    public int Height => shown.Height;

    /// <summary>Columns shown.</summary>
    public int Width => shown.Width;

    /// <summary>How the image is stored.</summary>
    public Orientation Orientation => image.Orientation;

    /// <summary>What decoding had to guess, for a person; null if it guessed nothing.</summary>
    public string? Guess => image.Guess;

    bool IsTooLarge => (long)image.Width * image.Height > MaxPixels || Math.Max(image.Width, image.Height) > MaxSide;

    /// <summary>Opens an image.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="file">A file of one of the kinds of <see cref="ImageKind.Decoded"/>, not to be changed while the image is open; bytes
    /// may follow it.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="exif">Whether the image is turned as its orientation tag says.</param>
    /// <returns>The image, to be disposed; or why it cannot be decoded.</returns>
    public static Result<ImageRows, PqfError> Open(string name, byte[] file, int length, ExifOrientation exif)
    {
        if (length == 0)
            return new PqfError.File(name, "is empty; expected an image");
        if (Open(file, length, out string? problem) is not { } image)
            return new PqfError.File(name, problem ?? ImageKind.Refusal(file.AsSpan(0, length)));
        var rows = new ImageRows(name, image, exif);
        problem = rows.Start(length);
        if (problem is null)
            return rows;
        rows.Dispose();
        return new PqfError.File(name, problem);
    }

    /// <summary>Decodes the next row.</summary>
    /// <param name="row">[width, 4], red, green, blue and anything.</param>
    /// <returns>False if it cannot be decoded; <see cref="Damage"/> says so.</returns>
    public bool Read(Span<byte> row)
    {
        if (next == Height || (!isWhole && !image.ReadRow(row)))
            return false;
        if (isWhole)
            Copy(MemoryMarshal.Cast<byte, uint>(image.Pixels), MemoryMarshal.Cast<byte, uint>(row));
        next++;
        return true;
    }

    /// <summary>What to say when a row is missing.</summary>
    public PqfError Damage => new PqfError.File(name, $"is a damaged image: it is truncated or corrupt at row {next + 1} of {Height}");

    /// <inheritdoc/>
    public void Dispose() => image.Dispose();

    static IImageFile? Open(byte[] file, int length, out string? problem)
    {
        problem = null;
        var bytes = file.AsSpan(0, length);
        return TiffDirectory.IsTiff(bytes) ? TiffFile.Open(file, length, out problem)
            : NetpbmFile.IsNetpbm(bytes) ? NetpbmFile.Open(file, length)
            : SkiaFile.Open(file, length);
    }

    void Copy(ReadOnlySpan<uint> pixels, Span<uint> row)
    {
        int at = shown.First + (next * shown.DownStep);
        if (shown.AcrossStep == 1)
            pixels.Slice(at, Width).CopyTo(row);
        else
            for (int x = 0; x < Width; x++, at += shown.AcrossStep)
                row[x] = pixels[at];
    }

    /// <summary>Begins to decode; says what is wrong, if anything is.</summary>
    string? Start(int length)
    {
        if (IsTooLarge)
            return $"claims {image.Width}×{image.Height} pixels; at most {MaxPixels} are decoded, {MaxSide} a side";
        if (!isTurned && image.StartRows())
            return null;
        if ((long)image.Width * image.Height > WholePixelsAlways + (WholePixelsPerByte * length))
            return $"claims {image.Width}×{image.Height} pixels in {length} bytes; images {(isTurned ? "to be turned" : "of its kind")} "
                + $"are decoded to {WholePixelsPerByte} pixels a byte";
        isWhole = true;
        return image.ReadAll();
    }
}

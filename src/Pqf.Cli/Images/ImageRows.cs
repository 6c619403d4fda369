using System.Buffers;
using Pqf.Tensors;
using SkiaSharp;

namespace Pqf.Cli.Images;

/// <summary>An image file that is decoded row by row: three channels, no transparency, as stored (the orientation tag is not applied), no
/// colour management.</summary>
/// <remarks>Memory follows the width, not the size that a header claims; kinds that cannot be decoded by rows are decoded whole, if the
/// claim is plausible.</remarks>
sealed unsafe class ImageRows : IDisposable
{
    // Pillow refuses more as a decompression bomb: twice its warning limit of 1024³ / 4 / 3 pixels.
    const long MaxPixels = 178_956_970;

    // JPEG's own limit.
    const int MaxSide = 65_535;

    // What is decoded whole: a blank picture of a 4K screen, and more pixels a byte than photographs have (about 2).
    const long WholePixelsAlways = 8 << 20,
        WholePixelsPerByte = 64;

    readonly string name;
    readonly byte[] file;
    readonly MemoryHandle pin;
    readonly SKData data;
    readonly SKCodec? codec;
    byte[]? whole;
    int next;

    ImageRows(string name, byte[] file, int length)
    {
        (this.name, this.file) = (name, file);
        pin = file.AsMemory().Pin();
        data = SKData.Create((nint)pin.Pointer, length);
        codec = SKCodec.Create(data);
        if (codec is not null)
            (Height, Width) = (codec.Info.Height, codec.Info.Width);
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    SKImageInfo Info => new(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);

    /// <summary>Opens an image.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="file">A JPEG, PNG, BMP, GIF or WebP file, not to be changed while the image is open; bytes may follow it.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>The image, to be disposed; or why it cannot be decoded.</returns>
    public static Result<ImageRows, PqfError> Open(string name, byte[] file, int length)
    {
        if (length == 0)
            return new PqfError.File(name, "is empty; expected an image");
        var rows = new ImageRows(name, file, length);
        if (rows.Start(length) is not { } problem)
            return rows;
        rows.Dispose();
        return new PqfError.File(name, problem);
    }

    /// <summary>Decodes the next row.</summary>
    /// <param name="row">[width, 4], red, green, blue and anything.</param>
    /// <returns>False if it cannot be decoded; <see cref="Damage"/> says so.</returns>
    public bool Read(Span<byte> row)
    {
        if (next == Height)
            return false;
        if (whole is not null)
            whole.AsSpan(next * Width * 4, row.Length).CopyTo(row);
        else
            fixed (byte* to = row)
                if (codec!.GetScanlines((nint)to, 1, row.Length) != 1)
                    return false;
        next++;
        return true;
    }

    /// <summary>What to say when a row is missing.</summary>
    public PqfError Damage => new PqfError.File(name, $"is a damaged image: it is truncated or corrupt at row {next + 1} of {Height}");

    /// <inheritdoc/>
    public void Dispose()
    {
        codec?.Dispose();
        data.Dispose();
        pin.Dispose();
        if (whole is not null)
            ArrayPool<byte>.Shared.Return(whole);
    }

    /// <summary>Begins to decode; says what is wrong, if anything is.</summary>
    string? Start(int length)
    {
        if (codec is null)
            return "is not an image that can be decoded (JPEG, PNG, BMP, GIF, WebP), or is damaged";
        if ((long)Width * Height > MaxPixels || Math.Max(Width, Height) > MaxSide)
            return $"claims {Width}×{Height} pixels; at most {MaxPixels} are decoded, {MaxSide} a side";
        if (codec.StartScanlineDecode(Info) == SKCodecResult.Success && codec.ScanlineOrder == SKCodecScanlineOrder.TopDown)
            return null;
        if ((long)Width * Height > WholePixelsAlways + (WholePixelsPerByte * length))
            return $"claims {Width}×{Height} pixels in {length} bytes; images of its kind are decoded to {WholePixelsPerByte} "
                + $"pixels a byte";
        whole = ArrayPool<byte>.Shared.Rent(Width * Height * 4);
        fixed (byte* to = whole)
            return codec.GetPixels(Info, (nint)to, Width * 4, SKCodecOptions.Default) switch
            {
                SKCodecResult.Success => null,
                SKCodecResult.IncompleteInput => "is a damaged image: it is truncated",
                SKCodecResult.ErrorInInput => "is a damaged image: its data are corrupt",
                var other => $"is a damaged image: {other}",
            };
    }
}

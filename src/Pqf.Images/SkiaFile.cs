using System.Buffers;
using System.Runtime.InteropServices;
using Pqf.Nets.Images;
using SkiaSharp;

namespace Pqf.Images;

/// <summary>A JPEG, PNG, BMP, GIF or WebP file. Animations give their first picture.</summary>
sealed unsafe class SkiaFile : IImageFile
{
    readonly byte[] file;
    readonly int length;
    readonly MemoryHandle pin;
    readonly SKData data;
    readonly SKCodec? codec;
    readonly PngFile? png;
    byte[]? whole;

    SkiaFile(byte[] file, int length)
    {
        (this.file, this.length) = (file, length);
        pin = file.AsMemory().Pin();
        data = SKData.Create((nint)pin.Pointer, length);
        codec = SKCodec.Create(data);
        if (codec is null)
            return;
        (Height, Width) = (codec.Info.Height, codec.Info.Width);
        png = PngFile.Of(file, length);
        Orientation =
            png is not null ? png.Orientation
            : codec.EncodedOrigin == SKEncodedOrigin.TopLeft ? ExifBlock.OrientationOf(file, length)
            : (Orientation)codec.EncodedOrigin;
    }

    /// <summary>Opens a file.</summary>
    /// <param name="file">Not to be changed while the image is open; bytes may follow it.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Null if it is of none of these kinds.</returns>
    public static SkiaFile? Open(byte[] file, int length)
    {
        var opened = new SkiaFile(file, length);
        if (opened.codec is not null)
            return opened;
        opened.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public Orientation Orientation { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Pixels => whole.AsSpan(0, Height * Width * 4);

    /// <inheritdoc/>
    public string? Guess { get; private set; }

    SKImageInfo Info => new(Width, Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);

    /// <inheritdoc/>
    public bool StartRows() =>
        codec!.StartScanlineDecode(Info) == SKCodecResult.Success && codec.ScanlineOrder == SKCodecScanlineOrder.TopDown;

    /// <inheritdoc/>
    public bool ReadRow(Span<byte> row)
    {
        fixed (byte* to = row)
            return codec!.GetScanlines((nint)to, 1, row.Length) == 1;
    }

    /// <inheritdoc/>
    public string? ReadAll()
    {
        whole = ArrayPool<byte>.Shared.Rent(Width * Height * 4);
        SKCodecResult result;
        fixed (byte* to = whole)
            result = codec!.GetPixels(Info, (nint)to, Width * 4, SKCodecOptions.Default);
        if (result == SKCodecResult.Success)
            Mend(whole.AsSpan(0, Height * Width * 4));
        return result switch
        {
            SKCodecResult.Success => null,
            SKCodecResult.IncompleteInput => "is a damaged image: it is truncated",
            SKCodecResult.ErrorInInput => "is a damaged image: its data are corrupt",
            var other => $"is a damaged image: {other}",
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        codec?.Dispose();
        data.Dispose();
        pin.Dispose();
        if (whole is not null)
            ArrayPool<byte>.Shared.Return(whole);
    }

    /// <summary>Makes up for what Skia drops: colours of transparent pixels in GIF files, low bytes of 16 bits in PNG files.</summary>
    void Mend(Span<byte> pixels)
    {
        if (GifColours.IsGif(file.AsSpan(0, length)))
            Colour(MemoryMarshal.Cast<byte, uint>(pixels), GifColours.Transparent(file.AsSpan(0, length)));
        else if (png is { IsDeep: true } && IsDark(pixels))
            Guess = png.Stretch(Height, Width, pixels).Guess;
    }

    static void Colour(Span<uint> pixels, (byte Red, byte Green, byte Blue) colour)
    {
        uint value = colour.Red | ((uint)colour.Green << 8) | ((uint)colour.Blue << 16);
        foreach (ref uint pixel in pixels)
            if (pixel >> 24 == 0)
                pixel = value;
    }

    static bool IsDark(ReadOnlySpan<byte> pixels)
    {
        for (int i = 0; i < pixels.Length; i++)
            if (i % 4 < 3 && pixels[i] >= DeepSamples.DarkByte)
                return false;
        return true;
    }
}

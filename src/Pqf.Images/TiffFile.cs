using System.Buffers;
using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;
using Orientation = Pqf.Nets.Images.Orientation;

namespace Pqf.Images;

/// <summary>A TIFF file. Of several pictures in a file, the first.</summary>
sealed class TiffFile : IImageFile
{
    // The reader's own memory grows with these; no photograph has more.
    const int MaxSamples = 8;
    const int NewSubfileTypeTag = 254,
        WidthTag = 256,
        HeightTag = 257,
        BitsTag = 258,
        SamplesTag = 277,
        StripBytesTag = 279,
        TileWidthTag = 322,
        TileHeightTag = 323,
        TileBytesTag = 325,
        SubDirectoriesTag = 330,
        DngTag = 50706;

    readonly byte[] file;
    readonly int length;
    int[]? whole;

    TiffFile(byte[] file, int length, TiffDirectory directory)
    {
        (this.file, this.length) = (file, length);
        (Height, Width) = ((int)directory[HeightTag]!.Value, (int)directory[WidthTag]!.Value);
        Orientation = directory.Orientation;
    }

    /// <summary>Opens a file.</summary>
    /// <param name="file">Bytes that begin as <see cref="TiffDirectory.IsTiff"/> says; others may follow.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="problem">What is wrong; null if nothing is.</param>
    public static TiffFile? Open(byte[] file, int length, out string? problem)
    {
        var directory = TiffDirectory.Read(file, 0, length);
        problem = directory.Problem ?? Check(directory, file.AsSpan(0, length));
        return problem is null ? new(file, length, directory) : null;
    }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public Orientation Orientation { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Pixels => MemoryMarshal.AsBytes(whole.AsSpan(0, Height * Width));

    /// <inheritdoc/>
    public string? Guess { get; private set; }

    /// <inheritdoc/>
    public bool StartRows() => false;

    /// <inheritdoc/>
    public bool ReadRow(Span<byte> row) => false;

    /// <inheritdoc/>
    public string? ReadAll()
    {
        try
        {
            using var stream = new MemoryStream(file, 0, length, writable: false);
            var messages = new TiffMessages();
            using var tiff = messages.Open(stream);
            if (tiff is null)
                return messages.Describe();
            whole = ArrayPool<int>.Shared.Rent(Width * Height);
            var pixels = whole.AsSpan(0, Width * Height);
            return Read(tiff, pixels) ? null : messages.Describe();
        }
        // The library documents no exception and throws many kinds of them where a file is damaged.
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"is a damaged TIFF image: {exception.Message.Split('\n')[0]}";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (whole is not null)
            ArrayPool<int>.Shared.Return(whole);
    }

    /// <summary>What keeps the image from being decoded; null if nothing does.</summary>
    static string? Check(TiffDirectory directory, ReadOnlySpan<byte> file)
    {
        if (directory[DngTag] is not null || (directory[NewSubfileTypeTag] is 1 && directory[SubDirectoriesTag] is not null))
            return ImageKind.Refusal("a camera's raw photograph");
        if (file.Length > 10 && file[8..10].SequenceEqual("CR"u8))
            return ImageKind.Refusal("a camera's raw photograph");
        if (directory[WidthTag] is not (> 0 and <= int.MaxValue) || directory[HeightTag] is not (> 0 and <= int.MaxValue))
            return "is a damaged TIFF image: it does not give its size";
        if (directory[BitsTag] is > 16)
            return $"is a TIFF image with samples of {directory[BitsTag]} bits; expected 1 to 16";
        if (directory[SamplesTag] is > MaxSamples)
            return $"is a TIFF image with {directory[SamplesTag]} samples a pixel; expected at most {MaxSamples}";
        // The reader takes memory for a part before it sees that the file ends.
        if (Math.Max(directory.LargestOf(StripBytesTag), directory.LargestOf(TileBytesTag)) > file.Length)
            return "is a damaged TIFF image: it is truncated";
        long tile = Math.Max(directory[TileWidthTag] ?? 1, 1) * Math.Max(directory[TileHeightTag] ?? 1, 1);
        return tile is < 0 or > ImageRows.WholePixelsAlways
            ? $"is a TIFF image in tiles of {directory[TileWidthTag]}×{directory[TileHeightTag]} pixels; expected at most "
                + $"{ImageRows.WholePixelsAlways} pixels"
            : null;
    }

    bool Read(Tiff tiff, Span<int> pixels)
    {
        // A tag that comes twice may have two values.
        if (TiffSamples.Number(tiff, TiffTag.IMAGEWIDTH) != Width || TiffSamples.Number(tiff, TiffTag.IMAGELENGTH) != Height)
            return false;
        bool hasAlpha = tiff.GetField(TiffTag.EXTRASAMPLES) is [_, { Value: ExtraSample[] and [ExtraSample.UNASSALPHA, ..] }];
        // The reader would turn the image and multiply it by its transparency; Pillow drops both.
        tiff.SetField(TiffTag.ORIENTATION, BitMiracle.LibTiff.Classic.Orientation.TOPLEFT);
        if (hasAlpha)
            tiff.SetField(TiffTag.EXTRASAMPLES, 1, new[] { ExtraSample.UNSPECIFIED });
        if (TiffSamples.Of(tiff) is { } deep)
        {
            if (!deep.Read(Height, Width, MemoryMarshal.AsBytes(pixels), out var depth))
                return false;
            Guess = depth.Guess;
            return true;
        }

        return tiff.ReadRGBAImageOriented(Width, Height, whole, BitMiracle.LibTiff.Classic.Orientation.TOPLEFT, true);
    }
}

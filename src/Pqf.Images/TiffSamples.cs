using System.Runtime.InteropServices;
using BitMiracle.LibTiff.Classic;

namespace Pqf.Images;

/// <summary>Grey or colour samples of 16 bits in a TIFF file.</summary>
sealed class TiffSamples
{
    readonly Tiff tiff;
    readonly int channels;
    readonly bool isInverted,
        isSeparate;

    TiffSamples(Tiff tiff, int channels, Photometric photometric)
    {
        (this.tiff, this.channels) = (tiff, channels);
        isInverted = photometric == Photometric.MINISWHITE;
        isSeparate = channels > 1 && Number(tiff, TiffTag.PLANARCONFIG) == (int)PlanarConfig.SEPARATE;
    }

    /// <summary>The samples of a file; null if they do not have 16 bits.</summary>
    public static TiffSamples? Of(Tiff tiff)
    {
        int channels = Number(tiff, TiffTag.SAMPLESPERPIXEL);
        var photometric = (Photometric)Number(tiff, TiffTag.PHOTOMETRIC);
        return
            Number(tiff, TiffTag.BITSPERSAMPLE) == 16
            && (SampleFormat)Number(tiff, TiffTag.SAMPLEFORMAT) is SampleFormat.UINT or SampleFormat.VOID
            && (photometric is Photometric.MINISBLACK or Photometric.MINISWHITE || (photometric == Photometric.RGB && channels > 2))
            ? new(tiff, channels, photometric)
            : null;
    }

    /// <summary>Decodes the image.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="pixels">[height, width, 4]; red, green and blue are written.</param>
    /// <param name="depth">How deep the samples seem to be.</param>
    /// <returns>False if the file is damaged.</returns>
    public bool Read(int height, int width, Span<byte> pixels, out DeepSamples depth)
    {
        depth = default;
        ushort[] samples = new ushort[height * width * Colours];
        if (!(tiff.IsTiled() ? ReadTiles(height, width, samples) : ReadRows(height, width, samples)))
            return false;
        if (isInverted)
            for (int i = 0; i < samples.Length; i++)
                samples[i] = (ushort)(ushort.MaxValue - samples[i]);
        depth = DeepSamples.Of(samples.Max());
        for (int i = 0; i < height * width; i++)
        for (int channel = 0; channel < 3; channel++)
            pixels[(4 * i) + channel] = depth.ToByte(samples[(i * Colours) + (Colours == 3 ? channel : 0)]);
        return true;
    }

    /// <summary>Samples that are seen: transparency and other extras are left out.</summary>
    int Colours => channels < 3 ? 1 : 3;

    int PlaneCount => isSeparate ? Colours : 1;

    bool ReadRows(int height, int width, ushort[] samples)
    {
        byte[] row = new byte[tiff.ScanlineSize()];
        for (int plane = 0; plane < PlaneCount; plane++)
        for (int y = 0; y < height; y++)
        {
            if (!tiff.ReadScanline(row, y, (short)plane))
                return false;
            Copy(row, plane, samples.AsSpan(y * width * Colours, width * Colours));
        }

        return true;
    }

    bool ReadTiles(int height, int width, ushort[] samples)
    {
        var (tileHeight, tileWidth) = (Number(tiff, TiffTag.TILELENGTH), Number(tiff, TiffTag.TILEWIDTH));
        byte[] tile = new byte[tiff.TileSize()];
        for (int plane = 0; plane < PlaneCount; plane++)
        for (int top = 0; top < height; top += tileHeight)
        for (int left = 0; left < width; left += tileWidth)
        {
            if (tiff.ReadTile(tile, 0, left, top, 0, (short)plane) < 0)
                return false;
            int columns = Math.Min(tileWidth, width - left);
            for (int y = 0; y < Math.Min(tileHeight, height - top); y++)
                Copy(
                    tile.AsSpan(y * tile.Length / tileHeight),
                    plane,
                    samples.AsSpan((((top + y) * width) + left) * Colours, columns * Colours)
                );
        }

        return true;
    }

    /// <summary>Copies one row of a plane, or of all planes.</summary>
    void Copy(ReadOnlySpan<byte> row, int plane, Span<ushort> samples)
    {
        var from = MemoryMarshal.Cast<byte, ushort>(row);
        if (isSeparate)
            for (int x = 0; x < samples.Length / Colours; x++)
                samples[(x * Colours) + plane] = from[x];
        else
            for (int x = 0; x < samples.Length / Colours; x++)
                from.Slice(x * channels, Colours).CopyTo(samples[(x * Colours)..]);
    }

    /// <summary>The number of a tag; 0 if the file does not have it.</summary>
    public static int Number(Tiff tiff, TiffTag tag) => tiff.GetFieldDefaulted(tag) is [var value, ..] ? value.ToInt() : 0;
}

using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>What Skia does not say of a PNG file: its orientation, and its samples of 16 bits.</summary>
/// <remarks>Source: PNG, third edition, sections 5, 9 and 11.</remarks>
sealed class PngFile
{
    const int SignatureLength = 8,
        HeaderEnd = SignatureLength + 8 + 13;

    readonly byte[] file;
    readonly int length;

    PngFile(byte[] file, int length) => (this.file, this.length) = (file, length);

    /// <summary>The file, if it begins as a PNG file does.</summary>
    public static PngFile? Of(byte[] file, int length) =>
        length >= HeaderEnd && file.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]) ? new(file, length) : null;

    /// <summary>Whether samples have 16 bits and rows come from the top, all of them.</summary>
    public bool IsDeep => file[24] == 16 && file[28] == 0;

    /// <summary>Samples of a pixel.</summary>
    int Channels =>
        file[25] switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };

    /// <summary>What the EXIF block says; it may be text, as ImageMagick writes it.</summary>
    public Orientation Orientation =>
        Next("eXIf"u8, SignatureLength) is (> 0, _) and var (at, bytes)
            ? TiffDirectory.OrientationOf(file, at, bytes)
            : Texts().Select(ExifText.OrientationOf).FirstOrDefault(found => found != Orientation.TopLeft, Orientation.TopLeft);

    /// <summary>Chunks of text: <c>tEXt</c> and <c>zTXt</c>.</summary>
    IEnumerable<byte[]> Texts()
    {
        foreach (string name in new[] { "tEXt", "zTXt" })
            for (
                int from = SignatureLength;
                Next(Encoding.ASCII.GetBytes(name), from) is (> 0, _) and var (at, bytes);
                from = at + bytes + 4
            )
                yield return file.AsSpan(at - 4, bytes + 4).ToArray();
    }

    /// <summary>Writes the samples of 16 bits as bytes.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="pixels">[height, width, 4]; red, green and blue are written.</param>
    /// <returns>How deep the samples seem to be, or are said to be by a chunk <c>sBIT</c>. With such a chunk samples should fill 16 bits,
    /// as programs that follow the standard write them; others write the bits of the camera as they are.</returns>
    public DeepSamples Stretch(int height, int width, Span<byte> pixels)
    {
        int channels = Channels,
            maximum = 0,
            bits = SignificantBits;
        bool isScaled = bits > 0;
        // Transparency is no brightness.
        int colours = channels is 2 or 4 ? channels - 1 : channels;
        using (var rows = new Rows(Data(), width * channels * 2, channels * 2))
            for (int y = 0; y < height; y++)
            {
                var row = rows.Next();
                for (int x = 0; x < width; x++)
                for (int channel = 0; channel < colours; channel++)
                {
                    int sample = Sample(row, (x * channels) + channel);
                    maximum = Math.Max(maximum, sample);
                    isScaled = isScaled && IsScaled(sample, bits);
                }
            }

        var depth =
            isScaled ? new DeepSamples(16, maximum)
            : bits > 0 && maximum < 1 << bits ? new DeepSamples(bits, maximum)
            : DeepSamples.Of(maximum);
        using (var rows = new Rows(Data(), width * channels * 2, channels * 2))
            for (int y = 0; y < height; y++)
            {
                var row = rows.Next();
                for (int x = 0; x < width; x++)
                for (int channel = 0; channel < 3; channel++)
                    pixels[(((y * width) + x) * 4) + channel] = depth.ToByte(Sample(row, (x * channels) + (colours == 3 ? channel : 0)));
            }

        return depth;
    }

    /// <summary>What <c>sBIT</c> says of the deepest colour; 0 if it does not say that fewer than 16 bits are in use.</summary>
    int SignificantBits =>
        Next("sBIT"u8, SignatureLength) is (> 0, > 0) and var (at, bytes)
        && file.AsSpan(at, Math.Min(bytes, 3)) is var said
        && Math.Max(said[0], Math.Max(said[^1], said[said.Length / 2])) is > 0 and < 16 and var bits
            ? bits
            : 0;

    /// <summary>Whether a sample of some bits was made to fill 16: the bits below repeat its first ones, or are 0.</summary>
    static bool IsScaled(int sample, int bits)
    {
        int below = sample & ((1 << (16 - bits)) - 1),
            value = sample >> (16 - bits);
        return below == 0 || sample == ((value * ushort.MaxValue) + (((1 << bits) - 1) / 2)) / ((1 << bits) - 1);
    }

    static int Sample(ReadOnlySpan<byte> row, int index) => BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]);

    /// <summary>The compressed rows.</summary>
    MemoryStream Data()
    {
        var data = new MemoryStream();
        for (int after = SignatureLength; Next("IDAT"u8, after) is (> 0, _) and var (at, bytes); after = at + bytes + 4)
            data.Write(file, at, bytes);
        data.Position = 0;
        return data;
    }

    /// <summary>The next chunk of a name: where its data begin, and their bytes; 0 if there is none.</summary>
    /// <param name="name">Four letters.</param>
    /// <param name="from">Where a chunk begins.</param>
    (int At, int Bytes) Next(ReadOnlySpan<byte> name, int from)
    {
        // Length, name, data and checksum.
        for (long at = from; at + 12 <= length; )
        {
            uint bytes = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan((int)at));
            if (bytes > length - at - 12)
                break;
            if (file.AsSpan((int)at + 4, 4).SequenceEqual(name))
                return ((int)at + 8, (int)bytes);
            at += bytes + 12;
        }

        return default;
    }

    /// <summary>Rows, decompressed and unfiltered.</summary>
    sealed class Rows(Stream compressed, int rowLength, int pixelLength) : IDisposable
    {
        readonly ZLibStream stream = new(compressed, CompressionMode.Decompress);
        readonly byte[] filtered = new byte[rowLength + 1];
        byte[] row = new byte[rowLength],
            above = new byte[rowLength];

        public void Dispose() => stream.Dispose();

        /// <summary>The next row; what is not there is 0.</summary>
        public ReadOnlySpan<byte> Next()
        {
            stream.ReadAtLeast(filtered, filtered.Length, throwOnEndOfStream: false);
            (row, above) = (above, row);
            for (int i = 0; i < rowLength; i++)
            {
                var (left, up, corner) = (
                    i < pixelLength ? 0 : row[i - pixelLength],
                    (int)above[i],
                    i < pixelLength ? 0 : above[i - pixelLength]
                );
                int predicted = filtered[0] switch
                {
                    1 => left,
                    2 => up,
                    3 => (left + up) / 2,
                    4 => Paeth(left, up, corner),
                    _ => 0,
                };
                row[i] = (byte)(filtered[i + 1] + predicted);
            }

            return row;
        }

        static int Paeth(int left, int up, int corner)
        {
            int estimate = left + up - corner,
                toLeft = Math.Abs(estimate - left),
                toUp = Math.Abs(estimate - up),
                toCorner = Math.Abs(estimate - corner);
            return toLeft <= toUp && toLeft <= toCorner ? left
                : toUp <= toCorner ? up
                : corner;
        }
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pqf.Nets.Images;

/// <summary>Bilinear resampling with antialiasing in 8 bits, byte for byte as Pillow's <c>Image.resize(…, BILINEAR)</c>.</summary>
/// <remarks>
/// Rows first, then columns, each rounded to bytes; a direction whose size does not change is left out. Weights and sums are integers, so
/// the result does not depend on the order of summation.
/// Source: Pillow's documentation of its filters, and the reference cases made with it.
/// </remarks>
public static unsafe class Resampler
{
    const int Half = ResampleWeights.Half;

    /// <summary>The image in another size.</summary>
    /// <param name="image">Any image.</param>
    /// <param name="height">Rows wanted, at least 1.</param>
    /// <param name="width">Columns wanted, at least 1.</param>
    public static PixelImage Resize(PixelImage image, int height, int width)
    {
        int channels = image.Channels;
        var source = image;
        if (width != image.Width)
        {
            byte[] rows = new byte[image.Height * width * channels];
            ResizeRows(source, ResampleWeights.Create(image.Width, width), rows);
            source = new(image.Height, width, channels, rows);
        }

        if (height == image.Height)
            return source;
        byte[] columns = new byte[height * width * channels];
        ResizeColumns(source, ResampleWeights.Create(image.Height, height), columns);
        return new(height, width, channels, columns);
    }

    static void ResizeRows(PixelImage source, ResampleWeights weights, byte[] destination)
    {
        int fromStride = source.Width * source.Channels,
            toStride = weights.First.Length * source.Channels;
        // A pixel of three bytes is loaded as four; the last row's last one must not be.
        int wideRows = source.Channels == 3 && Vector128.IsHardwareAccelerated ? source.Height - 1 : 0;
        fixed (
            byte* from = source.Pixels,
                to = destination
        )
        fixed (int* values = weights.Values)
        {
            for (int y = 0; y < wideRows; y++)
                ResizeColourRow(from + ((long)y * fromStride), weights, values, to + ((long)y * toStride));
            for (int y = wideRows; y < source.Height; y++)
                ResizeRow(from + ((long)y * fromStride), source.Channels, weights, values, to + ((long)y * toStride));
        }
    }

    // One lane per channel; the fourth lane holds the next pixel's red and is dropped.
    static void ResizeColourRow(byte* from, ResampleWeights weights, int* values, byte* to)
    {
        for (int x = 0; x < weights.First.Length; x++, to += 3)
        {
            byte* pixel = from + (3 * weights.First[x]);
            int* weight = values + (x * weights.Taps);
            var sum = Vector128.Create(Half);
            for (int tap = 0; tap < weights.Count[x]; tap++, pixel += 3)
                sum += WidenPixel(pixel) * Vector128.Create(weight[tap]);
            sum = Clamp(sum >>> ResampleWeights.FractionBits);
            to[0] = (byte)sum[0];
            to[1] = (byte)sum[1];
            to[2] = (byte)sum[2];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<int> WidenPixel(byte* pixel)
    {
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(pixel)).AsByte();
        return Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
    }

    static void ResizeRow(byte* from, int channels, ResampleWeights weights, int* values, byte* to)
    {
        for (int x = 0; x < weights.First.Length; x++)
        {
            int* weight = values + (x * weights.Taps);
            for (int channel = 0; channel < channels; channel++)
            {
                byte* pixel = from + (weights.First[x] * channels) + channel;
                int sum = Half;
                for (int tap = 0; tap < weights.Count[x]; tap++)
                    sum += pixel[tap * channels] * weight[tap];
                to[(x * channels) + channel] = (byte)Math.Min(sum >>> ResampleWeights.FractionBits, byte.MaxValue);
            }
        }
    }

    static void ResizeColumns(PixelImage source, ResampleWeights weights, byte[] destination)
    {
        int stride = source.Width * source.Channels;
        int[] sums = ArrayPool<int>.Shared.Rent(stride);
        fixed (
            byte* from = source.Pixels,
                to = destination
        )
        fixed (int* sum = sums)
        {
            for (int y = 0; y < weights.First.Length; y++)
            {
                new Span<int>(sum, stride).Fill(Half);
                byte* row = from + ((long)weights.First[y] * stride);
                for (int tap = 0; tap < weights.Count[y]; tap++, row += stride)
                    AddRow(row, weights.Values[(y * weights.Taps) + tap], sum, stride);
                RoundRow(sum, to + ((long)y * stride), stride);
            }
        }

        ArrayPool<int>.Shared.Return(sums);
    }

    /// <summary>Adds a weighted row to sums.</summary>
    internal static void AddRow(byte* row, int weight, int* sum, int count)
    {
        int i = 0;
        var factor = Vector256.Create(weight);
        for (; Vector256.IsHardwareAccelerated && i <= count - 16; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.Load(row + i).ToVector256Unsafe()));
            (Vector256.Load(sum + i) + (low.AsInt32() * factor)).Store(sum + i);
            (Vector256.Load(sum + i + 8) + (high.AsInt32() * factor)).Store(sum + i + 8);
        }

        for (; i < count; i++)
            sum[i] += row[i] * weight;
    }

    static void RoundRow(int* sum, byte* to, int count)
    {
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i <= count - 16; i += 16)
        {
            var low = Vector256.Load(sum + i) >>> ResampleWeights.FractionBits;
            var high = Vector256.Load(sum + i + 8) >>> ResampleWeights.FractionBits;
            var words = Vector256.Min(Vector256.Narrow(low.AsUInt32(), high.AsUInt32()), Vector256.Create((ushort)byte.MaxValue));
            Vector256.Narrow(words, words).GetLower().Store(to + i);
        }

        for (; i < count; i++)
            to[i] = (byte)Math.Min(sum[i] >>> ResampleWeights.FractionBits, byte.MaxValue);
    }

    static Vector128<int> Clamp(Vector128<int> values) => Vector128.Min(values, Vector128.Create((int)byte.MaxValue));
}

using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pqf.Nets.Images;

/// <summary>Gives an image's rows from the top, one a call.</summary>
/// <param name="row">To be filled: [width, 4], red, green, blue and anything.</param>
/// <returns>False if the image ends before this row.</returns>
public delegate bool RowSource(Span<byte> row);

/// <summary>Where the network's input lies in an image: the part of each side that the crop shows, and how it is resampled.</summary>
/// <param name="Weights">Of the pixels that lie in the image.</param>
/// <param name="Before">Pixels of the input before them, black.</param>
readonly record struct CroppedSide(ResampleWeights Weights, int Before)
{
    /// <summary>Pixels computed.</summary>
    public int Count => Weights.First.Length;

    /// <summary>A side of an image.</summary>
    /// <param name="from">Pixels of the image.</param>
    /// <param name="to">Pixels when resized.</param>
    /// <param name="start">Where the input begins among those; may lie outside.</param>
    /// <param name="crop">Pixels of the input.</param>
    public static CroppedSide Create(int from, long to, long start, int crop)
    {
        long first = Math.Max(0, start);
        return new(ResampleWeights.Create(from, to, first, (int)(Math.Min(start + crop, to) - first)), (int)(first - start));
    }
}

/// <summary>
/// Makes a network's input of an image's rows as they come: resized, cropped and normalised. Only what the crop shows is computed, and no
/// image stands in memory, neither whole nor resized.
/// </summary>
/// <remarks>Byte for byte what <see cref="Resampler"/> gives: rows first, then columns, each rounded to bytes; sums are integers.</remarks>
readonly unsafe struct InputRows
{
    // What loads of whole vectors may touch behind the last pixel.
    const int Padding = 32;

    readonly int height,
        width,
        channels,
        rowCount,
        columnCount;
    readonly CroppedSide down,
        across;
    readonly bool isMirrored;
    readonly float[] mean,
        deviation;

    /// <summary>The rows of an image of some rows and columns, whose shorter side is resized.</summary>
    public InputRows(int height, int width, Preprocessing preprocessing, Variation? variation)
        : this(height, width, Resized(height, width, preprocessing), preprocessing, variation) { }

    InputRows(int height, int width, (long Height, long Width) resized, Preprocessing preprocessing, Variation? variation)
    {
        (this.height, this.width, channels) = (height, width, preprocessing.Channels);
        (rowCount, columnCount) = preprocessing.Size;
        (long top, long left, isMirrored) = Placement.Of(resized.Height, resized.Width, preprocessing.Size, variation);
        down = CroppedSide.Create(height, resized.Height, top, rowCount);
        across = CroppedSide.Create(width, resized.Width, left, columnCount);
        // As long as a row, so that a row is normalised in whole vectors whatever the number of channels.
        mean = Repeated(preprocessing.Mean, across.Count);
        deviation = Repeated(preprocessing.Deviation, across.Count);
    }

    /// <summary>The rows of an image that is resized to the input's size without keeping its proportions.</summary>
    public static InputRows Stretched(ImagePart part, Preprocessing preprocessing, Variation variation) =>
        new(part.Height, part.Width, (preprocessing.Size.H, preprocessing.Size.W), preprocessing, variation);

    static (long Height, long Width) Resized(int height, int width, Preprocessing preprocessing)
    {
        int shorter = Math.Min(height, width);
        return ((long)preprocessing.Resize * height / shorter, (long)preprocessing.Resize * width / shorter);
    }

    int RowLength => across.Count * channels;

    /// <summary>Reads all rows, to see that they are there, and writes the input.</summary>
    /// <param name="rows">The image.</param>
    /// <param name="input">[rows, columns, channels].</param>
    /// <returns>Rows read: the image's height unless it ends too early.</returns>
    public int Read(RowSource rows, Span<float> input)
    {
        Blacken(input);
        var (first, count) = (down.Weights.First, down.Weights.Count);
        // As many rows as an output needs, in turn.
        int taps = down.Weights.Taps,
            stride = RowLength + Padding,
            y = 0;
        byte[] source = ArrayPool<byte>.Shared.Rent((width * 4) + Padding),
            ring = ArrayPool<byte>.Shared.Rent(taps * stride);
        int[] sums = ArrayPool<int>.Shared.Rent(RowLength + Padding);
        fixed (
            byte* from = source,
                narrowed = ring
        )
        fixed (int* sum = sums)
        fixed (float* to = input)
        {
            for (int output = 0; y < height && rows(new(from, width * 4)); y++)
            {
                if (output == count.Length || y < first[output])
                    continue;
                ResizeRow(from, narrowed + ((nint)(y % taps) * stride));
                for (; output < count.Length && first[output] + count[output] - 1 == y; output++)
                    FinishRow(
                        output,
                        narrowed,
                        stride,
                        sum,
                        to + ((((nint)(output + down.Before) * columnCount) + across.Before) * channels)
                    );
            }
        }

        ArrayPool<byte>.Shared.Return(source);
        ArrayPool<byte>.Shared.Return(ring);
        ArrayPool<int>.Shared.Return(sums);
        if (isMirrored)
            Mirror(input);
        return y;
    }

    void Mirror(Span<float> input)
    {
        for (int row = 0; row < rowCount; row++)
        for (int x = 0; x < columnCount / 2; x++)
        for (int channel = 0; channel < channels; channel++)
        {
            int left = (((row * columnCount) + x) * channels) + channel,
                right = (((row * columnCount) + columnCount - 1 - x) * channels) + channel;
            (input[left], input[right]) = (input[right], input[left]);
        }
    }

    /// <summary>Fills what lies outside of the image, if anything does.</summary>
    void Blacken(Span<float> input)
    {
        if (down.Count == rowCount && across.Count == columnCount)
            return;
        for (int i = 0; i < input.Length; i++)
            input[i] = -mean[i % channels] / deviation[i % channels];
    }

    void ResizeRow(byte* from, byte* to)
    {
        if (channels == 1)
        {
            for (int x = 0; x < width; x++)
                from[x] = PixelImage.Luma(from[4 * x], from[(4 * x) + 1], from[(4 * x) + 2]);
            ResizeGrey(from, to);
        }
        else
        {
            ResizeColour(from, to);
        }
    }

    /// <summary>One lane for each channel; the upper half of the sum takes every other pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void ResizeColour(byte* from, byte* to)
    {
        var (taps, first, count) = (across.Weights.Taps, across.Weights.First, across.Weights.Count);
        fixed (int* weights = across.Weights.Values)
            for (int x = 0; x < first.Length; x++, to += 3)
            {
                byte* pixel = from + (4 * first[x]);
                int* weight = weights + (x * taps),
                    end = weight + count[x];
                var sum = Vector256.Create(Vector128.Create(ResampleWeights.Half), Vector128<int>.Zero);
                for (; weight < end - 1; weight += 2, pixel += 8)
                    sum += Widen(pixel) * Vector256.Create(Vector128.Create(weight[0]), Vector128.Create(weight[1]));
                if (weight < end)
                    sum += Widen(pixel) * Vector256.Create(Vector128.Create(weight[0]), Vector128<int>.Zero);
                var rounded = Vector128.Min(
                    (sum.GetLower() + sum.GetUpper()) >>> ResampleWeights.FractionBits,
                    Vector128.Create((int)byte.MaxValue)
                );
                var words = Vector128.Narrow(rounded.AsUInt32(), rounded.AsUInt32());
                // Four bytes; the fourth is overwritten by the next pixel.
                Unsafe.WriteUnaligned(to, Vector128.Narrow(words, words).AsUInt32().ToScalar());
            }
    }

    /// <summary>Two pixels of four bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Widen(byte* pixels)
    {
        var words = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(pixels)).AsByte());
        return Vector256.WidenLower(words.ToVector256Unsafe()).AsInt32();
    }

    void ResizeGrey(byte* from, byte* to)
    {
        var (taps, first, count, values) = across.Weights;
        for (int x = 0; x < first.Length; x++)
        {
            int sum = ResampleWeights.Half;
            for (int tap = 0; tap < count[x]; tap++)
                sum += from[first[x] + tap] * values[(x * taps) + tap];
            to[x] = (byte)Math.Min(sum >>> ResampleWeights.FractionBits, byte.MaxValue);
        }
    }

    /// <summary>One row of the input: the weighted sum of rows, rounded to bytes, normalised in single precision as torchvision does
    /// it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void FinishRow(int output, byte* ring, int stride, int* sum, float* to)
    {
        var (taps, first, count, values) = down.Weights;
        int length = RowLength,
            y = first[output];
        new Span<int>(sum, length).Fill(ResampleWeights.Half);
        for (int tap = 0; tap < count[output]; tap++, y++)
            Resampler.AddRow(ring + ((nint)(y % taps) * stride), values[(output * taps) + tap], sum, length);
        int i = 0;
        var most = Vector256.Create((int)byte.MaxValue);
        fixed (
            float* centre = mean,
                scale = deviation
        )
        {
            for (; i <= length - 8; i += 8)
            {
                var value = Vector256.Min(Vector256.Load(sum + i) >>> ResampleWeights.FractionBits, most);
                (((Vector256.ConvertToSingle(value) / 255f) - Vector256.Load(centre + i)) / Vector256.Load(scale + i)).Store(to + i);
            }

            for (; i < length; i++)
                to[i] = ((Math.Min(sum[i] >>> ResampleWeights.FractionBits, byte.MaxValue) / 255f) - centre[i]) / scale[i];
        }
    }

    static float[] Repeated(IReadOnlyList<float> values, int times)
    {
        float[] repeated = new float[values.Count * times];
        for (int i = 0; i < repeated.Length; i++)
            repeated[i] = values[i % values.Count];
        return repeated;
    }
}

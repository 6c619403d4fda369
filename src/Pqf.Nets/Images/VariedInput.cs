using System.Collections.Immutable;

namespace Pqf.Nets.Images;

/// <summary>Training inputs whose scale or colours vary.</summary>
static class VariedInput
{
    /// <summary>Writes the input for an image that comes row by row.</summary>
    /// <returns>Rows read, as <see cref="InputRows.Read"/>.</returns>
    public static int Read(int height, int width, RowSource rows, Preprocessing preprocessing, Span<float> input, Variation how)
    {
        if (how.Augmentation.ColorJitter.IsOff)
            return Cut(height, width, rows, preprocessing, input, how);
        int channels = preprocessing.Channels;
        // Colours vary in 8 bits: with these the input is each byte over 255.
        var bytes = preprocessing with
        {
            Mean = [.. Enumerable.Repeat(0f, channels)],
            Deviation = [.. Enumerable.Repeat(1f, channels)],
        };
        int read = Cut(height, width, rows, bytes, input, how);
        byte[] pixels = new byte[input.Length];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)MathF.Round(input[i] * byte.MaxValue);
        how.Augmentation.ColorJitter.Apply(pixels, channels, how.Key.Fold("color_jitter"));
        Normalise(pixels, preprocessing.Mean, preprocessing.Deviation, input);
        return read;
    }

    static void Normalise(byte[] pixels, ImmutableArray<float> mean, ImmutableArray<float> deviation, Span<float> input)
    {
        int channels = mean.Length;
        for (int i = 0; i < pixels.Length; i++)
            input[i] = ((pixels[i] / 255f) - mean[i % channels]) / deviation[i % channels];
    }

    static int Cut(int height, int width, RowSource rows, Preprocessing preprocessing, Span<float> input, Variation how)
    {
        if (how.Augmentation.RandomScale is not { } scale)
            return new InputRows(height, width, preprocessing, how).Read(rows, input);
        var part = scale.Draw(height, width, how.Key.Fold("random_scale"));
        var source = part.Of(rows, width);
        // The part fills the input: nothing is left to be placed but the mirror.
        var mirrored = how with
        {
            Augmentation = how.Augmentation with { RandomCrop = false },
        };
        InputRows.Stretched(part, preprocessing, mirrored).Read(source.Next, input);
        // Rows behind the part are read too, to see that they are there.
        source.ReadTo(height);
        return source.Count;
    }
}

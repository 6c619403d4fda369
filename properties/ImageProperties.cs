using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Properties;

/// <summary>The resampler against its definition, in plain double loops.</summary>
public class ImageProperties
{
    static readonly Arbitrary<int> Size = Gen.Choose(1, 30).ToArbitrary();

    [Property(MaxTest = 60)]
    public Property Resampling_is_within_rounding_of_the_triangle_filter() =>
        Prop.ForAll(
            Size,
            Size,
            (height, width) =>
            {
                var key = RngKey.FromSeed((height * 100) + width);
                int newHeight = 1 + key.Below(40, 0),
                    newWidth = 1 + key.Below(40, 1);
                foreach (int channels in new[] { 1, 3 })
                {
                    byte[] pixels = [.. Enumerable.Range(0, height * width * channels).Select(i => (byte)key.Bits((ulong)i))];
                    byte[] resized = Resampler.Resize(new(height, width, channels, pixels), newHeight, newWidth).Pixels;
                    double[,] rows = Weights(height, newHeight),
                        columns = Weights(width, newWidth);
                    for (int i = 0; i < resized.Length; i++)
                    {
                        double expected = 0;
                        for (int j = 0; j < pixels.Length; j++)
                        {
                            if (j % channels == i % channels)
                                expected +=
                                    pixels[j]
                                    * rows[i / channels / newWidth, j / channels / width]
                                    * columns[i / channels % newWidth, j / channels % width];
                        }

                        // Two roundings to bytes, the first one averaged by the second pass, and weights of 22 bits.
                        Assert.InRange(resized[i] - expected, -1.001, 1.001);
                    }
                }
            }
        );

    [Property(MaxTest = 100)]
    public Property An_input_made_row_by_row_is_the_resized_image_cropped_and_normalised() =>
        Prop.ForAll(
            Size,
            Size,
            (height, width) =>
            {
                var key = RngKey.FromSeed((height * 100) + width);
                int resize = 1 + key.Below(40, 0),
                    crop = 1 + key.Below(resize + 4, 1);
                foreach (
                    var preprocessing in new[]
                    {
                        new Preprocessing { Resize = resize, Crop = crop },
                        new Preprocessing
                        {
                            Resize = resize,
                            Crop = crop,
                            Mean = [0.4f],
                            Deviation = [0.3f],
                        },
                    }
                )
                foreach (int channels in new[] { 1, 3 })
                {
                    var image = new PixelImage(
                        height,
                        width,
                        channels,
                        [.. Enumerable.Range(0, height * width * channels).Select(i => (byte)key.Bits((ulong)i))]
                    );
                    var converted = preprocessing.Channels == 1 ? image.ToGrey() : image.ToColour();
                    byte[] cropped = Preprocess.CentreCrop(Preprocess.ResizeShorterSide(converted, resize), crop).Pixels;
                    Assert.Equal(
                        cropped.Select(
                            (pixel, i) =>
                                ((pixel / 255f) - preprocessing.Mean[i % preprocessing.Channels])
                                / preprocessing.Deviation[i % preprocessing.Channels]
                        ),
                        Preprocess.ToInput(image, preprocessing)
                    );
                }
            }
        );

    static double[,] Weights(int from, int to)
    {
        double[,] weights = new double[to, from];
        double scale = (double)from / to,
            width = Math.Max(scale, 1);
        for (int i = 0; i < to; i++)
        {
            double sum = 0;
            for (int j = 0; j < from; j++)
                sum += weights[i, j] = Math.Max(0, 1 - (Math.Abs(j + 0.5 - ((i + 0.5) * scale)) / width));
            for (int j = 0; j < from; j++)
                weights[i, j] /= sum;
        }

        return weights;
    }
}

using Pqf.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Pqf.Bench.Accuracy;

/// <summary>Convolutions of stride 1 in double.</summary>
static class DoubleConvolution
{
    /// <summary>conv(x) + bias, pixel by pixel.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[O, C, k, k], k odd.</param>
    /// <param name="weightShape">Its shape.</param>
    /// <param name="bias">[O], or none.</param>
    /// <returns>[N, H, W, O]: padded with (k − 1) / 2 zeros on each side.</returns>
    public static double[] Of(Tensor<float> x, float[] weight, Shape weightShape, float[]? bias)
    {
        var (n, h, w, c) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var (o, k) = (weightShape[0], weightShape[2]);
        float[] values = x.ToArray();
        double[] rows = TapsFirst(weight, o, c, k * k),
            y = new double[n * h * w * o];
        Parallel.For(
            0,
            n * h,
            line =>
            {
                double[] patch = new double[k * k * c];
                for (int column = 0; column < w; column++)
                {
                    Gather(values, patch, (line / h, line % h, column), (h, w, c), k);
                    for (int channel = 0; channel < o; channel++)
                        y[(((line * w) + column) * o) + channel] =
                            TensorPrimitives.Dot<double>(patch, rows.AsSpan(channel * patch.Length, patch.Length)) + (bias?[channel] ?? 0);
                }
            }
        );
        return y;
    }

    /// <summary>The values under the window around a pixel, [k, k, C].</summary>
    static void Gather(float[] x, double[] patch, (int Image, int Y, int X) at, (int H, int W, int C) size, int k)
    {
        Array.Clear(patch);
        for (int tap = 0; tap < k * k; tap++)
        {
            int y = at.Y + (tap / k) - (k / 2),
                column = at.X + (tap % k) - (k / 2);
            if (y < 0 || y >= size.H || column < 0 || column >= size.W)
                continue;
            int from = ((((at.Image * size.H) + y) * size.W) + column) * size.C;
            for (int channel = 0; channel < size.C; channel++)
                patch[(tap * size.C) + channel] = x[from + channel];
        }
    }

    /// <summary>[O, C, taps] to [O, taps, C].</summary>
    static double[] TapsFirst(float[] weight, int o, int c, int taps)
    {
        double[] rows = new double[weight.Length];
        for (int row = 0; row < o; row++)
        for (int channel = 0; channel < c; channel++)
        for (int tap = 0; tap < taps; tap++)
            rows[(((row * taps) + tap) * c) + channel] = weight[(((row * c) + channel) * taps) + tap];
        return rows;
    }
}

using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Testing;

/// <summary>Ops that only detectors need.</summary>
public static partial class Reference
{
    /// <summary>tail(convᵀ(x, weight) + bias), weight [I, O, kH, kW]: every product added where it belongs.</summary>
    public static Expected ConvTranspose2d(Numbers x, Numbers weight, Numbers? bias, ConvTranspose2dOptions options, TailCase? tail = null)
    {
        var (n, h, w, inputs) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var (o, kh, kw) = (weight.Shape[1], weight.Shape[2], weight.Shape[3]);
        int outH = ((h - 1) * options.Stride.H) - (2 * options.Padding.H) + kh + options.OutputPadding.H;
        int outW = ((w - 1) * options.Stride.W) - (2 * options.Padding.W) + kw + options.OutputPadding.W;
        var sums = new Sum[n * outH * outW * o];
        for (int pixel = 0; pixel < n * h * w; pixel++)
        for (int tap = 0; tap < kh * kw; tap++)
        {
            int y = (pixel / w % h * options.Stride.H) - options.Padding.H + (tap / kw),
                column = (pixel % w * options.Stride.W) - options.Padding.W + (tap % kw);
            if (y < 0 || y >= outH || column < 0 || column >= outW)
                continue;
            for (int c = 0; c < o; c++)
            for (int i = 0; i < inputs; i++)
                sums[(((((pixel / w / h) * outH) + y) * outW) + column) * o + c]
                    .Add((double)x.Values[(pixel * inputs) + i] * weight.Values[(((i * o) + c) * kh * kw) + tap]);
        }

        return Build(
            [n, outH, outW, o],
            at =>
            {
                if (bias is not null)
                    sums[at].Add(bias.At(at % o));
                return Last(tail, sums[at]);
            }
        );
    }

    /// <summary>Means of samples in the cells of boxes [R, 5], each read from a map [N, H, W, C] of its own.</summary>
    /// <remarks>Tolerance: that of the sum, and eight roundings of each sample's position times what four pixels may differ by.</remarks>
    public static Expected RoiAlign(Numbers[] maps, Numbers boxes, int[] levels, float[] scales, RoiAlignOptions options)
    {
        var (cells, channels) = (options.OutputSize, maps[0].Shape[3]);
        return Build(
            [boxes.Shape[0], cells.H, cells.W, channels],
            at =>
            {
                var (box, row, column, c) = (
                    at / channels / cells.W / cells.H,
                    at / channels / cells.W % cells.H,
                    at / channels % cells.W,
                    at % channels
                );
                var map = maps[levels[box]];
                double[] corners =
                [
                    .. Enumerable.Range(1, 4).Select(i => (boxes.At(box, i) * scales[levels[box]]) - (options.Aligned ? 0.5 : 0)),
                ];
                double height = corners[3] - corners[1],
                    width = corners[2] - corners[0];
                if (!options.Aligned)
                    (height, width) = (Math.Max(height, 1), Math.Max(width, 1));
                int down = options.SamplingRatio > 0 ? options.SamplingRatio : (int)Math.Ceiling(height / cells.H),
                    across = options.SamplingRatio > 0 ? options.SamplingRatio : (int)Math.Ceiling(width / cells.W);
                var sum = new Sum();
                double shifts = 0;
                for (int i = 0; i < down; i++)
                for (int j = 0; j < across; j++)
                {
                    double y = corners[1] + ((row + ((i + 0.5) / down)) * height / cells.H),
                        x = corners[0] + ((column + ((j + 0.5) / across)) * width / cells.W);
                    foreach (var (pixel, weight) in Bilinear(map.Shape, y, x))
                    {
                        double value = map.At((int)boxes.At(box, 0), pixel / map.Shape[2], pixel % map.Shape[2], c);
                        sum.Add(weight * value);
                        shifts += Math.Abs(value) * (Math.Abs(corners[0]) + Math.Abs(corners[1]) + Math.Abs(height) + Math.Abs(width) + 2);
                    }
                }

                int count = Math.Max(1, down * across);
                return (sum.Value / count, (sum.Tolerance + (8 * Expected.Rounding * shifts)) / count);
            }
        );
    }

    /// <summary>The four pixels around a position and their weights; none more than a pixel outside.</summary>
    static IEnumerable<(int Pixel, double Weight)> Bilinear(Shape map, double y, double x)
    {
        var (h, w) = (map[1], map[2]);
        if (y < -1 || y > h || x < -1 || x > w)
            yield break;
        (y, x) = (Math.Clamp(y, 0, h - 1), Math.Clamp(x, 0, w - 1));
        var (row, column) = ((int)y, (int)x);
        for (int corner = 0; corner < 4; corner++)
        {
            double weight = (corner / 2 == 0 ? 1 - (y - row) : y - row) * (corner % 2 == 0 ? 1 - (x - column) : x - column);
            yield return ((Math.Min(row + (corner / 2), h - 1) * w) + Math.Min(column + (corner % 2), w - 1), weight);
        }
    }

    /// <summary>Images resized to other numbers of pixels.</summary>
    /// <remarks>Tolerance: that of four products, and four roundings of a position times what its pixels may differ by. PyTorch takes
    /// positions of nearest pixels in single.</remarks>
    public static Expected Interpolate(Numbers x, Pair size, InterpolationMode mode)
    {
        var (h, w, c) = (x.Shape[1], x.Shape[2], x.Shape[3]);
        return Build(
            [x.Shape[0], size.H, size.W, c],
            at =>
            {
                var (n, row, column, channel) = (at / c / size.W / size.H, at / c / size.W % size.H, at / c % size.W, at % c);
                if (mode == InterpolationMode.Nearest)
                    return (
                        x.At(
                            n,
                            Math.Min((int)(row * ((float)h / size.H)), h - 1),
                            Math.Min((int)(column * ((float)w / size.W)), w - 1),
                            channel
                        ),
                        0
                    );
                var sum = new Sum();
                double shifts = 0;
                foreach (var (pixel, weight) in Bilinear(x.Shape, ((row + 0.5) * h / size.H) - 0.5, ((column + 0.5) * w / size.W) - 0.5))
                {
                    double value = x.At(n, pixel / w, pixel % w, channel);
                    sum.Add(weight * value);
                    shifts += Math.Abs(value) * (h + w);
                }

                return (sum.Value, sum.Tolerance + (4 * Expected.Rounding * shifts));
            }
        );
    }

    /// <summary>Overlap of two boxes of [n, 4].</summary>
    public static double Iou(Numbers a, int i, Numbers b, int j)
    {
        double width = Math.Max(0, Math.Min(a.At(i, 2), b.At(j, 2)) - Math.Max(a.At(i, 0), b.At(j, 0)));
        double height = Math.Max(0, Math.Min(a.At(i, 3), b.At(j, 3)) - Math.Max(a.At(i, 1), b.At(j, 1)));
        double union = Area(a, i) + Area(b, j) - (width * height);
        return union > 0 ? width * height / union : 0;
    }

    /// <summary>Overlaps of all pairs.</summary>
    /// <remarks>Tolerance: each edge is off by a rounding, and so by some of the areas' magnitudes is the quotient.</remarks>
    public static Expected BoxIou(Numbers a, Numbers b) =>
        Build(
            [a.Shape[0], b.Shape[0]],
            at =>
            {
                var (i, j) = (at / b.Shape[0], at % b.Shape[0]);
                double larger = Math.Max(Area(a, i), Area(b, j));
                return (Iou(a, i, b, j), larger > 0 ? 16 * Expected.Rounding * (Area(a, i) + Area(b, j)) / larger : 0);
            }
        );

    /// <summary>All parts, one after another along an axis.</summary>
    public static Expected Concat(Numbers[] parts, int axis)
    {
        int[] lengths = [.. parts[0].Shape];
        lengths[axis] = parts.Sum(part => part.Shape[axis]);
        var shape = new Shape(lengths);
        return Build(
            shape,
            at =>
            {
                var position = new int[shape.Rank];
                for (int a = shape.Rank - 1; a >= 0; at /= shape[a--])
                    position[a] = at % shape[a];
                int part = 0;
                while (position[axis] >= parts[part].Shape[axis])
                    position[axis] -= parts[part++].Shape[axis];
                return (parts[part].At(position), 0);
            }
        );
    }

    static double Area(Numbers boxes, int i) => (boxes.At(i, 2) - boxes.At(i, 0)) * (boxes.At(i, 3) - boxes.At(i, 1));
}

using Pqf.Tensors;

namespace Pqf.Testing;

public static partial class Reference
{
    /// <summary>Sum over all axes but the last.</summary>
    public static Expected SumRows(Numbers x) =>
        Build(
            [x.Shape.Last],
            c =>
            {
                var sum = new Sum();
                for (int at = c; at < x.Values.Length; at += x.Shape.Last)
                    sum.Add(x.Values[at]);
                return (sum.Value, sum.Tolerance);
            }
        );

    /// <summary>Mean and variance over all axes but the last.</summary>
    /// <remarks>The variance's tolerance: its own sum's, and what an error of the mean adds.</remarks>
    public static (Expected Mean, Expected Variance) MeanAndVariance(Numbers x)
    {
        int rows = x.Values.Length / x.Shape.Last;
        var sums = SumRows(x);
        var mean = new Expected(sums.Shape, [.. sums.Values.Select(v => v / rows)], [.. sums.Tolerances.Select(t => t / rows)]);
        var variance = Build(
            [x.Shape.Last],
            c =>
            {
                var squares = new Sum();
                double deviations = 0;
                for (int at = c; at < x.Values.Length; at += x.Shape.Last)
                {
                    double deviation = x.Values[at] - mean.Values[c];
                    squares.Add(deviation * deviation);
                    deviations += Math.Abs(deviation);
                }

                double shift = mean.Tolerances[c];
                return (squares.Value / rows, (squares.Tolerance / rows) + (2 * shift * deviations / rows) + (shift * shift));
            }
        );
        return (mean, variance);
    }

    /// <summary>Block b is row codes[b] of the codebook.</summary>
    public static Expected DecodeCodes(Numbers codebook, ushort[] codes, Shape weight)
    {
        int d = codebook.Shape[1];
        return Build(weight, at => (codebook.At(codes[at / d], at % d), 0));
    }

    /// <summary>Slices in a given order along an axis.</summary>
    public static Expected IndexSelect(Numbers x, int axis, int[] index)
    {
        int[] lengths = [.. x.Shape];
        lengths[axis] = index.Length;
        var shape = new Shape(lengths);
        return Build(
            shape,
            at =>
            {
                var position = new int[shape.Rank];
                for (int a = shape.Rank - 1; a >= 0; at /= shape[a--])
                    position[a] = at % shape[a];
                position[axis] = index[position[axis]];
                return (x.At(position), 0);
            }
        );
    }

    /// <summary>|c|² − 2·x·c of one block and one centroid, with what rounding may change.</summary>
    public static (double Distance, double Tolerance) Distance(Numbers blocks, int block, Numbers codebook, int code)
    {
        var sum = new Sum();
        for (int q = 0; q < blocks.Shape[1]; q++)
        {
            sum.Add(codebook.At(code, q) * codebook.At(code, q));
            sum.Add(-2 * blocks.At(block, q) * codebook.At(code, q));
        }

        return (sum.Value, sum.Tolerance);
    }

    /// <summary>The code of the nearest centroid of each block; the lowest of several.</summary>
    public static ushort[] NearestCentroid(Numbers blocks, Numbers codebook) =>
        [
            .. Enumerable
                .Range(0, blocks.Shape[0])
                .Select(block =>
                    (ushort)Enumerable.Range(0, codebook.Shape[0]).MinBy(code => Distance(blocks, block, codebook, code).Distance)
                ),
        ];

    /// <summary>The sum of the blocks of each code.</summary>
    public static Expected ClusterSums(Numbers blocks, ushort[] codes, int k)
    {
        int d = blocks.Shape[1];
        return Build(
            [k, d],
            at =>
            {
                var sum = new Sum();
                for (int block = 0; block < codes.Length; block++)
                    if (codes[block] == at / d)
                        sum.Add(blocks.At(block, at % d));
                return (sum.Value, sum.Tolerance);
            }
        );
    }
}

using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Testing;

public static partial class Reference
{
    /// <summary>Gradient of a convolution's input: each product of the forward, carried back.</summary>
    public static Expected Conv2dInputGradient(Shape x, Numbers weight, Conv2dOptions options, Numbers dy)
    {
        var sums = new Sum[x.Count];
        ForEachProduct(x, weight.Shape, options, dy.Shape, (at, w, y) => sums[at].Add((double)weight.Values[w] * dy.Values[y]));
        return Build(x, at => (sums[at].Value, sums[at].Tolerance));
    }

    /// <summary>Gradient of a convolution's weight.</summary>
    public static Expected Conv2dWeightGradient(Numbers x, Shape weight, Conv2dOptions options, Numbers dy)
    {
        var sums = new Sum[weight.Count];
        ForEachProduct(x.Shape, weight, options, dy.Shape, (at, w, y) => sums[w].Add((double)x.Values[at] * dy.Values[y]));
        return Build(weight, at => (sums[at].Value, sums[at].Tolerance));
    }

    /// <summary>Gradient of a codebook: sums of the weight's blocks by code.</summary>
    public static Expected DecodeCodesGradient(ushort[] codes, int k, int d, Numbers dWeight) =>
        ClusterSums(new Numbers([codes.Length, d], dWeight.Values), codes, k);

    /// <summary>Gradient of a pool's input where each output's goes to the first largest value of its window.</summary>
    public static Expected MaxPool2dGradient(Numbers x, Pair kernel, Pair stride, Pair padding, Numbers dy)
    {
        var sums = new Sum[x.Shape.Count];
        ForEachWindow(
            x.Shape,
            kernel,
            stride,
            padding,
            dy.Shape,
            (window, y) =>
            {
                int winner = window.FirstOrDefault(at => float.IsNaN(x.Values[at]), -1);
                if (winner < 0)
                    winner = window.MaxBy(at => x.Values[at]);
                sums[winner].Add(dy.Values[y]);
            }
        );
        return Build(x.Shape, at => (sums[at].Value, sums[at].Tolerance));
    }

    /// <summary>Gradient of a pool's input where each output's is shared by its whole window.</summary>
    public static Expected AvgPool2dGradient(Shape x, Pair kernel, Pair stride, Pair padding, Numbers dy)
    {
        var sums = new Sum[x.Count];
        ForEachWindow(
            x,
            kernel,
            stride,
            padding,
            dy.Shape,
            (window, y) =>
            {
                foreach (int at in window)
                    sums[at].Add((double)dy.Values[y] / (kernel.H * kernel.W));
            }
        );
        return Build(x, at => (sums[at].Value, sums[at].Tolerance));
    }

    /// <summary>Calls with the positions in x, weight and y of every product of a convolution.</summary>
    static void ForEachProduct(Shape x, Shape weight, Conv2dOptions options, Shape y, Action<int, int, int> product)
    {
        var (stride, padding, dilation) = (options.Stride, options.Padding, options.Dilation);
        for (int at = 0; at < y.Count; at++)
        {
            var (image, oy, ox, o) = (at / y[3] / y[2] / y[1], at / y[3] / y[2] % y[1], at / y[3] % y[2], at % y[3]);
            int firstChannel = o / (weight[0] / options.Groups) * weight[1];
            for (int w = 0; w < weight[1] * weight[2] * weight[3]; w++)
            {
                var (i, a, b) = (w / weight[3] / weight[2], w / weight[3] % weight[2], w % weight[3]);
                int iy = (oy * stride.H) + (a * dilation.H) - padding.H,
                    ix = (ox * stride.W) + (b * dilation.W) - padding.W;
                if (iy >= 0 && iy < x[1] && ix >= 0 && ix < x[2])
                    product(
                        (((((image * x[1]) + iy) * x[2]) + ix) * x[3]) + firstChannel + i,
                        (o * weight[1] * weight[2] * weight[3]) + w,
                        at
                    );
            }
        }
    }

    /// <summary>Calls with the positions in x of every window, row by row, and that of its value in y.</summary>
    static void ForEachWindow(Shape x, Pair kernel, Pair stride, Pair padding, Shape y, Action<List<int>, int> window)
    {
        for (int at = 0; at < y.Count; at++)
        {
            var (image, oy, ox, c) = (at / y[3] / y[2] / y[1], at / y[3] / y[2] % y[1], at / y[3] % y[2], at % y[3]);
            var places = new List<int>();
            for (int a = 0; a < kernel.H; a++)
            for (int b = 0; b < kernel.W; b++)
            {
                int iy = (oy * stride.H) + a - padding.H,
                    ix = (ox * stride.W) + b - padding.W;
                if (iy >= 0 && iy < x[1] && ix >= 0 && ix < x[2])
                    places.Add((((((image * x[1]) + iy) * x[2]) + ix) * x[3]) + c);
            }

            window(places, at);
        }
    }
}

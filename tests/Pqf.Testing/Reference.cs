using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Testing;

/// <summary>Every op as plain loops in double, with what rounding in single may change. Activations are [N, H, W, C], weights [O, I, kH,
/// kW].</summary>
public static partial class Reference
{
    /// <summary>a · b.</summary>
    public static Expected MatMul(Numbers a, Numbers b, Transpose transpose)
    {
        bool ta = (transpose & Transpose.A) != 0,
            tb = (transpose & Transpose.B) != 0;
        int m = a.Shape[ta ? 1 : 0],
            k = a.Shape[ta ? 0 : 1],
            n = b.Shape[tb ? 0 : 1];
        return Build(
            [m, n],
            at =>
            {
                int i = at / n,
                    j = at % n;
                var sum = new Sum();
                for (int t = 0; t < k; t++)
                    sum.Add((ta ? a.At(t, i) : a.At(i, t)) * (tb ? b.At(j, t) : b.At(t, j)));
                return (sum.Value, sum.Tolerance);
            }
        );
    }

    /// <summary>x · weightᵀ + bias.</summary>
    public static Expected Linear(Numbers x, Numbers weight, Numbers? bias)
    {
        int inputs = x.Shape[1],
            outputs = weight.Shape[0];
        return Build(
            [x.Shape[0], outputs],
            at =>
            {
                int i = at / outputs,
                    o = at % outputs;
                var sum = new Sum();
                for (int t = 0; t < inputs; t++)
                    sum.Add(x.At(i, t) * weight.At(o, t));
                if (bias is not null)
                    sum.Add(bias.At(o));
                return (sum.Value, sum.Tolerance);
            }
        );
    }

    /// <summary>tail(conv(x, weight) + bias + residual).</summary>
    public static Expected Conv2d(
        Numbers x,
        Numbers weight,
        Numbers? bias,
        Conv2dOptions options,
        Numbers? residual = null,
        TailCase? tail = null
    )
    {
        var (shape, element) = Conv2dElements(x, weight, bias, options, residual, tail);
        return Build(shape, element);
    }

    /// <summary>Some values of conv(x, weight) + bias.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[O, I, kH, kW].</param>
    /// <param name="bias">[O].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="places">Which, by their places in row-major order.</param>
    public static double[] Conv2dAt(Numbers x, Numbers weight, Numbers bias, Conv2dOptions options, IEnumerable<int> places)
    {
        var element = Conv2dElements(x, weight, bias, options, null, null).Element;
        return [.. places.Select(at => element(at).Value)];
    }

    static (Shape Shape, Func<int, (double Value, double Tolerance)> Element) Conv2dElements(
        Numbers x,
        Numbers weight,
        Numbers? bias,
        Conv2dOptions options,
        Numbers? residual,
        TailCase? tail
    )
    {
        var (stride, padding, dilation) = (options.Stride, options.Padding, options.Dilation);
        var (n, h, w) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var (o, inputs, kh, kw) = (weight.Shape[0], weight.Shape[1], weight.Shape[2], weight.Shape[3]);
        var end = options.EndPadding ?? padding;
        int outH = ((h + padding.H + end.H - (dilation.H * (kh - 1)) - 1) / stride.H) + 1,
            outW = ((w + padding.W + end.W - (dilation.W * (kw - 1)) - 1) / stride.W) + 1;
        return (
            [n, outH, outW, o],
            at =>
            {
                var (image, oy, ox, oc) = (at / o / outW / outH, at / o / outW % outH, at / o % outW, at % o);
                int firstChannel = oc / (o / options.Groups) * inputs;
                var sum = new Sum();
                for (int a = 0; a < kh; a++)
                for (int b = 0; b < kw; b++)
                {
                    int iy = (oy * stride.H) + (a * dilation.H) - padding.H,
                        ix = (ox * stride.W) + (b * dilation.W) - padding.W;
                    if (iy < 0 || iy >= h || ix < 0 || ix >= w)
                        continue;
                    for (int i = 0; i < inputs; i++)
                        sum.Add(x.At(image, iy, ix, firstChannel + i) * weight.At(oc, i, a, b));
                }

                if (bias is not null)
                    sum.Add(bias.At(oc));
                if (residual is not null)
                    sum.Add(residual.At(image, oy, ox, oc));
                return Last(tail, sum);
            }
        );
    }

    /// <summary>(x − mean) / √(variance + eps) · weight + bias along the last axis.</summary>
    /// <remarks>Tolerance: eight roundings of the terms of the folded form, x · scale + (bias − mean · scale); OpenCL's quotient and root
    /// may each be off by three.</remarks>
    public static Expected BatchNorm(
        Numbers x,
        Numbers weight,
        Numbers bias,
        Numbers mean,
        Numbers variance,
        float eps,
        Numbers? residual = null,
        TailCase? tail = null
    ) =>
        Build(
            x.Shape,
            at =>
            {
                int c = at % x.Shape.Last;
                double scale = weight.At(c) / Math.Sqrt(variance.At(c) + eps),
                    value = x.Values[at],
                    added = residual is null ? 0 : residual.Values[at],
                    magnitude = ((Math.Abs(value) + Math.Abs(mean.At(c))) * Math.Abs(scale)) + Math.Abs(bias.At(c)) + Math.Abs(added);
                return Last(tail, ((value - mean.At(c)) * scale) + bias.At(c) + added, 8 * Expected.Rounding * magnitude);
            }
        );

    /// <summary>max(x, 0); NaN stays.</summary>
    public static Expected Relu(Numbers x) =>
        Build(x.Shape, at => (double.IsNaN(x.Values[at]) ? double.NaN : Math.Max(0.0, x.Values[at]), 0));

    /// <summary>1 / (1 + exp(−x)).</summary>
    /// <remarks>Tolerance: three roundings, and the approximate exponential's, whose error grows with the size of its argument.</remarks>
    public static Expected Sigmoid(Numbers x) =>
        Build(
            x.Shape,
            at =>
            {
                double y = 1 / (1 + Math.Exp(-x.Values[at]));
                return (y, Expected.Rounding * y * (8 + (4 * Math.Abs(x.Values[at]))));
            }
        );

    /// <summary>x / (1 + exp(−x)).</summary>
    /// <remarks>Tolerance: as <see cref="Sigmoid"/>'s; GPUs take values below the normal singles for 0.</remarks>
    public static Expected Silu(Numbers x) =>
        Build(
            x.Shape,
            at =>
            {
                double y = x.Values[at] / (1 + Math.Exp(-x.Values[at]));
                return (y, (Expected.Rounding * Math.Abs(y) * (8 + (4 * Math.Abs(x.Values[at])))) + 1e-36);
            }
        );

    /// <summary>a + b.</summary>
    // The sum of two singles, rounded once
    public static Expected Add(Numbers a, Numbers b) => Build(a.Shape, at => (a.Values[at] + b.Values[at], 0));

    /// <summary>Largest value under each window.</summary>
    public static Expected MaxPool2d(Numbers x, Pair kernel, Pair stride, Pair padding) =>
        Pool(x, kernel, stride, padding, window => (window.Any(double.IsNaN) ? double.NaN : window.Max(), 0));

    /// <summary>Mean under each window; padding counts as zeros.</summary>
    public static Expected AvgPool2d(Numbers x, Pair kernel, Pair stride, Pair padding) =>
        Pool(
            x,
            kernel,
            stride,
            padding,
            window =>
            {
                var sum = new Sum();
                foreach (double value in window)
                    sum.Add(value);
                return (sum.Value / (kernel.H * kernel.W), sum.Tolerance / (kernel.H * kernel.W));
            }
        );

    /// <summary>Probabilities along the last axis.</summary>
    /// <remarks>Tolerance: sixteen roundings, those of the sum, and the approximate exponential's, whose error grows with the size of its
    /// argument.</remarks>
    public static Expected Softmax(Numbers x)
    {
        int c = x.Shape.Last;
        return Build(
            x.Shape,
            at =>
            {
                double[] row = [.. x.Values.Skip(at / c * c).Take(c)];
                double max = row.Max(),
                    p = Math.Exp(x.Values[at] - max) / row.Sum(v => Math.Exp(v - max));
                return (p, Expected.Rounding * p * (16 + Math.Sqrt(c) + (2 * (max - row.Min()))));
            }
        );
    }

    static Expected Pool(Numbers x, Pair kernel, Pair stride, Pair padding, Func<IReadOnlyList<double>, (double, double)> combine)
    {
        var (n, h, w, c) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        int outH = OutLength(h, kernel.H, stride.H, padding.H, 1),
            outW = OutLength(w, kernel.W, stride.W, padding.W, 1);
        return Build(
            [n, outH, outW, c],
            at =>
            {
                var (image, oy, ox, channel) = (at / c / outW / outH, at / c / outW % outH, at / c % outW, at % c);
                var window = new List<double>();
                for (int a = 0; a < kernel.H; a++)
                for (int b = 0; b < kernel.W; b++)
                {
                    int iy = (oy * stride.H) + a - padding.H,
                        ix = (ox * stride.W) + b - padding.W;
                    if (iy >= 0 && iy < h && ix >= 0 && ix < w)
                        window.Add(x.At(image, iy, ix, channel));
                }

                return combine(window);
            }
        );
    }

    static int OutLength(int length, int taps, int stride, int padding, int dilation) =>
        ((length + (2 * padding) - (dilation * (taps - 1)) - 1) / stride) + 1;

    static Expected Build(Shape shape, Func<int, (double Value, double Tolerance)> element)
    {
        var (values, tolerances) = (new double[shape.Count], new double[shape.Count]);
        for (int i = 0; i < shape.Count; i++)
            (values[i], tolerances[i]) = element(i);
        return new(shape, values, tolerances);
    }

    static (double Value, double Tolerance) Last(TailCase? tail, Sum sum) => Last(tail, sum.Value, sum.Tolerance);

    static (double Value, double Tolerance) Last(TailCase? tail, double value, double tolerance) =>
        tail is null ? (value, tolerance) : (tail.Of(value), tolerance + tail.Rounding);

    struct Sum
    {
        int count;
        double magnitudes;

        public double Value { get; private set; }

        public readonly double Tolerance => Expected.SumTolerance(count, magnitudes);

        public void Add(double term)
        {
            count++;
            magnitudes += Math.Abs(term);
            Value += term;
        }
    }
}

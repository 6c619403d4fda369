using Pqf.Tensors;

namespace Pqf.Testing;

/// <summary>Ops that only detectors need.</summary>
public static partial class Reference
{
    /// <summary>activation(convᵀ(x, weight) + bias), weight [I, O, kH, kW]: every product added where it belongs.</summary>
    public static Expected ConvTranspose2d(Numbers x, Numbers weight, Numbers? bias, ConvTranspose2dOptions options, Activation activation = Activation.None)
    {
        var (n, h, w, inputs) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var (o, kh, kw) = (weight.Shape[1], weight.Shape[2], weight.Shape[3]);
        int outH = ((h - 1) * options.Stride.H) - (2 * options.Padding.H) + kh + options.OutputPadding.H;
        int outW = ((w - 1) * options.Stride.W) - (2 * options.Padding.W) + kw + options.OutputPadding.W;
        var sums = new Sum[n * outH * outW * o];
        for (int pixel = 0; pixel < n * h * w; pixel++)
            for (int tap = 0; tap < kh * kw; tap++)
            {
                int y = (pixel / w % h * options.Stride.H) - options.Padding.H + (tap / kw), column = (pixel % w * options.Stride.W) - options.Padding.W + (tap % kw);
                if (y < 0 || y >= outH || column < 0 || column >= outW)
                    continue;
                for (int c = 0; c < o; c++)
                    for (int i = 0; i < inputs; i++)
                        sums[(((((pixel / w / h) * outH) + y) * outW) + column) * o + c].Add((double)x.Values[(pixel * inputs) + i] * weight.Values[(((i * o) + c) * kh * kw) + tap]);
            }

        return Build([n, outH, outW, o], at =>
        {
            if (bias is not null)
                sums[at].Add(bias.At(at % o));
            return (activation == Activation.Relu ? Math.Max(sums[at].Value, 0) : sums[at].Value, sums[at].Tolerance);
        });
    }
}

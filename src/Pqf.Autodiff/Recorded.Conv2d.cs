using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Autodiff;

public static partial class Recorded
{
    /// <summary>conv(x, weight) + bias; see <see cref="Tensors.Ops.Convolution.Conv2d"/>.</summary>
    public static Variable Conv2d(this Tape tape, Variable x, Variable weight, Variable? bias, Conv2dOptions options)
    {
        var (input, kernel) = (x.Value, weight.Value);
        var algorithm = ConvChoice.InTraining(input, kernel.Shape, options);
        var y = Tensors.Ops.Convolution.Conv2d.Forward(input, kernel, bias?.Value, options, algorithm);
        return tape.Add(
            "Conv2d",
            y,
            Parents(x, weight, bias),
            Operands(x, weight),
            dy =>
            {
                var dx = x.NeedsGradient
                    ? Tensors.Ops.Convolution.Conv2d.InputPullback(
                        x.Shape,
                        kernel,
                        options,
                        dy,
                        ConvChoice.OfInputGradient(dy, kernel.Shape, options)
                    )
                    : null;
                var dWeight = weight.NeedsGradient
                    ? Tensors.Ops.Convolution.Conv2d.WeightPullback(input, weight.Shape, options, dy, algorithm)
                    : null;
                return Gradients(dx, dWeight, bias, dy);
            }
        );
    }

    /// <summary>convᵀ(x, weight) + bias; see <see cref="Tensors.Ops.Convolution.Transposed.ConvTranspose2d"/>.</summary>
    public static Variable ConvTranspose2d(this Tape tape, Variable x, Variable weight, Variable? bias, ConvTranspose2dOptions options)
    {
        var (input, kernel) = (x.Value, weight.Value);
        var y = Tensors.Ops.Convolution.Transposed.ConvTranspose2d.Forward(input, kernel, bias?.Value, options);
        return tape.Add(
            "ConvTranspose2d",
            y,
            Parents(x, weight, bias),
            Operands(x, weight),
            dy =>
            {
                var dx = x.NeedsGradient
                    ? Tensors.Ops.Convolution.Transposed.ConvTranspose2d.InputPullback(x.Shape, kernel, options, dy)
                    : null;
                var dWeight = weight.NeedsGradient
                    ? Tensors.Ops.Convolution.Transposed.ConvTranspose2d.WeightPullback(input, weight.Shape, options, dy)
                    : null;
                return Gradients(dx, dWeight, bias, dy);
            }
        );
    }

    /// <summary>Largest value under a moving window.</summary>
    public static Variable MaxPool2d(this Tape tape, Variable x, Pair kernel, Pair stride, Pair padding)
    {
        var input = x.Value;
        var y = Tensors.Ops.Pooling.MaxPool2d.Forward(input, kernel, stride, padding);
        return tape.Add(
            "MaxPool2d",
            y,
            [x],
            [input, y],
            dy => [Tensors.Ops.Pooling.MaxPool2d.Pullback(input, y, kernel, stride, padding, dy)]
        );
    }

    /// <summary>Mean over all pixels: [N, H, W, C] to [N, 1, 1, C].</summary>
    public static Variable GlobalAvgPool(this Tape tape, Variable x) =>
        tape.Add("GlobalAvgPool", AvgPool2d.Global(x.Value), [x], [], dy => [AvgPool2d.GlobalPullback(x.Shape, dy)]);

    /// <summary>[N, H, W, C] to [N, C · H · W], channel by channel, as PyTorch's.</summary>
    public static Variable Flatten(this Tape tape, Variable x)
    {
        var s = x.Shape;
        Shape flat = [s[0], s[1] * s[2] * s[3]];
        return s[1] * s[2] == 1
            ? tape.Reshape(x, flat)
            : tape.Add(
                "Flatten",
                ChannelOrder.ToChannelsFirst(x.Value).Reshape(flat),
                [x],
                [],
                dy => [ChannelOrder.ToChannelsLast(dy.Reshape([s[0], s[3], s[1], s[2]]))]
            );
    }

    /// <summary>A weight from its codebook [k, d]; its gradient sums blocks by code.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="codebook">[k, d].</param>
    /// <param name="index">Codes and their index, built once.</param>
    /// <param name="weight">Shape of the weight.</param>
    public static Variable DecodeCodes(this Tape tape, Variable codebook, CodeIndex index, Shape weight) =>
        tape.Add(
            "DecodeCodes",
            Tensors.Ops.Quantisation.DecodeCodes.Forward(codebook.Value, index.Codes, weight),
            [codebook],
            [],
            dWeight => [Tensors.Ops.Quantisation.DecodeCodes.Pullback(index, dWeight, codebook.Shape[1])]
        );
}

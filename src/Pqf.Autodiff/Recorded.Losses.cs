using Pqf.Tensors;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Autodiff;

public static partial class Recorded
{
    /// <summary>Probabilities along the last axis.</summary>
    public static Variable Softmax(this Tape tape, Variable x)
    {
        var y = Tensors.Ops.Losses.Softmax.Forward(x.Value);
        return tape.Add("Softmax", y, [x], [y], dy => [Tensors.Ops.Losses.Softmax.Pullback(y, dy)]);
    }

    /// <summary>Logarithms of probabilities along the last axis.</summary>
    public static Variable LogSoftmax(this Tape tape, Variable x)
    {
        var y = Tensors.Ops.Losses.LogSoftmax.Forward(x.Value);
        return tape.Add("LogSoftmax", y, [x], [y], dy => [Tensors.Ops.Losses.LogSoftmax.Pullback(y, dy)]);
    }

    /// <summary>Mean cross-entropy of logits [N, C] against target distributions, which are constants.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Logits [N, C].</param>
    /// <param name="target">[N, C]: from classes, smoothed or not (<see cref="OneHot"/>), or a teacher's probabilities.</param>
    /// <returns>A scalar, of no axes.</returns>
    public static Variable CrossEntropy(this Tape tape, Variable x, Tensor<float> target)
    {
        var logits = x.Value;
        return tape.Add(
            "CrossEntropy",
            Tensors.Ops.Losses.CrossEntropy.Forward(logits, target),
            [x],
            [logits, target],
            dLoss => [Tensors.Ops.Losses.CrossEntropy.Pullback(logits, target, dLoss)]
        );
    }

    /// <summary>Mean cross-entropy of logits, each against a probability of its own, which is a constant.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Logits, any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <returns>A scalar, of no axes; 0 of no elements.</returns>
    public static Variable BinaryCrossEntropy(this Tape tape, Variable x, Tensor<float> target)
    {
        var logits = x.Value;
        return tape.Add(
            "BinaryCrossEntropy",
            Tensors.Ops.Losses.BinaryCrossEntropy.Forward(logits, target),
            [x],
            [logits, target],
            dLoss => [Tensors.Ops.Losses.BinaryCrossEntropy.Pullback(logits, target, dLoss)]
        );
    }

    /// <summary>Summed smooth absolute differences from a target, which is a constant; see
    /// <see cref="Tensors.Ops.Losses.SmoothL1"/>.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="beta">Where the parabola ends.</param>
    /// <returns>A scalar, of no axes; 0 of no elements.</returns>
    public static Variable SmoothL1(this Tape tape, Variable x, Tensor<float> target, float beta)
    {
        var input = x.Value;
        return tape.Add(
            "SmoothL1",
            Tensors.Ops.Losses.SmoothL1.Forward(input, target, beta),
            [x],
            [input, target],
            dLoss => [Tensors.Ops.Losses.SmoothL1.Pullback(input, target, beta, dLoss)]
        );
    }
}

using Pqf.Tensors;

namespace Pqf.Autodiff;

public static partial class Recorded
{
    /// <summary>Probabilities along the last axis.</summary>
    public static Variable Softmax(this Tape tape, Variable x)
    {
        var y = Tensors.Softmax.Forward(x.Value);
        return tape.Add("Softmax", y, [x], [y], dy => [Tensors.Softmax.Pullback(y, dy)]);
    }

    /// <summary>Logarithms of probabilities along the last axis.</summary>
    public static Variable LogSoftmax(this Tape tape, Variable x)
    {
        var y = Tensors.LogSoftmax.Forward(x.Value);
        return tape.Add("LogSoftmax", y, [x], [y], dy => [Tensors.LogSoftmax.Pullback(y, dy)]);
    }

    /// <summary>Mean cross-entropy of logits [N, C] against target distributions, which are constants.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Logits [N, C].</param>
    /// <param name="target">[N, C]: from classes, smoothed or not (<see cref="OneHot"/>), or a teacher's probabilities.</param>
    /// <returns>A scalar, of no axes.</returns>
    public static Variable CrossEntropy(this Tape tape, Variable x, Tensor<float> target)
    {
        var logits = x.Value;
        return tape.Add("CrossEntropy", Tensors.CrossEntropy.Forward(logits, target), [x], [logits, target], dLoss => [Tensors.CrossEntropy.Pullback(logits, target, dLoss)]);
    }
}

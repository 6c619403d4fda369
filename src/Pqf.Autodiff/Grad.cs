using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Autodiff;

/// <summary>A loss, its gradients, and whatever else its function gave.</summary>
/// <param name="Loss">A scalar.</param>
/// <param name="Gradients">By parameter name, each of its parameter's shape.</param>
/// <param name="Extra">What the loss function gave beside the loss.</param>
public sealed record Evaluation<TExtra>(Tensor<float> Loss, ImmutableDictionary<string, Tensor<float>> Gradients, TExtra Extra);

/// <summary>Gradients of functions of named parameters.</summary>
public static class Grad
{
    /// <summary>The function that gives a loss and its gradients by all parameters.</summary>
    /// <param name="loss">Computes a scalar, of no axes, by ops recorded on a tape; tensors beside it have to be kept
    /// (<see cref="Tape.Keep"/>).</param>
    /// <returns>A function of the parameters, one at least, all on one device. Its results belong to the scope that is innermost when it is
    /// called.</returns>
    public static Func<ImmutableDictionary<string, Tensor<float>>, Evaluation<TExtra>> ValueAndGrad<TExtra>(
        Func<Tape, IReadOnlyDictionary<string, Variable>, (Variable Loss, TExtra Extra)> loss
    ) => ValueAndGrad(loss, (_, _) => { });

    /// <summary>As above, and reports each gradient, by its parameter's name, as soon as it is final.</summary>
    /// <param name="loss">Computes a scalar.</param>
    /// <param name="final">Receives gradients while those of earlier layers are still to come. It must not overwrite them.</param>
    public static Func<ImmutableDictionary<string, Tensor<float>>, Evaluation<TExtra>> ValueAndGrad<TExtra>(
        Func<Tape, IReadOnlyDictionary<string, Variable>, (Variable Loss, TExtra Extra)> loss,
        Action<string, Tensor<float>> final
    ) =>
        parameters =>
        {
            var device = parameters.Values.First().Device;
            using var scope = device.BeginScope();
            var tape = new Tape(scope);
            ImmutableArray<string> names = [.. parameters.Keys.Order(StringComparer.Ordinal)];
            Variable[] leaves = [.. names.Select(name => tape.Leaf(parameters[name]))];
            var (value, extra) = loss(tape, names.Zip(leaves).ToDictionary(pair => pair.First, pair => pair.Second));
            foreach (var (name, leaf) in names.Zip(leaves))
                tape.WhenFinal(leaf, gradient => final(name, gradient));
            var gradients = tape.Backward(value, Tensor<float>.From(device, new Shape(), [1]), leaves);
            scope.KeepAll(gradients);
            return new(scope.Keep(value.Value), names.Zip(gradients).ToImmutableDictionary(pair => pair.First, pair => pair.Second), extra);
        };

    /// <summary>As above, for a loss with nothing beside it.</summary>
    public static Func<ImmutableDictionary<string, Tensor<float>>, Evaluation<Unit>> ValueAndGrad(
        Func<Tape, IReadOnlyDictionary<string, Variable>, Variable> loss
    ) => ValueAndGrad((tape, parameters) => (loss(tape, parameters), default(Unit)));
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Nets.Execution;

/// <summary>What the layers of one recorded run read: the tape and parameters; and what norms saw.</summary>
/// <param name="tape">Where the run is recorded.</param>
/// <param name="mode">What norms divide by.</param>
/// <param name="parameters">Values by name.</param>
/// <param name="indices">By layer, where each code of a quantised weight occurs.</param>
/// <param name="variables">Tensors with gradients, named as by <see cref="Trainable"/>.</param>
sealed class RecordedRun(
    Tape tape,
    NormMode mode,
    Parameters parameters,
    ImmutableDictionary<string, CodeIndex> indices,
    IReadOnlyDictionary<string, Variable> variables
)
{
    /// <summary>Where the run is recorded.</summary>
    public Tape Tape => tape;

    /// <summary>What norms divide by.</summary>
    public NormMode Mode => mode;

    /// <summary>What norms reported so far.</summary>
    public List<NormStatistics> Norms { get; } = [];

    /// <summary>A dense parameter; with a gradient if it is trained.</summary>
    public Variable Parameter(string name) => Named(name, Constant(name));

    /// <summary>The tensor of a dense parameter.</summary>
    /// <exception cref="InvalidOperationException">It is quantised.</exception>
    public Tensor<float> Constant(string name) =>
        parameters[name]
            .Match(
                dense => dense.Value,
                _ => throw new InvalidOperationException($"TrainingPlan: expected {name} to be dense, it is quantised")
            );

    /// <summary>A function of x, of a layer's weight, which is decoded if it is quantised, and of its bias, if it has one.</summary>
    public Variable Weighted(string layer, bool hasBias, DifferentiableFunction function, Variable x)
    {
        var bias = hasBias ? Parameter($"{layer}.bias") : null;
        return parameters[$"{layer}.weight"]
            .Match(
                _ => tape.Apply(function, x, Parameter($"{layer}.weight"), bias),
                quantised =>
                    Replaced(
                        tape.Apply(
                            new DecodeCodes.Function(indices[layer], quantised.DenseShape),
                            Named(Trainable.CodebookName(layer), quantised.Codebook)
                        ),
                        weight => tape.Apply(function, x, weight, bias)
                    )
            );
    }

    /// <summary>A function of a value that nothing else reads.</summary>
    public Variable Replaced(Variable value, Func<Variable, Variable> function)
    {
        var result = function(value);
        tape.Done(value);
        return result;
    }

    Variable Named(string name, Tensor<float> value) => variables.TryGetValue(name, out var variable) ? variable : Tape.Constant(value);
}

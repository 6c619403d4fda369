using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Updates;

namespace Pqf.Autodiff;

/// <summary>What an optimizer carries from step to step; a run is resumed from it and the parameters.</summary>
/// <param name="StepCount">Steps done.</param>
/// <param name="Averages">Each named after its parameter and PyTorch's word for it: <c>fc.weight.exp_avg</c>,
/// <c>fc.weight.momentum_buffer</c>. Overwritten in place.</param>
public sealed record OptimizerState(int StepCount, ImmutableDictionary<string, Tensor<float>> Averages);

/// <summary>How gradients change parameters.</summary>
public abstract record Optimizer
{
    const string Average = "exp_avg",
        Squares = "exp_avg_sq",
        Velocity = "momentum_buffer";

    Optimizer() { }

    /// <summary>Adam (Kingma and Ba 2015); the paper's settings.</summary>
    /// <param name="Beta1">Decay of the average of gradients.</param>
    /// <param name="Beta2">Decay of the average of squared gradients.</param>
    /// <param name="Eps">Added to the root.</param>
    public sealed record Adam(double Beta1 = 0.9, double Beta2 = 0.999, double Eps = 1e-8) : Optimizer;

    /// <summary>Gradient descent.</summary>
    /// <param name="Momentum">Share of the velocity that stays; 0 for none.</param>
    /// <param name="WeightDecay">Share of each parameter added to its gradient; 0 for none.</param>
    public sealed record Sgd(double Momentum = 0, double WeightDecay = 0) : Optimizer;

    /// <summary>The state before the first step: averages of zero, in the innermost scope.</summary>
    public OptimizerState Start(ImmutableDictionary<string, Tensor<float>> parameters) =>
        new(
            0,
            parameters
                .SelectMany(parameter => AverageNames().Select(average => (Name: $"{parameter.Key}.{average}", parameter.Value)))
                .ToImmutableDictionary(pair => pair.Name, pair => Tensor<float>.Zeros(pair.Value.Device, pair.Value.Shape))
        );

    /// <summary>One step, in place.</summary>
    /// <param name="parameters">Overwritten.</param>
    /// <param name="gradients">One for each parameter, of its shape.</param>
    /// <param name="state">Its averages are overwritten.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="factors">What the rate is multiplied by for some of the parameters; null for none.</param>
    /// <returns>The state after it, with the same averages.</returns>
    /// <exception cref="KeyNotFoundException">A gradient or average is not there.</exception>
    public OptimizerState Step(
        ImmutableDictionary<string, Tensor<float>> parameters,
        ImmutableDictionary<string, Tensor<float>> gradients,
        OptimizerState state,
        double learningRate,
        ImmutableDictionary<string, double>? factors = null
    )
    {
        int step = state.StepCount + 1;
        foreach (var (name, parameter) in parameters)
            Update(
                parameter,
                gradients[name],
                average => state.Averages[$"{name}.{average}"],
                step,
                learningRate * (factors?.GetValueOrDefault(name, 1) ?? 1)
            );
        return state with { StepCount = step };
    }

    void Update(Tensor<float> parameter, Tensor<float> gradient, Func<string, Tensor<float>> averages, int step, double learningRate)
    {
        switch (this)
        {
            case Adam adam:
                AdamUpdate.Run(
                    parameter,
                    gradient,
                    averages(Average),
                    averages(Squares),
                    new AdamStep(
                        (float)adam.Beta1,
                        (float)adam.Beta2,
                        (float)(learningRate / (1 - Math.Pow(adam.Beta1, step))),
                        (float)(1 / Math.Sqrt(1 - Math.Pow(adam.Beta2, step))),
                        (float)adam.Eps
                    )
                );
                break;
            case Sgd sgd:
                SgdUpdate.Run(
                    parameter,
                    gradient,
                    averages(Velocity),
                    new SgdStep((float)learningRate, (float)sgd.Momentum, (float)sgd.WeightDecay)
                );
                break;
            default:
                throw new UnreachableException();
        }
    }

    string[] AverageNames() => this is Adam ? [Average, Squares] : [Velocity];
}

using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Execution;

/// <summary>One step of a compiled plan: computes a value from those before it.</summary>
delegate void PlanStep(StepValues values);

/// <summary>The values that one step reads and writes.</summary>
/// <param name="values">All values, by node number.</param>
/// <param name="inputs">Numbers of the nodes that the step's layer reads.</param>
/// <param name="step">The step.</param>
readonly struct StepValues(Tensor<float>?[] values, ImmutableArray<int> inputs, FusedStep step)
{
    /// <summary>A value that the layer reads.</summary>
    /// <param name="i">Its place among the layer's inputs.</param>
    public Tensor<float> this[int i] => values[inputs[i]]!;

    /// <summary>The value that is added, if the step took in a sum.</summary>
    public Tensor<float>? Residual => step.Residual is { } residual ? values[residual] : null;

    /// <summary>What the layer's input is multiplied with, channel by channel, if the step took in a product.</summary>
    public Tensor<float>? Scale => step.Factors is { } factors ? values[factors[1]] : null;

    /// <summary>The tensor that the step writes its value to.</summary>
    public Tensor<float> Result => values[step.Output]!;
}

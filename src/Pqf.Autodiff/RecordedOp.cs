using Pqf.Tensors;

namespace Pqf.Autodiff;

/// <summary>An op that has run, with all that its pull-back may know.</summary>
sealed class RecordedOp(DifferentiableFunction function, Variable?[] inputs, Holds holds) : PullbackContext(function)
{
    /// <inheritdoc/>
    public override int InputCount => inputs.Length;

    /// <summary>Whether a gradient of any input is asked for.</summary>
    public bool IsNeeded => Array.Exists(inputs, input => input is { NeedsGradient: true });

    /// <inheritdoc/>
    public override bool Has(int input) => input < inputs.Length && inputs[input] is not null;

    /// <inheritdoc/>
    public override bool NeedsGradient(int input) => EntryOf(input) != Variable.None;

    /// <inheritdoc/>
    public override Shape ShapeOf(int input) =>
        Has(input) ? inputs[input]!.Shape : throw new ArgumentException($"{Function.Name}: expected input {input}, got none");

    /// <inheritdoc/>
    public override bool MayOverwrite(Tensor<float> tensor) => holds.IsSole(tensor);

    /// <summary>The place on the tape of an input that needs a gradient.</summary>
    public int EntryOf(int input) => Has(input) ? inputs[input]!.Entry : Variable.None;

    /// <summary>What was saved lives until the pull-back has run.</summary>
    public void HoldSaved()
    {
        foreach (var tensor in AllSaved)
            if (tensor is not null)
                holds.Hold(tensor);
    }

    /// <summary>The pull-back has run, or never will.</summary>
    public void DropSaved()
    {
        foreach (var tensor in AllSaved)
            if (tensor is not null)
                holds.Drop(tensor);
    }
}

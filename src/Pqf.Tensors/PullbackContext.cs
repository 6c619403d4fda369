namespace Pqf.Tensors;

/// <summary>What the pull-back of a <see cref="DifferentiableFunction"/> may know of the run that it reverses.</summary>
/// <param name="function">What ran.</param>
public abstract class PullbackContext(DifferentiableFunction function)
{
    Tensor<float>?[] saved = [];

    /// <summary>What ran.</summary>
    public DifferentiableFunction Function { get; } = function;

    /// <summary>Number of inputs, optional ones included that were passed as missing.</summary>
    public abstract int InputCount { get; }

    /// <summary>What was saved, null where nothing was.</summary>
    protected ReadOnlySpan<Tensor<float>?> AllSaved => saved;

    /// <summary>Whether an optional input was given.</summary>
    public abstract bool Has(int input);

    /// <summary>Whether a gradient of an input is asked for; false for a missing one.</summary>
    public abstract bool NeedsGradient(int input);

    /// <summary>Shape of an input that was given. Its elements are not kept for it.</summary>
    public abstract Shape ShapeOf(int input);

    /// <summary>Whether nobody needs a tensor, saved or dy, after this pull-back, so that a gradient may be written over it.</summary>
    public abstract bool MayOverwrite(Tensor<float> tensor);

    /// <summary>A tensor by its place among those that were saved.</summary>
    /// <exception cref="InvalidOperationException">Nothing was saved there.</exception>
    public Tensor<float> Saved(int place) =>
        SavedOrNull(place)
        ?? throw new InvalidOperationException($"{Function.Name}: its pull-back reads saved tensor {place}, which was not saved");

    /// <summary>As <see cref="Saved"/>; null if nothing was saved there.</summary>
    public Tensor<float>? SavedOrNull(int place) => place < saved.Length ? saved[place] : null;

    internal void Save(ReadOnlySpan<Tensor<float>?> tensors) => saved = [.. tensors];
}

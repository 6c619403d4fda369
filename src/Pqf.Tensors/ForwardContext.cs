namespace Pqf.Tensors;

/// <summary>What a <see cref="DifferentiableFunction"/> runs on: its inputs, and a place to save what its pull-back reads.</summary>
public readonly ref struct ForwardContext
{
    readonly PullbackContext pullback;
    readonly ReadOnlySpan<Tensor<float>?> inputs;

    /// <summary>For a tape.</summary>
    /// <param name="pullback">Takes what is saved.</param>
    /// <param name="inputs">Null for an optional input that is missing.</param>
    public ForwardContext(PullbackContext pullback, ReadOnlySpan<Tensor<float>?> inputs)
    {
        this.pullback = pullback;
        this.inputs = inputs;
    }

    /// <summary>An input that must be given.</summary>
    /// <exception cref="ArgumentException">It is missing.</exception>
    public Tensor<float> this[int input] =>
        Optional(input) ?? throw new ArgumentException($"{pullback.Function.Name}: expected input {input}, got none");

    /// <summary>All inputs, for an op of any number of them.</summary>
    /// <exception cref="ArgumentException">One is missing.</exception>
    public ReadOnlySpan<Tensor<float>> All
    {
        get
        {
            for (int i = 0; i < inputs.Length; i++)
                _ = this[i];
            return inputs!;
        }
    }

    /// <summary>An input that may be missing, such as a bias; then null.</summary>
    public Tensor<float>? Optional(int input) => input < inputs.Length ? inputs[input] : null;

    /// <summary>An input that has no gradient, such as a target.</summary>
    /// <exception cref="ArgumentException">It is missing, or a gradient is asked for.</exception>
    public Tensor<float> Constant(int input) =>
        NeedsGradient(input)
            ? throw new ArgumentException($"{pullback.Function.Name}: expected a constant as input {input}: it gets no gradient")
            : this[input];

    /// <summary>Whether a gradient of an input is asked for.</summary>
    public bool NeedsGradient(int input) => pullback.NeedsGradient(input);

    /// <summary>Keeps tensors for the pull-back, which finds them by their place here; null for what it will not read. Call it once at
    /// most.</summary>
    public void Save(params ReadOnlySpan<Tensor<float>?> tensors) => pullback.Save(tensors);
}

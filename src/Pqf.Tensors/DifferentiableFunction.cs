using System.Collections.Immutable;

namespace Pqf.Tensors;

/// <summary>An op with its options, in the form that a tape records: it runs on tensors, saves what its pull-back reads, and pulls
/// gradients
/// back.</summary>
/// <remarks>
/// PyTorch's <c>torch.autograd.Function</c>. It is an immutable record of options and holds nothing of a run: saved tensors reach the
/// pull-back
/// through its context alone, so that they cannot be given back too early. Each op declares its own, as <c>Conv2d.Function</c>.
/// </remarks>
public abstract record DifferentiableFunction
{
    /// <summary>The op's name, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Runs the op.</summary>
    /// <param name="context">Gives the inputs; takes what the pull-back will read.</param>
    /// <returns>The result, in the innermost scope.</returns>
    public abstract Tensor<float> Forward(ForwardContext context);

    /// <summary>Carries the gradient of the result to the inputs. Reads its arguments and the options, nothing else.</summary>
    /// <param name="context">Gives what <see cref="Forward"/> saved.</param>
    /// <param name="dy">Gradient of the result; must not be changed, unless <see cref="PullbackContext.MayOverwrite"/> allows it.</param>
    /// <returns>One gradient for each input, of its shape; any or none for an input that needs none. <paramref name="dy"/> itself may be
    /// among
    /// them.</returns>
    public abstract ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy);
}

using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Autodiff;

/// <summary>Carries the gradient of a node's value to its parents.</summary>
/// <param name="dy">Gradient of the node's value; must not be changed, unless <see cref="Tape.MayOverwrite"/> says so.</param>
/// <returns>One gradient for each parent, of its shape; none or any for a parent that needs none. <paramref name="dy"/> itself may be among
/// them.</returns>
public delegate ImmutableArray<Tensor<float>?> Pullback(Tensor<float> dy);

/// <summary>The ops of one evaluation in the order in which they ran, for a fold in reverse.</summary>
/// <remarks>
/// Values belong to the tape's scope, which is the innermost one while ops are recorded. What neither a later op nor a pull-back needs is
/// given back at once:
/// in the forward direction after <see cref="Done"/>, in reverse as soon as a node is behind. Used by one thread at a time, for one
/// <see cref="Backward"/>.
/// </remarks>
public sealed class Tape
{
    readonly List<Node> nodes = [];
    readonly Scope scope;
    readonly Holds holds;

    /// <summary>An empty tape.</summary>
    /// <param name="scope">The scope that recorded values will belong to.</param>
    public Tape(Scope scope)
    {
        this.scope = scope;
        holds = new Holds(scope);
    }

    /// <summary>Nodes recorded so far.</summary>
    public int Count => nodes.Count;

    /// <summary>A value whose gradient is asked for.</summary>
    public Variable Leaf(Tensor<float> value)
    {
        nodes.Add(new Node("leaf", [], [], null));
        return new Variable(value, nodes.Count - 1);
    }

    /// <summary>A value without a gradient: it never enters the tape.</summary>
    public static Variable Constant(Tensor<float> value) => new(value);

    /// <summary>Records an op that has run. If none of its parents needs a gradient, neither does its value, and nothing is
    /// recorded.</summary>
    /// <param name="op">Its name, for messages.</param>
    /// <param name="value">Its result.</param>
    /// <param name="parents">What it read; pull-backs give gradients in this order.</param>
    /// <param name="saved">Tensors that the pull-back reads; they live until it has run.</param>
    /// <param name="pullback">Gradients of the parents from that of the value.</param>
    public Variable Add(string op, Tensor<float> value, ReadOnlySpan<Variable> parents, ReadOnlySpan<ITensor> saved, Pullback pullback)
    {
        holds.Hold(value);
        bool needed = false;
        foreach (var parent in parents)
            needed |= parent.NeedsGradient;
        if (!needed)
            return new Variable(value);
        foreach (var tensor in saved)
            holds.Hold(tensor);
        var numbers = new int[parents.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = parents[i].Node;
        nodes.Add(new Node(op, numbers, [.. saved], pullback));
        return new Variable(value, nodes.Count - 1);
    }

    /// <summary>The caller will not read a recorded value again. It is given back now, or when the last pull-back that reads it has
    /// run.</summary>
    public void Done(Variable variable) => holds.Drop(variable.Value);

    /// <summary>Calls back when a fold in reverse has come to this place: for measurements.</summary>
    public void Mark(Action reached) => nodes.Add(new Node("mark", [], [], null) { Reached = reached });

    /// <summary>Within a pull-back: whether its node is the last that needs a tensor, so that a gradient may be written over it.</summary>
    internal bool MayOverwrite(Tensor<float> tensor) => holds.IsSole(tensor);

    /// <summary>Moves a tensor to the scope around the tape's: for what an evaluation gives beside its loss.</summary>
    public Tensor<float> Keep(Tensor<float> tensor) => scope.Keep(tensor);

    /// <summary>Gradients of a value by the leaves, by a fold over the nodes in reverse order; recorded values are given back on the
    /// way.</summary>
    /// <param name="root">The value, usually a loss.</param>
    /// <param name="seed">Gradient of the value itself, of its shape; given back too, if it belongs to the tape's scope.</param>
    /// <param name="leaves">Leaves whose gradients are asked for.</param>
    /// <returns>In the order of the leaves, each of its leaf's shape, in the tape's scope; zeros where the value does not depend on the
    /// leaf.</returns>
    /// <exception cref="ShapeException">The seed is not of the value's shape.</exception>
    public ImmutableArray<Tensor<float>> Backward(Variable root, Tensor<float> seed, params ReadOnlySpan<Variable> leaves)
    {
        Shapes.Same("Backward", root.Shape, seed.Shape);
        var gradients = new Tensor<float>?[nodes.Count];
        if (root.NeedsGradient)
            Accumulate(gradients, root.Node, seed);
        for (int i = nodes.Count - 1; i >= 0; i--)
            PullBack(nodes[i], ref gradients[i], gradients);
        var result = ImmutableArray.CreateBuilder<Tensor<float>>(leaves.Length);
        foreach (var leaf in leaves)
            result.Add(gradients[leaf.Node] ?? Tensor<float>.Zeros(leaf.Value.Device, leaf.Shape));
        return result.MoveToImmutable();
    }

    void PullBack(Node node, ref Tensor<float>? dy, Tensor<float>?[] gradients)
    {
        node.Reached?.Invoke();
        if (node.Pullback is null)
            return;
        if (dy is not null)
        {
            var parents = node.Pullback(dy);
            if (parents.Length != node.Parents.Length)
                throw new InvalidOperationException(
                    $"{node.Op}: expected a pull-back with {node.Parents.Length} gradients, got {parents.Length}"
                );
            for (int i = 0; i < parents.Length; i++)
                if (parents[i] is { } gradient)
                    Accumulate(gradients, node.Parents[i], gradient);
            holds.Drop(dy);
            dy = null;
        }

        foreach (var tensor in node.Saved)
            holds.Drop(tensor);
    }

    /// <summary>Adds a gradient to those that came before: over the sum so far where nobody else needs it.</summary>
    void Accumulate(Tensor<float>?[] gradients, int node, Tensor<float> gradient)
    {
        holds.Hold(gradient);
        if (node < 0)
        {
            holds.Drop(gradient); // of a constant
            return;
        }

        if (gradients[node] is not { } before)
        {
            gradients[node] = gradient;
            return;
        }

        if (holds.IsSole(before))
        {
            Tensors.Ops.Elementwise.Add.ForwardInto(before, gradient, before);
        }
        else
        {
            var sum = Tensors.Ops.Elementwise.Add.Forward(before, gradient);
            holds.Hold(sum);
            holds.Drop(before);
            gradients[node] = sum;
        }

        holds.Drop(gradient);
    }

    sealed record Node(string Op, int[] Parents, ImmutableArray<ITensor> Saved, Pullback? Pullback)
    {
        public Action? Reached { get; init; }
    }
}

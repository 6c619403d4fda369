using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Autodiff;

/// <summary>The ops of one evaluation in the order in which they ran, for a fold in reverse.</summary>
/// <remarks>
/// Values belong to the tape's scope, which is the innermost one while ops are recorded. What neither a later op nor a pull-back needs is
/// given back at once:
/// in the forward direction after <see cref="Done"/>, in reverse as soon as an op is behind. Used by one thread at a time, for one
/// <see cref="Backward"/>.
/// </remarks>
public sealed class Tape
{
    readonly List<Entry> entries = [];
    readonly Scope scope;
    readonly Holds holds;
    readonly List<(Variable Leaf, Action<Tensor<float>> Take)> finals = [];

    /// <summary>An empty tape.</summary>
    /// <param name="scope">The scope that recorded values will belong to.</param>
    public Tape(Scope scope)
    {
        this.scope = scope;
        holds = new Holds(scope);
    }

    /// <summary>Leaves, ops and marks recorded so far.</summary>
    public int Count => entries.Count;

    /// <summary>A value whose gradient is asked for.</summary>
    public Variable Leaf(Tensor<float> value)
    {
        entries.Add(default);
        return new Variable(value, entries.Count - 1);
    }

    /// <summary>A value without a gradient: it never enters the tape.</summary>
    public static Variable Constant(Tensor<float> value) => new(value);

    /// <summary>Runs an op and records it. If none of its inputs needs a gradient, neither does its value, and nothing is
    /// recorded.</summary>
    /// <param name="function">The op with its options.</param>
    /// <param name="inputs">In the op's order; null for an optional input that is missing, which may be left out at the end.</param>
    public Variable Apply(DifferentiableFunction function, params ReadOnlySpan<Variable?> inputs)
    {
        var op = new RecordedOp(function, [.. inputs], holds);
        var tensors = new Tensor<float>?[inputs.Length];
        for (int i = 0; i < tensors.Length; i++)
            tensors[i] = inputs[i]?.Value;
        var value = function.Forward(new ForwardContext(op, tensors));
        holds.Hold(value);
        if (!op.IsNeeded)
            return new Variable(value);
        op.HoldSaved();
        entries.Add(new Entry(op));
        return new Variable(value, entries.Count - 1);
    }

    /// <summary>The caller will not read a recorded value again. It is given back now, or when the last pull-back that reads it has
    /// run.</summary>
    public void Done(Variable variable) => holds.Drop(variable.Value);

    /// <summary>Calls back when a fold in reverse has come to this place: for measurements.</summary>
    public void Mark(Action reached) => entries.Add(new Entry(Reached: reached));

    /// <summary>Calls back with a leaf's gradient as soon as it is final: while the fold in reverse is still on its way to earlier ops,
    /// none of which reads the leaf.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="take">Receives its gradient, zeros where there is none, and must not overwrite it.</param>
    public void WhenFinal(Variable leaf, Action<Tensor<float>> take) => finals.Add((leaf, take));

    /// <summary>Moves a tensor to the scope around the tape's: for what an evaluation gives beside its loss.</summary>
    public Tensor<float> Keep(Tensor<float> tensor) => scope.Keep(tensor);

    /// <summary>Gradients of a value by the leaves, by a fold over its entries in reverse order; recorded values are given back on the
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
        var gradients = new Tensor<float>?[entries.Count];
        if (root.NeedsGradient)
            Accumulate(gradients, root.Entry, seed);
        var firstUses = FinalsByFirstUse();
        Report(firstUses[Variable.None], gradients);
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            PullBack(entries[i], ref gradients[i], gradients);
            Report(firstUses[i], gradients);
        }

        var result = ImmutableArray.CreateBuilder<Tensor<float>>(leaves.Length);
        foreach (var leaf in leaves)
            result.Add(GradientOf(leaf, gradients));
        return result.MoveToImmutable();
    }

    static Tensor<float> GradientOf(Variable leaf, Tensor<float>?[] gradients) =>
        gradients[leaf.Entry] ??= Tensor<float>.Zeros(leaf.Value.Device, leaf.Shape);

    static void Report(IEnumerable<(Variable Leaf, Action<Tensor<float>> Take)> finals, Tensor<float>?[] gradients)
    {
        foreach (var (leaf, take) in finals)
            take(GradientOf(leaf, gradients));
    }

    /// <summary>Who waits for a gradient, by the first op that reads the leaf: the last one on the way back that adds to it.
    /// <see cref="Variable.None"/> where no op reads it.</summary>
    ILookup<int, (Variable Leaf, Action<Tensor<float>> Take)> FinalsByFirstUse()
    {
        int[] first = new int[entries.Count];
        Array.Fill(first, Variable.None);
        for (int i = entries.Count - 1; i >= 0; i--)
        for (int input = 0; input < (entries[i].Op?.InputCount ?? 0); input++)
            if (entries[i].Op!.EntryOf(input) is >= 0 and var read)
                first[read] = i;
        return finals.ToLookup(final => first[final.Leaf.Entry]);
    }

    void PullBack(Entry entry, ref Tensor<float>? dy, Tensor<float>?[] gradients)
    {
        entry.Reached?.Invoke();
        if (entry.Op is not { } op)
            return;
        if (dy is not null)
        {
            var results = op.Function.Pullback(op, dy);
            if (results.Length < op.InputCount)
                throw new InvalidOperationException(
                    $"{op.Function.Name}: expected a pull-back with {op.InputCount} gradients, got {results.Length}"
                );
            for (int i = 0; i < op.InputCount; i++)
                if (results[i] is { } gradient)
                    Accumulate(gradients, op.EntryOf(i), gradient);
            holds.Drop(dy);
            dy = null;
        }

        op.DropSaved();
    }

    /// <summary>Adds a gradient to those that came before: over the sum so far where nobody else needs it.</summary>
    void Accumulate(Tensor<float>?[] gradients, int entry, Tensor<float> gradient)
    {
        holds.Hold(gradient);
        if (entry < 0)
        {
            holds.Drop(gradient); // of a constant
            return;
        }

        if (gradients[entry] is not { } before)
        {
            gradients[entry] = gradient;
            return;
        }

        if (holds.IsSole(before))
        {
            Add.ForwardInto(before, gradient, before);
        }
        else
        {
            var sum = Add.Forward(before, gradient);
            holds.Hold(sum);
            holds.Drop(before);
            gradients[entry] = sum;
        }

        holds.Drop(gradient);
    }

    /// <summary>A place on the tape: an op, a mark, or, with neither, a leaf.</summary>
    readonly record struct Entry(RecordedOp? Op = null, Action? Reached = null);
}

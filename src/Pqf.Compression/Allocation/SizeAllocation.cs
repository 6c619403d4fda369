using System.Collections.Immutable;

namespace Pqf.Compression.Allocation;

/// <summary>Shares a number of bits out among layers.</summary>
public static class SizeAllocation
{
    // Sizes that differ by less than this part of what is shared out are told apart by their errors alone.
    const int Steps = 4000;

    /// <summary>The part of a budget that may be left, wherever the layers' choices allow it.</summary>
    internal const double Slack = 0.01;

    // Part of the effects that choices must save to leave more of it. Effects are measured: less than this is their error.
    const double LeastGain = 0.05;

    /// <summary>The choice of each layer that together have the least sum of effects within a budget: a dynamic programme over
    /// the bits used so far.</summary>
    /// <param name="layers">For each layer its choices, from the smallest to the largest.</param>
    /// <param name="budget">Bits for all of them together.</param>
    /// <returns>A choice for each layer. They use 99 % of the budget at least, unless no choices do, or smaller ones have effects that are
    /// smaller by 5 %. That happens where a large layer has few choices: a larger one takes bits that other layers need more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The budget is below the sum of the smallest choices.</exception>
    public static ImmutableArray<LayerChoice> Of(ImmutableArray<ImmutableArray<LayerChoice>> layers, long budget)
    {
        long least = layers.Sum(layer => layer[0].Bits),
            free = budget - least;
        ArgumentOutOfRangeException.ThrowIfNegative(free);
        var states = new State?[Steps + 1];
        states[0] = new State(0, 0, null, null);
        foreach (var layer in layers)
            states = Add(states, layer, free);
        var found = states.OfType<State>().ToArray();
        var full =
            found.Where(state => least + state.Bits >= (1 - Slack) * budget).MinBy(state => state.Error)
            ?? found.MaxBy(state => state.Bits)!;
        var best = found.MinBy(state => state.Error) is { } any && any.Error < (1 - LeastGain) * full.Error ? any : full;
        var choices = new Stack<LayerChoice>();
        for (var state = best; state.Choice is not null; state = state.Before!)
            choices.Push(state.Choice);
        return [.. choices];
    }

    /// <summary>States with one more layer; of those whose bits fall into one step the one of least error.</summary>
    static State?[] Add(State?[] states, ImmutableArray<LayerChoice> layer, long free)
    {
        var next = new State?[states.Length];
        foreach (var state in states.OfType<State>())
        foreach (var choice in layer)
        {
            long bits = state.Bits + choice.Bits - layer[0].Bits;
            if (bits > free)
                break;
            int step = free == 0 ? 0 : (int)((Int128)bits * Steps / free);
            double error = state.Error + choice.Effect;
            if (next[step] is not { } other || error < other.Error)
                next[step] = new State(bits, error, choice, state);
        }

        return next;
    }

    /// <summary>Choices for the layers so far.</summary>
    /// <param name="Bits">Above the layers' smallest choices.</param>
    /// <param name="Error">Sum so far.</param>
    /// <param name="Choice">Of the last layer; null before the first.</param>
    /// <param name="Before">Of the layers before it.</param>
    sealed record State(long Bits, double Error, LayerChoice? Choice, State? Before);
}

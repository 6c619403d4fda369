using System.Collections.Immutable;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Graphs;

/// <summary>Where a group's channels lie on an axis that holds others too, or holds them in another order.</summary>
/// <param name="At">Channel i of the group is channel At[i] of the axis.</param>
/// <param name="AxisLength">Channels of the axis.</param>
/// <param name="Part">Which part of the rows has its columns reordered. Other parts of a grouped convolution read other channels.</param>
/// <param name="PartCount">Parts of equal numbers of rows: the groups of the convolution.</param>
public sealed record ChannelPlaces(ImmutableArray<int> At, int AxisLength, int Part = 0, int PartCount = 1);

/// <summary>A layer within a group, and the values that it holds for each channel.</summary>
/// <param name="Layer">The layer's name; the parameter's for <see cref="ChannelGroup.Vectors"/>.</param>
/// <param name="Run">Neighbouring values per channel: 1, or the pixels of what was flattened before a linear layer. The taps of a k×k
/// kernel are axes of their own and do not count.</param>
/// <param name="Places">Where the channels lie; null if they are the whole axis in order. A layer that reads a channel at several places
/// has an entry for each.</param>
public sealed record ChannelRun(string Layer, int Run = 1, ChannelPlaces? Places = null)
{
    /// <summary>Place of the first channel on the axis.</summary>
    internal int First => Places?.At[0] ?? 0;

    /// <summary>Sets which values of an axis the channels have in another order.</summary>
    /// <param name="order">New channel i is old channel order[i].</param>
    /// <param name="slices">[axis length]: new value i is old value slices[i]. The axis may have several values a channel, such as all
    /// taps. Values of other channels stay as they are.</param>
    public void Reorder(ReadOnlySpan<int> order, Span<int> slices)
    {
        int run = slices.Length / (Places?.AxisLength ?? order.Length);
        for (int i = 0; i < order.Length; i++)
        {
            int to = Places?.At[i] ?? i,
                from = Places?.At[order[i]] ?? order[i];
            for (int j = 0; j < run; j++)
                slices[(to * run) + j] = (from * run) + j;
        }
    }
}

/// <summary>Channels that may change places: reordering them in all of these layers together leaves the network's function
/// unchanged.</summary>
/// <remarks>Names are in graph order. A layer may be parent and child of one group, where a sum joins its input and output. Several groups
/// may share a layer, each with channels of its own.</remarks>
public sealed record ChannelGroup
{
    /// <summary>Channels to be ordered.</summary>
    public required int ChannelCount { get; init; }

    /// <summary>Layers whose outputs are reordered: the first axis of their weights, and their biases.</summary>
    public required ImmutableArray<ChannelRun> Rows { get; init; }

    /// <summary>Names of the layers whose outputs are reordered.</summary>
    public ImmutableArray<string> Parents => [.. Rows.Select(rows => rows.Layer).Distinct()];

    /// <summary>Norms over the channels.</summary>
    public required ImmutableArray<ChannelRun> Norms { get; init; }

    /// <summary>Other parameters with values for each channel, by their full names: slopes, scales, shifts.</summary>
    public ImmutableArray<ChannelRun> Vectors { get; init; } = [];

    /// <summary>Layers whose inputs are reordered: the second axis of their weights.</summary>
    public required ImmutableArray<ChannelRun> Children { get; init; }

    /// <summary>Those of the layers above whose weights have inputs and outputs the other way round: transposed convolutions, [I, O, kH,
    /// kW].</summary>
    public ImmutableHashSet<string> Transposed { get; init; } = [];

    /// <summary>The parameters with the group's channels in another order.</summary>
    /// <param name="parameters">The group's weights must be dense.</param>
    /// <param name="order">[<see cref="ChannelCount"/>], each channel once: new channel i is old channel order[i].</param>
    /// <returns>All parameters; the reordered tensors belong to the innermost scope.</returns>
    /// <exception cref="ShapeException">The order is not one of the group's channels.</exception>
    /// <exception cref="InvalidOperationException">A weight of the group is quantised.</exception>
    public Parameters Apply(Parameters parameters, ReadOnlySpan<int> order) => Apply(parameters, [(this, [.. order])]);

    /// <summary>The parameters with the channels of several groups of one network in another order. Each tensor is copied once for each
    /// axis.</summary>
    /// <param name="parameters">The groups' weights must be dense.</param>
    /// <param name="orders">Each group once, with its order.</param>
    /// <returns>All parameters; the reordered tensors belong to the innermost scope.</returns>
    /// <exception cref="ShapeException">An order is not one of its group's channels.</exception>
    /// <exception cref="InvalidOperationException">A weight of the groups is quantised.</exception>
    public static Parameters Apply(Parameters parameters, IEnumerable<(ChannelGroup Group, ImmutableArray<int> Order)> orders) =>
        Selections(parameters, orders).Apply();

    /// <summary>The same in the parameters' own memory.</summary>
    /// <param name="parameters">The groups' weights must be dense.</param>
    /// <param name="orders">Each group once, with its order.</param>
    /// <returns>Whether it was done. If not, since the memory is not the host's or parameters share it, nothing has changed.</returns>
    /// <exception cref="ShapeException">An order is not one of its group's channels; nothing has changed.</exception>
    public static bool ApplyInPlace(Parameters parameters, IEnumerable<(ChannelGroup Group, ImmutableArray<int> Order)> orders) =>
        Selections(parameters, orders).ApplyInPlace();

    static ChannelSelections Selections(Parameters parameters, IEnumerable<(ChannelGroup Group, ImmutableArray<int> Order)> orders)
    {
        var selections = new ChannelSelections(parameters);
        foreach (var (group, order) in orders)
            group.AddTo(selections, order.AsSpan());
        return selections;
    }

    /// <summary>The order that undoes another: applied after it, every weight is as before.</summary>
    public static int[] Inverse(ReadOnlySpan<int> order) => [.. Permute.Inverse(order)];

    void AddTo(ChannelSelections selections, ReadOnlySpan<int> order)
    {
        if (order.Length != ChannelCount || order.ToArray().Distinct().Count(i => i >= 0 && i < ChannelCount) != ChannelCount)
            throw new ShapeException(
                "ChannelGroup",
                $"expected each of {ChannelCount} channels once, got [{string.Join(", ", order.ToArray())}]"
            );
        foreach (var rows in Rows)
        {
            selections.Add($"{rows.Layer}.weight", Transposed.Contains(rows.Layer) ? 1 : 0, rows, order);
            if (selections.Has($"{rows.Layer}.bias"))
                selections.Add($"{rows.Layer}.bias", 0, rows, order);
        }

        foreach (var norm in Norms)
        foreach (string vector in (ReadOnlySpan<string>)["weight", "bias", "running_mean", "running_var"])
            selections.Add($"{norm.Layer}.{vector}", 0, norm, order);
        foreach (var vector in Vectors)
            selections.AddVector(vector, order);
        foreach (var child in Children)
            selections.Add($"{child.Layer}.weight", Transposed.Contains(child.Layer) ? 0 : 1, child, order);
    }
}

using System.Collections.Immutable;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Graphs;

/// <summary>A layer within a group whose vectors or columns hold several neighbouring values for each channel.</summary>
/// <param name="Layer">The layer's name; the parameter's for <see cref="ChannelGroup.Vectors"/>.</param>
/// <param name="Run">Values per channel: 1, or the pixels of what was flattened before a linear layer. The taps of a k×k kernel are axes of
/// their own and do not count.</param>
public sealed record ChannelRun(string Layer, int Run);

/// <summary>Layers that share one order of channels: reordering all of them together leaves the network's function unchanged.</summary>
/// <remarks>Names are in graph order. A layer may be parent and child of one group, where a sum joins its input and output.</remarks>
public sealed record ChannelGroup
{
    /// <summary>Channels to be ordered.</summary>
    public required int ChannelCount { get; init; }

    /// <summary>Layers whose outputs are reordered: the first axis of their weights, and their biases.</summary>
    public required ImmutableArray<string> Parents { get; init; }

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
    public Parameters Apply(Parameters parameters, ReadOnlySpan<int> order)
    {
        if (order.Length != ChannelCount || order.ToArray().Distinct().Count(i => i >= 0 && i < ChannelCount) != ChannelCount)
            throw new ShapeException(
                "ChannelGroup",
                $"expected each of {ChannelCount} channels once, got [{string.Join(", ", order.ToArray())}]"
            );
        foreach (string layer in Parents)
        {
            parameters = Reorder(parameters, $"{layer}.weight", Transposed.Contains(layer) ? 1 : 0, order, 1);
            if (parameters.Values.ContainsKey($"{layer}.bias"))
                parameters = Reorder(parameters, $"{layer}.bias", 0, order, 1);
        }

        foreach (var norm in Norms)
        foreach (string vector in (ReadOnlySpan<string>)["weight", "bias", "running_mean", "running_var"])
            parameters = Reorder(parameters, $"{norm.Layer}.{vector}", 0, order, norm.Run);
        foreach (var vector in Vectors)
            parameters = Reorder(parameters, vector.Layer, AxisOf(parameters, vector), order, vector.Run);
        foreach (var child in Children)
            parameters = Reorder(parameters, $"{child.Layer}.weight", Transposed.Contains(child.Layer) ? 0 : 1, order, child.Run);
        return parameters;
    }

    /// <summary>The order that undoes another: applied after it, every weight is as before.</summary>
    public static int[] Inverse(ReadOnlySpan<int> order) => [.. Permute.Inverse(order)];

    /// <summary>The axis of the channels: that of their length, as a vector may have axes of length 1 beside it.</summary>
    int AxisOf(Parameters parameters, ChannelRun vector) =>
        Math.Max(0, parameters[vector.Layer].Shape.ToList().IndexOf(ChannelCount * vector.Run));

    /// <summary>Takes slices along an axis, runs of neighbours together.</summary>
    static Parameters Reorder(Parameters parameters, string name, int axis, ReadOnlySpan<int> order, int run)
    {
        var weight = parameters.Find(name) ?? throw new KeyNotFoundException($"ChannelGroup: expected {name} among the parameters");
        int[] slices = new int[order.Length * run];
        for (int i = 0; i < slices.Length; i++)
            slices[i] = (order[i / run] * run) + (i % run);
        return parameters.With(name, new Weight.Dense(IndexSelect.Forward(weight, axis, slices)));
    }
}

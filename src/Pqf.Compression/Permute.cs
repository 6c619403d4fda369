using System.Collections.Immutable;
using Pqf.Compression.Permutation;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression;

/// <summary>What the search for one group's channel order found.</summary>
/// <param name="Layer">The child whose blocks decided.</param>
/// <param name="Group">Layers reordered.</param>
/// <param name="D">Block length of the child.</param>
/// <param name="Before">Natural logarithm of the determinant of the covariance of the child's blocks, as stored.</param>
/// <param name="Greedy">After the greedy start; null without one.</param>
/// <param name="After">At the end.</param>
/// <param name="Proposals">Exchanges proposed.</param>
/// <param name="Accepted">Exchanges made.</param>
/// <param name="Order">New channel i is old channel Order[i].</param>
public sealed record PermutationReport(
    string Layer,
    ChannelGroup Group,
    int D,
    double Before,
    double? Greedy,
    double After,
    int Proposals,
    int Accepted,
    ImmutableArray<int> Order
);

/// <summary>How permuting a network goes on.</summary>
public abstract record PermutationEvent
{
    PermutationEvent() { }

    /// <summary>A group is next.</summary>
    /// <param name="Layer">The child whose blocks decide.</param>
    /// <param name="Number">From 1 to <paramref name="Count"/>.</param>
    /// <param name="Count">Groups in all.</param>
    public sealed record GroupStarted(string Layer, int Number, int Count) : PermutationEvent;

    /// <summary>The search of a group goes on.</summary>
    /// <param name="Layer">The child whose blocks decide.</param>
    /// <param name="Proposals">Exchanges proposed so far.</param>
    /// <param name="Accepted">Exchanges made.</param>
    /// <param name="Objective">Least log-determinant so far.</param>
    public sealed record PermutationStep(string Layer, int Proposals, int Accepted, double Objective) : PermutationEvent;

    /// <summary>A group's order is found.</summary>
    public sealed record GroupPermuted(PermutationReport Report) : PermutationEvent;

    /// <summary>All orders are found and applied.</summary>
    public sealed record Finished(Parameters Parameters, ImmutableArray<PermutationReport> Groups) : PermutationEvent;
}

/// <summary>Reorders a network's channels, its function unchanged, so that its blocks quantise better (paper, section 3.2).</summary>
public static class Permute
{
    /// <summary>Searches an order for every group that has an optimisable child, then applies all orders.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values; they must live until the last event.</param>
    /// <param name="spec">Groups and steps of the search.</param>
    /// <param name="compression">How the blocks will be cut.</param>
    /// <param name="key">A group's order depends on this key, its deciding child's name and that child's weight alone: orders of other
    /// groups only permute its rows.</param>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>Events, <see cref="PermutationEvent.Finished"/> last, made as they are asked for, with all weights dense; or what is wrong
    /// with the specs or the
    /// weights. New tensors belong to the scope that is innermost while the events are asked for.</returns>
    public static Result<IEnumerable<PermutationEvent>, PqfError> Run(
        Graph graph,
        Parameters parameters,
        PermutationSpec spec,
        CompressionSpec compression,
        RngKey key,
        CancellationToken cancellation = default
    ) =>
        PermutationPlan
            .Of(graph, spec, compression)
            .Bind<IEnumerable<PermutationEvent>>(plan =>
                WeightCheck.Of(plan.Select(planned => planned.Child), parameters) is { } problem
                    ? problem
                    : new Result<IEnumerable<PermutationEvent>, PqfError>.Ok(Run(plan, parameters, spec.Proposals, key, cancellation))
            );

    static IEnumerable<PermutationEvent> Run(
        ImmutableArray<PlannedGroup> plan,
        Parameters parameters,
        int proposals,
        RngKey key,
        CancellationToken cancellation
    )
    {
        using var own = parameters.Tensors().FirstOrDefault()?.Device is HostDevice ? null : new HostDevice();
        var reports = ImmutableArray.CreateBuilder<PermutationReport>();
        foreach (var planned in plan)
        {
            var (group, child, strategies) = planned;
            yield return new PermutationEvent.GroupStarted(child.Layer, reports.Count + 1, plan.Length);
            cancellation.ThrowIfCancellationRequested();
            var search = new PermutationSearch(Blocked(parameters[child.WeightName], planned, own), key.Fold(child.Layer));
            foreach (var progress in search.Run(strategies, proposals))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return new PermutationEvent.PermutationStep(child.Layer, progress.Proposals, progress.Accepted, progress.LogDet);
            }

            var found = search.Result;
            reports.Add(
                new(child.Layer, group, child.D, found.Before, found.Greedy, found.After, found.Proposals, found.Accepted, found.Order)
            );
            yield return new PermutationEvent.GroupPermuted(reports[^1]);
        }

        yield return new PermutationEvent.Finished(Apply(parameters, reports), reports.ToImmutable());
    }

    static IBlockedWeight Blocked(Weight weight, PlannedGroup group, HostDevice? own)
    {
        var device = weight.Tensors().First().Device;
        using var scope = device.BeginScope();
        float[] values = weight.Decode().ToArray();
        var (child, channels) = (group.Child, group.Group.ChannelCount);
        return group.Straddles
            ? new StraddlingBlocks(values, child.Rows, channels, child.D)
            : new WholeChannelBlocks(
                ChannelGram.Of(
                    device as HostDevice ?? own!,
                    Array.ConvertAll(values, value => (double)value),
                    child.Rows,
                    channels,
                    group.Run
                ),
                child.D / group.Run
            );
    }

    /// <summary>All orders at once, so that tensors reordered twice leave nothing behind.</summary>
    static Parameters Apply(Parameters parameters, IReadOnlyList<PermutationReport> reports)
    {
        using var scope = parameters.Tensors().First().Device.BeginScope();
        var dense = parameters with
        {
            Values = parameters.Values.ToImmutableDictionary(pair => pair.Key, pair => (Weight)new Weight.Dense(pair.Value.Decode())),
        };
        var permuted = reports.Aggregate(dense, (reordered, report) => report.Group.Apply(reordered, report.Order.AsSpan()));
        scope.KeepAll(permuted.Tensors());
        return permuted;
    }
}

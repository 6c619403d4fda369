using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Compression.Permutation;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

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
)
{
    /// <summary>Seconds that the search took, if the caller measures them; steps have no clock.</summary>
    public double Seconds { get; init; }
}

/// <summary>Reorders a network's channels, its function unchanged, so that its blocks quantise better (paper, section 3.2).</summary>
/// <remarks>Searches an order for every group that has an optimisable child, then applies all orders. All weights are dense
/// afterwards.</remarks>
/// <param name="Layers">How the weights will be cut into blocks: <see cref="Blocks.Of"/>.</param>
/// <param name="Spec">Groups and steps of the search.</param>
/// <param name="Key">A group's order depends on this key, its deciding child's name, its place there and that child's weight alone: orders
/// of other groups only permute its rows.</param>
public sealed record Permute(ImmutableArray<LayerBlocks> Layers, PermutationSpec Spec, RngKey Key) : IRankedStep
{
    const long LargeBytes = 32 << 20;

    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) =>
        WeightCheck.Of(Layers, start.Parameters).Bind(_ => Plan(start)).Map(_ => default(Unit));

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation)
    {
        var found = new SortedDictionary<int, PermutationReport>();
        var plan = Plan(state).ValueOrThrow();
        var parts = new StepParts<PermutationReport>(Work, Packed, (number, message) => Unpacked(plan[number], message));
        foreach (var next in StepRanks.Run(state.Ranks, [.. plan.Select(planned => planned.Cost(Spec.Proposals))], parts, found))
            yield return next;
        var reports = found.Values.ToImmutableArray();
        yield return new CompressionEvent.StepFinished(
            this,
            state with
            {
                Parameters = Apply(state, reports),
                Inputs = reports.Aggregate(state.Inputs, Apply),
                Groups = reports,
            }
        );

        IEnumerable<CompressionEvent> Work(int number, Action<PermutationReport> done)
        {
            var planned = plan[number];
            yield return new CompressionEvent.GroupStarted(planned.Child.Layer, number + 1, plan.Length);
            foreach (var next in Search(state, planned, cancellation))
            {
                if (next is CompressionEvent.GroupPermuted permuted)
                    done(permuted.Report);
                yield return next;
            }

            if (planned.SearchBytes >= LargeBytes)
            {
                // As large as a weight, and no longer needed: what follows would come on top of it.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
                state.Host.TrimPool();
            }
        }
    }

    /// <summary>What a search found as a message: eight bytes for each number.</summary>
    static byte[] Packed(PermutationReport report)
    {
        double[] numbers =
        [
            report.Before,
            report.Greedy is null ? 0 : 1,
            report.Greedy ?? 0,
            report.After,
            report.Proposals,
            report.Accepted,
            .. report.Order,
        ];
        return MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
    }

    static PermutationReport Unpacked(PlannedGroup planned, byte[] message) =>
        MemoryMarshal.Cast<byte, double>(message).ToArray() switch
        {
            [var before, var hasGreedy, var greedy, var after, var proposals, var accepted, .. var order] => new(
                planned.Child.Layer,
                planned.Group,
                planned.D,
                before,
                hasGreedy == 0 ? null : greedy,
                after,
                (int)proposals,
                (int)accepted,
                [.. order.Select(channel => (int)channel)]
            ),
            var other => throw new InvalidOperationException($"Permute: expected six numbers and an order, got {other.Length} numbers"),
        };

    /// <summary>Searches one group's order; the last event has it.</summary>
    IEnumerable<CompressionEvent> Search(CompressionState state, PlannedGroup planned, CancellationToken cancellation)
    {
        var (group, child) = (planned.Group, planned.Child);
        cancellation.ThrowIfCancellationRequested();
        var search = new PermutationSearch(Blocked(state.Parameters[child.WeightName], planned, state.Host), planned.KeyOf(Key));
        foreach (var progress in search.Run(planned.Strategies, Spec.Proposals))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new CompressionEvent.PermutationStep(child.Layer, progress.Proposals, progress.Accepted, progress.LogDet);
        }

        var found = search.Result;
        yield return new CompressionEvent.GroupPermuted(
            new(child.Layer, group, child.D, found.Before, found.Greedy, found.After, found.Proposals, found.Accepted, found.Order)
        );
    }

    Result<ImmutableArray<PlannedGroup>, PqfError> Plan(CompressionState state) => PermutationPlan.Of(state.Graph, Spec, Layers);

    static IBlockedWeight Blocked(Weight weight, PlannedGroup group, HostDevice host)
    {
        using var scope = weight.Tensors().First().Device.BeginScope();
        var values = group.ColumnsOf(weight.Decode().OnHost());
        int channels = group.Group.ChannelCount;
        return group.Straddles
            ? new StraddlingBlocks(values, group.Rows, channels, group.D)
            : new WholeChannelBlocks(ChannelGram.Of(host, values, group.Rows, channels, group.Run), group.D / group.Run);
    }

    /// <summary>All orders at once, so that tensors reordered along both axes leave nothing behind.</summary>
    static Parameters Apply(CompressionState state, IReadOnlyList<PermutationReport> reports)
    {
        var orders = reports.Select(report => (report.Group, report.Order));
        var parameters = state.Parameters;
        bool isDense = parameters.Values.Values.All(weight => weight is Weight.Dense { Form: ValueForm.Single });
        if (state.OwnsParameters && isDense && ChannelGroup.ApplyInPlace(parameters, orders))
            return parameters;
        using var scope = parameters.Tensors().First().Device.BeginScope();
        var dense = parameters with
        {
            Values = parameters.Values.ToImmutableDictionary(pair => pair.Key, pair => (Weight)new Weight.Dense(pair.Value.Decode())),
        };
        var permuted = ChannelGroup.Apply(dense, orders);
        scope.KeepAll(permuted.Tensors());
        return permuted;
    }

    /// <summary>What is known of the inputs of layers whose rows run along the reordered channels, in the new order.</summary>
    static ImmutableDictionary<string, LayerInputs> Apply(ImmutableDictionary<string, LayerInputs> inputs, PermutationReport report) =>
        PermutationPlan
            .RowsAlong(report.Group)
            // A grouped convolution has one list of weights on columns, and an order for each of its groups: the list stays.
            .Where(columns => inputs.ContainsKey(columns.Layer) && columns.Places is not { PartCount: > 1 })
            .Aggregate(inputs, (all, columns) => all.SetItem(columns.Layer, all[columns.Layer].Reordered(columns, report.Order.AsSpan())));
}

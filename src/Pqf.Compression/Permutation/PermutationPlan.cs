using System.Collections.Immutable;
using Pqf.Nets.Coco;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Compression.Permutation;

/// <summary>Which groups of a network are searched, and by which child.</summary>
static class PermutationPlan
{
    /// <summary>The groups of a spec, or all derived ones, without those that have no optimisable child.</summary>
    public static Result<ImmutableArray<PlannedGroup>, PqfError> Of(
        Graph graph,
        PermutationSpec spec,
        ImmutableArray<LayerBlocks> layers
    ) => Groups(graph, spec).Bind(groups => Plan(graph, groups, layers, spec));

    static Result<ImmutableArray<PlannedGroup>, PqfError> Plan(
        Graph graph,
        ImmutableArray<ChannelGroup> groups,
        ImmutableArray<LayerBlocks> layers,
        PermutationSpec spec
    )
    {
        string[] names =
        [
            .. ParameterSpecs.Of(graph).Where(parameter => parameter.Role == ParameterRole.Weight).Select(parameter => parameter.Layer),
        ];
        if (
            spec
                .LayerStrategies.Keys.Concat(spec.LayerReshapes.Keys)
                .Where(name => !names.Contains(name))
                .Order(StringComparer.Ordinal)
                .FirstOrDefault() is
            { } unknown
        )
            return Blocks.Unknown(unknown, names);
        var byName = layers.ToDictionary(layer => layer.Layer);
        ImmutableArray<PlannedGroup> planned =
        [
            .. groups
                .Select(group =>
                    RowsAlong(group)
                        .Select(columns => columns.Layer)
                        .Distinct()
                        .Where(byName.ContainsKey)
                        .Select(layer => PlannedGroup.Of(group, byName[layer]))
                        .FirstOrDefault(planned => planned is not null)
                )
                .OfType<PlannedGroup>()
                .Select(planned => WithStrategies(planned, spec)),
        ];
        return planned.Select(group => Problem(group, spec)).FirstOrDefault(problem => problem is not null) is { } first ? first : planned;
    }

    /// <summary>Layers whose rows run along the group's channels: children, and transposed convolutions among the parents.</summary>
    public static IEnumerable<ChannelRun> RowsAlong(ChannelGroup group) =>
        group
            .Children.Where(child => !group.Transposed.Contains(child.Layer))
            .Concat(group.Rows.Where(rows => group.Transposed.Contains(rows.Layer)));

    // Greedy orders are of whole channels: by default, straddling blocks have a local search alone, as published.
    static PlannedGroup WithStrategies(PlannedGroup group, PermutationSpec spec) =>
        group with
        {
            Strategies =
                spec.LayerStrategies.TryGetValue(group.Child.Layer, out var own) ? own
                : group.Straddles ? spec.Strategies.Remove(PermutationStrategy.Greedy)
                : spec.Strategies,
        };

    static PqfError.Layer? Problem(PlannedGroup group, PermutationSpec spec)
    {
        if (group.Straddles && group.Strategies.Contains(PermutationStrategy.Greedy))
            return new(
                group.Child.Layer,
                $"its blocks of {group.D} do not hold whole channels of {group.Run} values, which a greedy order needs; "
                    + $"expected stochastic, descent or random"
            );
        if (group.IsWhole && spec.LayerReshapes.TryGetValue(group.Child.Layer, out var shape) && !IsOf(shape, group))
            return new(
                group.Child.Layer,
                $"expected a shape of {group.Child.Rows} rows and {group.Group.ChannelCount} channels of {group.Run} values, got "
                    + $"[{string.Join(", ", shape)}]"
            );
        return null;
    }

    static bool IsOf(ImmutableArray<int> shape, PlannedGroup group) =>
        shape.Length >= 2
        && shape[0] == group.Child.Rows
        && shape[1] == group.Group.ChannelCount
        && shape.Skip(2).Aggregate(1L, (product, length) => product * length) == group.Run;

    static Result<ImmutableArray<ChannelGroup>, PqfError> Groups(Graph graph, PermutationSpec spec)
    {
        var derived = ChannelGroups.Of(graph);
        if (spec.Groups.IsEmpty)
            return derived;
        var groups = ImmutableArray.CreateBuilder<ChannelGroup>();
        foreach (var (parents, children) in spec.Groups)
        {
            ChannelGroup[] same = [.. derived.Where(group => IsSame(group, parents, children))];
            if (same.Length == 0)
                return NoSuchGroup(derived, parents, children);
            foreach (var group in same)
                groups.Add(group with { Children = [.. children.SelectMany(name => group.Children.Where(child => child.Layer == name))] });
        }

        return groups.ToImmutable();
    }

    /// <summary>Norms may be named among the parents, as published configurations do.</summary>
    static bool IsSame(ChannelGroup group, ImmutableArray<string> parents, ImmutableArray<string> children) =>
        parents.Except(group.Norms.Select(norm => norm.Layer)).ToHashSet().SetEquals(group.Parents)
        && children.ToHashSet().SetEquals(group.Children.Select(child => child.Layer));

    static PqfError.Layer NoSuchGroup(ImmutableArray<ChannelGroup> derived, ImmutableArray<string> parents, ImmutableArray<string> children)
    {
        int Common(ChannelGroup group) =>
            group.Parents.Intersect(parents).Count() + group.Children.Select(child => child.Layer).Intersect(children).Count();
        string problem = "these layers do not share one channel order";
        if (derived.MaxBy(Common) is { } nearest)
            problem += $"; the nearest group is {Print(nearest.Parents, nearest.Children.Select(child => child.Layer))}";
        return new PqfError.Layer(Print(parents, children), problem);
    }

    static string Print(IEnumerable<string> parents, IEnumerable<string> children) =>
        $"parents [{string.Join(", ", parents)}], children [{string.Join(", ", children)}]";
}

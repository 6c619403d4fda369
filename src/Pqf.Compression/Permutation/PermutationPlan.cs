using System.Collections.Immutable;
using Pqf.Nets;
using Pqf.Tensors;

namespace Pqf.Compression.Permutation;

/// <summary>One group and the child whose blocks decide its order.</summary>
/// <param name="Group">Layers that are reordered together.</param>
/// <param name="Child">The first optimisable child.</param>
/// <param name="Strategies">Steps of its search.</param>
sealed record PlannedGroup(ChannelGroup Group, LayerBlocks Child, ImmutableArray<PermutationStrategy> Strategies);

/// <summary>Which groups of a network are searched, and by which child.</summary>
static class PermutationPlan
{
    /// <summary>The groups of a spec, or all derived ones, without those that have no optimisable child.</summary>
    public static Result<ImmutableArray<PlannedGroup>, PqfError> Of(Graph graph, PermutationSpec spec, CompressionSpec compression) =>
        Blocks.Of(graph, compression).Bind(layers => Groups(graph, spec).Bind(groups => Plan(graph, groups, layers, spec)));

    static Result<ImmutableArray<PlannedGroup>, PqfError> Plan(Graph graph, ImmutableArray<ChannelGroup> groups, ImmutableArray<LayerBlocks> layers, PermutationSpec spec)
    {
        string[] names = [.. ParameterSpecs.Of(graph).Where(parameter => parameter.Role == ParameterRole.Weight).Select(parameter => parameter.Layer)];
        if (spec.LayerStrategies.Keys.Where(name => !names.Contains(name)).Order(StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            return Blocks.Unknown(unknown, names);
        var byName = layers.ToDictionary(layer => layer.Layer);
        return groups
            .Select(group => (Group: group, Child: group.Children.Select(child => Optimisable(group, child, byName)).FirstOrDefault(child => child is not null)))
            .Where(pair => pair.Child is not null)
            .Select(pair => new PlannedGroup(pair.Group, pair.Child!, spec.LayerStrategies.GetValueOrDefault(pair.Child!.Layer, spec.Strategies)))
            .ToImmutableArray();
    }

    /// <summary>A child whose blocks change with the order: each holds two channels or more. Children that see a channel as a run of columns are not searched.</summary>
    static LayerBlocks? Optimisable(ChannelGroup group, ChannelRun child, Dictionary<string, LayerBlocks> layers) =>
        layers.GetValueOrDefault(child.Layer) is { ChannelsPerBlock: >= 2 } blocks && child.Run == 1 && blocks.Weight[1] == group.ChannelCount ? blocks : null;

    static Result<ImmutableArray<ChannelGroup>, PqfError> Groups(Graph graph, PermutationSpec spec)
    {
        var derived = ChannelGroups.Of(graph);
        if (spec.Groups.IsEmpty)
            return derived;
        var groups = ImmutableArray.CreateBuilder<ChannelGroup>();
        foreach (var (parents, children) in spec.Groups)
        {
            if (derived.FirstOrDefault(group => IsSame(group, parents, children)) is not { } group)
                return NoSuchGroup(derived, parents, children);
            groups.Add(group with { Children = [.. children.Select(name => group.Children.First(child => child.Layer == name))] });
        }

        return groups.ToImmutable();
    }

    /// <summary>Norms may be named among the parents, as published configurations do.</summary>
    static bool IsSame(ChannelGroup group, ImmutableArray<string> parents, ImmutableArray<string> children) =>
        parents.Except(group.Norms.Select(norm => norm.Layer)).ToHashSet().SetEquals(group.Parents)
        && children.ToHashSet().SetEquals(group.Children.Select(child => child.Layer));

    static PqfError.Layer NoSuchGroup(ImmutableArray<ChannelGroup> derived, ImmutableArray<string> parents, ImmutableArray<string> children)
    {
        int Common(ChannelGroup group) => group.Parents.Intersect(parents).Count() + group.Children.Select(child => child.Layer).Intersect(children).Count();
        string problem = "these layers do not share one channel order";
        if (derived.MaxBy(Common) is { } nearest)
            problem += $"; the nearest group is {Print(nearest.Parents, nearest.Children.Select(child => child.Layer))}";
        return new PqfError.Layer(Print(parents, children), problem);
    }

    static string Print(IEnumerable<string> parents, IEnumerable<string> children) => $"parents [{string.Join(", ", parents)}], children [{string.Join(", ", children)}]";
}

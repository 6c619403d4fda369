using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;

namespace Pqf.Compression;

/// <summary>The names by which settings call layers, as a network has them: its own, or those that other programs have for the same
/// layers.</summary>
/// <param name="graph">The network.</param>
sealed class LayerNames(Graph graph)
{
    readonly ImmutableArray<string> layers = [.. ParameterSpecs.Of(graph).Select(spec => spec.Layer).Distinct()];

    /// <summary>The network's name for a layer, or for a part that holds layers; the name itself where it has none like it.</summary>
    public string Of(string name) => layers.Any(layer => Blocks.IsWithin(layer, name)) ? name : Networks.Canonical(name);

    /// <summary>Settings of quantisation under the network's names. Of two names of one layer the network's own wins.</summary>
    public CompressionSpec Of(CompressionSpec spec) =>
        spec with
        {
            IgnoredModules = [.. spec.IgnoredModules.Select(Of)],
            LayerSpecs = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, Named(spec.LayerSpecs)),
        };

    /// <summary>Settings of the search for channel orders under the network's names.</summary>
    public PermutationSpec Of(PermutationSpec spec) =>
        spec with
        {
            LayerStrategies = Named(spec.LayerStrategies).ToImmutableDictionary(),
            LayerReshapes = Named(spec.LayerReshapes).ToImmutableDictionary(),
            Groups = [.. spec.Groups.Select(group => (Of(group.Parents), Of(group.Children)))],
        };

    ImmutableArray<string> Of(ImmutableArray<string> names) => [.. names.Select(Of)];

    IEnumerable<KeyValuePair<string, T>> Named<T>(IEnumerable<KeyValuePair<string, T>> settings) =>
        settings
            .GroupBy(pair => Of(pair.Key), StringComparer.Ordinal)
            .Select(same => KeyValuePair.Create(same.Key, same.OrderByDescending(pair => pair.Key == same.Key).First().Value));
}

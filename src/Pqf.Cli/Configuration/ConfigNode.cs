using System.Collections.Immutable;
using Pqf.Tensors;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pqf.Cli.Configuration;

/// <summary>A configuration before it is understood: scalars, lists and mappings, each knowing where it was written.</summary>
abstract record ConfigNode
{
    /// <summary>Real configurations are six levels deep; an alias that contains itself is endless.</summary>
    const int MaxDepth = 32;

    ConfigNode(string origin) => Origin = origin;

    /// <summary>The file, or <c>command line</c>.</summary>
    public string Origin { get; }

    /// <summary>One value, as written.</summary>
    public sealed record Scalar(string Where, string Text, bool IsPlain) : ConfigNode(Where)
    {
        /// <summary>Written as nothing at all, <c>~</c> or <c>null</c>: the default is meant.</summary>
        public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";
    }

    /// <summary>Values in order.</summary>
    public sealed record Sequence(string Where, ImmutableArray<ConfigNode> Items) : ConfigNode(Where);

    /// <summary>Values by key.</summary>
    public sealed record Mapping(string Where, ImmutableSortedDictionary<string, ConfigNode> Entries) : ConfigNode(Where)
    {
        /// <summary>No keys.</summary>
        public static Mapping Empty(string where) => new(where, ImmutableSortedDictionary<string, ConfigNode>.Empty);

        /// <summary>This mapping with one value, some levels down, replaced or added; what stood in its way is replaced.</summary>
        public Mapping With(ReadOnlySpan<string> path, ConfigNode value)
        {
            if (path.Length == 1)
                return this with { Entries = Entries.SetItem(path[0], value) };
            var child = Entries.GetValueOrDefault(path[0]) as Mapping ?? Empty(value.Origin);
            return this with { Entries = Entries.SetItem(path[0], child.With(path[1..], value)) };
        }
    }

    /// <summary>Reads YAML; an empty text is an empty mapping.</summary>
    /// <param name="text">One document.</param>
    /// <param name="origin">For messages.</param>
    public static Result<ConfigNode, PqfError> Parse(string text, string origin)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            return new PqfError.File(origin, $"not YAML: line {error.Start.Line}, column {error.Start.Column}: {error.Message}");
        }

        if (stream.Documents.Count > 1)
            return new PqfError.File(origin, $"expected one YAML document, got {stream.Documents.Count}");
        return stream.Documents.Count == 0
            ? Mapping.Empty(origin)
            : Convert(stream.Documents[0].RootNode, origin, MaxDepth, new(ReferenceEqualityComparer.Instance));
    }

    // Nodes met again through aliases are shared, so that nested aliases cost no more than they take in the file.
    static Result<ConfigNode, PqfError> Convert(YamlNode node, string origin, int depth, Dictionary<YamlNode, ConfigNode> seen)
    {
        if (depth == 0)
            return new PqfError.File(origin, $"line {node.Start.Line}: nested deeper than {MaxDepth} levels");
        if (seen.TryGetValue(node, out var known))
            return known;
        Result<ConfigNode, PqfError> converted = node switch
        {
            YamlScalarNode scalar => new Scalar(origin, scalar.Value ?? "", scalar.Style is ScalarStyle.Plain),
            YamlSequenceNode sequence => Results.Collect(sequence.Children.Select(child => Convert(child, origin, depth - 1, seen)))
                .Map<ConfigNode>(items => new Sequence(origin, items)),
            YamlMappingNode mapping => ConvertMapping(mapping, origin, depth, seen),
            _ => new PqfError.File(origin, $"line {node.Start.Line}: unexpected {node.NodeType}"),
        };
        return converted.Map(value => seen[node] = value);
    }

    static Result<ConfigNode, PqfError> ConvertMapping(YamlMappingNode mapping, string origin, int depth, Dictionary<YamlNode, ConfigNode> seen)
    {
        var entries = ImmutableSortedDictionary.CreateBuilder<string, ConfigNode>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { } name })
                return new PqfError.File(origin, $"line {key.Start.Line}: expected a plain key");
            var converted = Convert(value, origin, depth - 1, seen);
            if (converted is Result<ConfigNode, PqfError>.Ok(var node))
                entries[name] = node;
            else
                return converted;
        }

        return new Mapping(origin, entries.ToImmutable());
    }
}

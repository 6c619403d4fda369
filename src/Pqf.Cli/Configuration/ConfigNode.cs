using System.Collections.Immutable;

namespace Pqf.Cli.Configuration;

/// <summary>A configuration before it is understood: scalars, lists and mappings, each knowing where it was written.</summary>
abstract record ConfigNode
{
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
}

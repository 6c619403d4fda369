using System.Collections.Immutable;
using Pqf.Tensors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Pqf.Cli.Configuration;

/// <summary>Reads one YAML document from the parser's events, so that depth and aliases are bounded before anything is built. Merge keys
/// (<c>&lt;&lt;: *name</c>) are those of YAML 1.1.</summary>
sealed class YamlText
{
    // Real configurations are six levels deep.
    const int MaxDepth = 32;

    // Real configurations have some hundred values; a list of class names has 21,841 at most.
    const int MaxValues = 100_000;

    const string MergeKey = "<<";

    readonly IParser parser;
    readonly string origin;

    // What an alias stands for is shared, but whoever reads the configuration walks it at each place: it counts each time.
    readonly Dictionary<AnchorName, (ConfigNode Node, int ValueCount)> anchors = [];
    int valueCount;

    YamlText(string text, string origin) => (parser, this.origin) = (new Parser(new StringReader(text)), origin);

    /// <summary>Reads YAML; an empty text is an empty mapping.</summary>
    /// <param name="text">One document.</param>
    /// <param name="origin">For messages.</param>
    public static Result<ConfigNode, PqfError> Parse(string text, string origin)
    {
        // The parser takes a zero byte for the end of the text.
        if (text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var zero)
            return new PqfError.File(
                origin,
                $"line {text.AsSpan(0, zero).Count('\n') + 1}: holds a zero byte; expected text in UTF-8, or in UTF-16 with a byte order "
                    + "mark"
            );
        try
        {
            return new YamlText(text, origin).Read();
        }
        catch (YamlException error)
        {
            return new PqfError.File(origin, $"not YAML: line {error.Start.Line}, column {error.Start.Column}: {error.Message}");
        }
        catch (InvalidOperationException) // the scanner's answer to some flow mappings that are not closed
        {
            return new PqfError.File(origin, "not YAML");
        }
    }

    Result<ConfigNode, PqfError> Read()
    {
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
            return ConfigNode.Mapping.Empty(origin);
        parser.Consume<DocumentStart>();
        return ReadNode(MaxDepth)
            .Bind<ConfigNode>(root =>
            {
                parser.Consume<DocumentEnd>();
                return parser.TryConsume<StreamEnd>(out _) ? root : new PqfError.File(origin, "expected one YAML document, got several");
            });
    }

    Result<ConfigNode, PqfError> ReadNode(int depth)
    {
        if (depth == 0)
            return new PqfError.File(origin, $"line {parser.Current!.Start.Line}: nested deeper than {MaxDepth} levels");
        long line = parser.Current!.Start.Line;
        int before = valueCount;
        if (parser.TryConsume<AnchorAlias>(out var alias))
            return anchors.TryGetValue(alias.Value, out var known)
                ? Count(known.ValueCount, line).Map(_ => known.Node)
                : new PqfError.File(origin, $"line {line}: *{alias.Value}: expected an anchor &{alias.Value} before it, got none");
        if (Count(1, line) is Result<Unit, PqfError>.Error(var tooMany))
            return tooMany;
        var start = parser.Consume<NodeEvent>();
        var read = start switch
        {
            Scalar scalar => new ConfigNode.Scalar(origin, scalar.Value, scalar.Style is ScalarStyle.Plain),
            SequenceStart => ReadSequence(depth),
            _ => ReadMapping(depth),
        };
        return start.Anchor.IsEmpty ? read : read.Map(node => (anchors[start.Anchor] = (node, valueCount - before)).Node);
    }

    /// <summary>Counts values, those of an alias each time that it is used.</summary>
    Result<Unit, PqfError> Count(int more, long line) =>
        (valueCount += more) <= MaxValues
            ? default(Unit)
            : new PqfError.File(origin, $"line {line}: more than {MaxValues} values, counting those of an alias each time that it is used");

    Result<ConfigNode, PqfError> ReadSequence(int depth)
    {
        var items = ImmutableArray.CreateBuilder<ConfigNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            var read = ReadNode(depth - 1);
            if (read is not Result<ConfigNode, PqfError>.Ok(var item))
                return read;
            items.Add(item);
        }

        return new ConfigNode.Sequence(origin, items.ToImmutable());
    }

    Result<ConfigNode, PqfError> ReadMapping(int depth)
    {
        var entries = ImmutableSortedDictionary.CreateBuilder<string, ConfigNode>(StringComparer.Ordinal);
        ImmutableArray<ConfigNode.Mapping>? merged = null;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                return new PqfError.File(origin, $"line {parser.Current!.Start.Line}: expected a plain key");
            if (key.Value.Length == 0)
                return new PqfError.File(origin, $"line {key.Start.Line}: expected a key, got an empty text");
            var read = ReadNode(depth - 1);
            if (read is not Result<ConfigNode, PqfError>.Ok(var value))
                return read;
            bool isMerge = key is { Value: MergeKey, Style: ScalarStyle.Plain };
            if (isMerge ? merged is not null : !entries.TryAdd(key.Value, value))
                return new PqfError.File(origin, $"line {key.Start.Line}: {Printable.Name(key.Value)} occurs twice");
            if (isMerge && (merged = Mappings(value)) is null)
                return new PqfError.File(
                    origin,
                    $"line {key.Start.Line}: <<: {Values.Unexpected("a mapping or a list of mappings", value).Text}"
                );
        }

        // A mapping's own keys win over merged ones, and earlier mappings of a list over later ones.
        foreach (var (name, value) in (merged ?? []).SelectMany(mapping => mapping.Entries))
            entries.TryAdd(name, value);
        return new ConfigNode.Mapping(origin, entries.ToImmutable());
    }

    /// <summary>What a merge key stands for; null if it is neither a mapping nor a list of mappings.</summary>
    static ImmutableArray<ConfigNode.Mapping>? Mappings(ConfigNode value) =>
        value switch
        {
            ConfigNode.Mapping mapping => [mapping],
            ConfigNode.Sequence list when list.Items.All(item => item is ConfigNode.Mapping) => [.. list.Items.Cast<ConfigNode.Mapping>()],
            _ => null,
        };
}

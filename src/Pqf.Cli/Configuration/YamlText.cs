using System.Collections.Immutable;
using Pqf.Tensors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Pqf.Cli.Configuration;

/// <summary>Reads one YAML document from the parser's events, so that depth and aliases are bounded before anything is built.</summary>
sealed class YamlText
{
    // Real configurations are six levels deep.
    const int MaxDepth = 32;

    readonly IParser parser;
    readonly string origin;

    // What an alias stands for is shared, so that nested aliases cost no more than they take in the file.
    readonly Dictionary<AnchorName, ConfigNode> anchors = [];

    YamlText(string text, string origin) => (parser, this.origin) = (new Parser(new StringReader(text)), origin);

    /// <summary>Reads YAML; an empty text is an empty mapping.</summary>
    /// <param name="text">One document.</param>
    /// <param name="origin">For messages.</param>
    public static Result<ConfigNode, PqfError> Parse(string text, string origin)
    {
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
        if (parser.TryConsume<AnchorAlias>(out var alias))
            return anchors.TryGetValue(alias.Value, out var known)
                ? known
                : new PqfError.File(origin, $"line {alias.Start.Line}: nothing before it is called &{alias.Value}");
        var start = parser.Consume<NodeEvent>();
        var read = start switch
        {
            Scalar scalar => new ConfigNode.Scalar(origin, scalar.Value, scalar.Style is ScalarStyle.Plain),
            SequenceStart => ReadSequence(depth),
            _ => ReadMapping(depth),
        };
        return start.Anchor.IsEmpty ? read : read.Map(node => anchors[start.Anchor] = node);
    }

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
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                return new PqfError.File(origin, $"line {parser.Current!.Start.Line}: expected a plain key");
            var read = ReadNode(depth - 1);
            if (read is not Result<ConfigNode, PqfError>.Ok(var value))
                return read;
            if (!entries.TryAdd(key.Value, value))
                return new PqfError.File(origin, $"line {key.Start.Line}: {key.Value} occurs twice");
        }

        return new ConfigNode.Mapping(origin, entries.ToImmutable());
    }
}

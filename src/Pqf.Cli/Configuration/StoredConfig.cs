using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;

namespace Pqf.Cli.Configuration;

/// <summary>The configuration of a run as text, so that <c>--resume DIR</c> needs nothing else.</summary>
static class StoredConfig
{
    const string Weights = "model.state_dict_compressed",
        OutputPath = "output_path",
        ClassNames = "model.class_names";

    static readonly ImmutableArray<string> paths =
    [
        "dataloader.imagenet_path",
        "dataloader.idx_path",
        "dataloader.coco_path",
        "dataloader.train_annotations",
        "dataloader.train_images",
        "dataloader.val_annotations",
        "dataloader.val_images",
        "distillation.teacher",
        "model.column_weights",
        Weights,
    ];

    /// <summary>YAML of every key that was given, paths in full. The folder of the run is not among them: it may be moved.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="weights">The network to begin with; null for none.</param>
    public static string Text(Config config, string? weights)
    {
        var source = config.Source;
        if (weights is not null)
            source = source.With(Weights.Split('.'), new ConfigNode.Scalar("", weights, true));
        source = source with { Entries = source.Entries.Remove(OutputPath) };
        var text = new StringBuilder("# The settings of this run; pqf train --resume DIR reads them.\n");
        WriteEntries(text, source, "", 0);
        return text.ToString();
    }

    static void WriteEntries(StringBuilder text, ConfigNode.Mapping mapping, string path, int depth)
    {
        foreach (var (key, value) in mapping.Entries)
        {
            string inner = path.Length == 0 ? key : $"{path}.{key}";
            text.Append(' ', 2 * depth).Append(Quoted(key)).Append(':');
            if (value is ConfigNode.Mapping { Entries.Count: > 0 } child)
            {
                text.Append('\n');
                WriteEntries(text, child, inner, depth + 1);
            }
            else
                text.Append(' ').Append(Flow(value, paths.Contains(inner), inner == ClassNames)).Append('\n');
        }
    }

    /// <summary>A value on one line.</summary>
    static string Flow(ConfigNode node, bool isPath = false, bool isNames = false) =>
        node switch
        {
            ConfigNode.Scalar { IsNull: true } => "null",
            ConfigNode.Scalar scalar => Quoted(
                isPath || (isNames && File.Exists(scalar.Text)) ? Path.GetFullPath(scalar.Text) : scalar.Text
            ),
            ConfigNode.Sequence list => $"[{string.Join(", ", list.Items.Select(item => Flow(item)))}]",
            ConfigNode.Mapping mapping =>
                $"{{{string.Join(", ", mapping.Entries.Select(entry => $"{Quoted(entry.Key)}: {Flow(entry.Value)}"))}}}",
            _ => "null",
        };

    static bool IsNull(string text) => new ConfigNode.Scalar("", text, true).IsNull;

    // YAML takes JSON's escapes between double quotes.
    static string Quoted(string text) =>
        text.Length > 0
        && !IsNull(text)
        && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? text
            : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}

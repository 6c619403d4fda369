using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>What was expected of a value, and what came.</summary>
readonly record struct Problem(string Text);

/// <summary>Understands one node.</summary>
delegate Result<T, Problem> ValueParser<T>(ConfigNode node);

/// <summary>Parsers of configuration values. Scalars follow YAML 1.1, as the users of the published code write them.</summary>
static partial class Values
{
    /// <summary>Items of a list that a message shows.</summary>
    const int MostShown = 4;

    /// <summary>Any text.</summary>
    public static Result<string, Problem> Text(ConfigNode node) =>
        node is ConfigNode.Scalar scalar ? scalar.Text : Unexpected("a text", node);

    /// <summary>YAML 1.1's words: yes, no, true, false, on, off, y, n.</summary>
    public static Result<bool, Problem> Boolean(ConfigNode node) =>
        (node as ConfigNode.Scalar)?.Text.ToLowerInvariant() switch
        {
            "y" or "yes" or "true" or "on" => true,
            "n" or "no" or "false" or "off" => false,
            _ => Unexpected("true or false", node),
        };

    /// <summary>A whole number, with <c>_</c> between digits where the writer likes: <c>10_000</c>.</summary>
    public static ValueParser<int> Integer(int least = int.MinValue, int most = int.MaxValue) =>
        node => Long(least, most)(node).Map(value => (int)value);

    /// <summary>A whole number of 64 bits.</summary>
    public static ValueParser<long> Long(long least = long.MinValue, long most = long.MaxValue) =>
        node =>
            node is ConfigNode.Scalar scalar
            && IntegerPattern().IsMatch(scalar.Text)
            && long.TryParse(scalar.Text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out long value)
            && value >= least
            && value <= most
                ? value
                : Unexpected($"a whole number{Range(least, most)}", node);

    /// <summary>A number: <c>1_000</c>, <c>1.e-6</c>, <c>.5</c>, <c>1e-3</c>.</summary>
    public static ValueParser<double> Number(double least = double.MinValue, double most = double.MaxValue) =>
        node =>
            node is ConfigNode.Scalar scalar
            && NumberPattern().IsMatch(scalar.Text)
            && double.TryParse(scalar.Text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out double value)
            && value >= least
            && value <= most
                ? value
                : Unexpected($"a number{Range(least, most)}", node);

    /// <summary>A number above zero.</summary>
    public static Result<double, Problem> Positive(ConfigNode node) =>
        Number()(node) is Result<double, Problem>.Ok { Value: > 0 } ok ? ok : Unexpected("a number above 0", node);

    /// <summary>A number between two others, neither of them.</summary>
    public static ValueParser<double> Between(double low, double high) =>
        node =>
            Number()(node) is Result<double, Problem>.Ok { Value: var value } ok && value > low && value < high
                ? ok
                : Unexpected(FormattableString.Invariant($"a number above {low} and below {high}"), node);

    /// <summary>Two numbers, the second not below the first.</summary>
    public static ValueParser<ImmutableArray<double>> Span(double least, double most) =>
        node =>
            List<double>(Number(least, most))(node) is Result<ImmutableArray<double>, Problem>.Ok { Value: [var low, var high] }
            && low <= high
                ? ImmutableArray.Create(low, high)
                : Unexpected($"two numbers{Range(least, most)}, the lower one first", node);

    /// <summary>One of the given words, in any case.</summary>
    public static Choice<T> Choice<T>(params (string Word, T Value)[] choices) =>
        new(
            [.. choices.Select(choice => choice.Word)],
            node =>
                node is ConfigNode.Scalar scalar
                && choices.FirstOrDefault(choice => choice.Word.Equals(scalar.Text, StringComparison.OrdinalIgnoreCase))
                    is { Word: not null } found
                    ? found.Value
                    : Unexpected($"one of {string.Join(", ", choices.Select(choice => choice.Word))}", node)
        );

    /// <summary>A list; a single value is a list of one, and so is text with commas (as the command line writes lists).</summary>
    public static ValueParser<ImmutableArray<T>> List<T>(ValueParser<T> item) =>
        node =>
            node switch
            {
                ConfigNode.Sequence sequence => Result.All(sequence.Items.Select(element => item(element))),
                ConfigNode.Scalar scalar => Result.All(
                    scalar
                        .Text.Split(',', StringSplitOptions.TrimEntries)
                        .Select(text => item(new ConfigNode.Scalar(scalar.Origin, text, scalar.IsPlain)))
                ),
                _ => Unexpected("a list", node),
            };

    /// <summary>What was expected, and what came.</summary>
    public static Problem Unexpected(string expected, ConfigNode node) => new($"expected {expected}, got {Describe(node)}");

    static string Describe(ConfigNode node) =>
        node switch
        {
            ConfigNode.Scalar scalar => $"'{Printable.Name(scalar.Text)}'",
            ConfigNode.Sequence { Items: var items } =>
                $"the list [{string.Join(", ", items.Take(MostShown).Select(Item))}{(items.Length > MostShown ? ", …" : "")}]",
            _ => "a mapping",
        };

    static string Item(ConfigNode node) =>
        node switch
        {
            ConfigNode.Scalar scalar => Printable.Name(scalar.Text),
            ConfigNode.Sequence => "[…]",
            ConfigNode.Mapping mapping =>
                $"{{{string.Join(", ", mapping.Entries.Keys.Take(MostShown).Select(key => $"{Printable.Name(key)}: …"))}}}",
            _ => "…",
        };

    static string Range(double least, double most) =>
        (least > int.MinValue, most < int.MaxValue) switch
        {
            (true, true) => FormattableString.Invariant($" from {least} to {most}"),
            (true, false) => FormattableString.Invariant($" of {least} or more"),
            (false, true) => FormattableString.Invariant($" of at most {most}"),
            _ => "",
        };

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*$")]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"^[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?$")]
    private static partial Regex NumberPattern();
}

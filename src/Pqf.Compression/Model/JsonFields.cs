using System.Collections.Immutable;
using System.Text.Json;

namespace Pqf.Compression.Model;

/// <summary>The fields of a JSON object of another program. Each that is there must be of its kind: a <see cref="JsonException"/> names the
/// field, what was expected and what came.</summary>
/// <param name="element">The object.</param>
/// <param name="path">Its name, for messages; empty for the whole file.</param>
sealed class JsonFields(JsonElement element, string path)
{
    const int LongestShown = 60;

    /// <summary>Names of the fields that are there.</summary>
    public IEnumerable<string> Names => Object().EnumerateObject().Select(item => item.Name);

    /// <summary>Whether a field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether a field is there and neither null nor false.</summary>
    public bool IsOn(string name) => Find(name) is { ValueKind: not JsonValueKind.False };

    /// <summary>An object; null where there is none.</summary>
    public JsonFields? Child(string name) =>
        Find(name) is { } value
            ? value.ValueKind == JsonValueKind.Object
                ? new(value, NameOf(name))
                : throw Unexpected(name, "an object", value)
            : null;

    /// <summary>Whether a field is an object.</summary>
    public bool IsObject(string name) => Find(name)?.ValueKind == JsonValueKind.Object;

    /// <summary>A text; null where there is none.</summary>
    public string? Text(string name) =>
        Find(name) is { } value
            ? value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : throw Unexpected(name, "a text", value)
            : null;

    /// <summary>True or false; the fallback where there is none.</summary>
    public bool Flag(string name, bool fallback) =>
        Find(name) switch
        {
            null => fallback,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            var value => throw Unexpected(name, "true or false", value.Value),
        };

    /// <summary>A whole number; null where there is none.</summary>
    public int? Integer(string name, int least, int most) =>
        Find(name) is { } value
            ? IntegerOf(value, least, most) ?? throw Unexpected(name, $"a whole number from {least} to {most}", value)
            : null;

    /// <summary>A number above a limit and not above another; null where there is none.</summary>
    public double? Number(string name, double above, double most) =>
        Find(name) is { } value
            ? NumberOf(value) is { } number && number > above && number <= most
                ? number
                : throw Unexpected(name, FormattableString.Invariant($"a number above {above}, at most {most}"), value)
            : null;

    /// <summary>Numbers; empty where there are none.</summary>
    /// <param name="name">The field: a list, or one number for a list of one.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="isAllowed">Which are.</param>
    /// <param name="expected">The same in words: <c>3 numbers above 0</c>.</param>
    public ImmutableArray<double> Numbers(string name, int count, Func<double, bool> isAllowed, string expected)
    {
        if (Find(name) is not { } value)
            return [];
        double?[] numbers = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(NumberOf)] : [NumberOf(value)];
        return numbers.Length == count && numbers.All(number => number is { } known && isAllowed(known))
            ? [.. numbers.Select(number => number!.Value)]
            : throw Unexpected(name, expected, value);
    }

    /// <summary>The exception for a field that is not as expected.</summary>
    public JsonException Unexpected(string name, string expected) =>
        Find(name) is { } value ? Unexpected(name, expected, value) : new JsonException($"{NameOf(name)}: expected {expected}, got none");

    JsonException Unexpected(string name, string expected, JsonElement value)
    {
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return new($"{NameOf(name)}: expected {expected}, got {(text.Length > LongestShown ? text[..LongestShown] + "…" : text)}");
    }

    JsonElement? Find(string name) => Object().TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    JsonElement Object() =>
        element.ValueKind == JsonValueKind.Object ? element : throw new JsonException("expected an object of fields in braces");

    string NameOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    static int? IntegerOf(JsonElement value, int least, int most) =>
        NumberOf(value) is { } number && number >= least && number <= most && number == Math.Floor(number) ? (int)number : null;

    static double? NumberOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;
}

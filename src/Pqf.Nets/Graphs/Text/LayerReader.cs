using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Pqf.Tensors;

namespace Pqf.Nets.Graphs.Text;

/// <summary>Reads the options of one layer.</summary>
/// <param name="inputs">Numbers of the nodes read.</param>
/// <param name="options">The JSON object.</param>
readonly struct LayerReader(ImmutableArray<int> inputs, JsonElement options)
{
    /// <summary>Longest list: axes of a value.</summary>
    const int MaxList = 16;

    /// <summary>Numbers of the nodes read.</summary>
    public ImmutableArray<int> Inputs => inputs;

    /// <summary>The only node read, or the first.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public int X => Input(0);

    /// <summary>A node read.</summary>
    /// <exception cref="JsonException">There is none at that place.</exception>
    public int Input(int i) => i < inputs.Length ? inputs[i] : throw new JsonException($"expected {i + 1} inputs, got {inputs.Length}");

    /// <summary>A whole number.</summary>
    public int Integer(string name, int? usual = null) =>
        Find(name) is not { } value ? usual ?? throw Missing(name)
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number
        : throw Wrong(name, "a whole number");

    /// <summary>A number.</summary>
    public float Single(string name, float? usual = null) =>
        Find(name) is not { } value ? usual ?? throw Missing(name)
        : value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) ? number
        : value.ValueKind == JsonValueKind.String
        && float.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            ? number
        : throw Wrong(name, "a number");

    /// <summary>A text.</summary>
    public string Text(string name) =>
        (Find(name) ?? throw Missing(name)) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Wrong(name, "a text");

    /// <summary>True where it is given.</summary>
    public bool Flag(string name) =>
        Find(name) is not { } value ? false
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, "true or false");

    /// <summary>A height and a width.</summary>
    public Pair Pair(string name, Pair? usual = null) =>
        Find(name) is null ? usual ?? throw Missing(name)
        : List(name) is [var h, var w] ? new Pair(h, w)
        : throw Wrong(name, "two whole numbers");

    /// <summary>A height and a width, or null where they are left out.</summary>
    public Pair? OptionalPair(string name) => Find(name) is null ? null : Pair(name);

    /// <summary>A list of whole numbers.</summary>
    public ImmutableArray<int> List(string name)
    {
        if ((Find(name) ?? throw Missing(name)) is not { ValueKind: JsonValueKind.Array } value || value.GetArrayLength() > MaxList)
            throw Wrong(name, "a list of whole numbers");
        return
        [
            .. value
                .EnumerateArray()
                .Select(item =>
                    item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number)
                        ? number
                        : throw Wrong(name, "a list of whole numbers")
                ),
        ];
    }

    /// <summary>Whether an option is given.</summary>
    public bool Has(string name) => Find(name) is not null;

    JsonElement? Find(string name) => options.TryGetProperty(name, out var value) ? value : null;

    static JsonException Missing(string name) => new($"{name} is missing");

    static JsonException Wrong(string name, string expected) => new($"{name}: expected {expected}");
}

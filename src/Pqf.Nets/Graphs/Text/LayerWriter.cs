using System.Globalization;
using System.Text.Json;
using Pqf.Tensors;

namespace Pqf.Nets.Graphs.Text;

/// <summary>Writes the options of one layer as members of a JSON object. What a reader takes by itself is left out.</summary>
/// <param name="json">Within the object.</param>
readonly struct LayerWriter(Utf8JsonWriter json)
{
    /// <summary>A whole number.</summary>
    public LayerWriter Add(string name, int value, int? usual = null)
    {
        if (value != usual)
            json.WriteNumber(name, value);
        return this;
    }

    /// <summary>A number; one that is not finite is written as text, as JSON has no other way.</summary>
    public LayerWriter Add(string name, float value, float? usual = null)
    {
        if (value.Equals(usual))
            return this;
        if (float.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    /// <summary>A text.</summary>
    public LayerWriter Add(string name, string value)
    {
        json.WriteString(name, value);
        return this;
    }

    /// <summary>True, or left out.</summary>
    public LayerWriter Add(string name, bool value)
    {
        if (value)
            json.WriteBoolean(name, true);
        return this;
    }

    /// <summary>A height and a width.</summary>
    public LayerWriter Add(string name, Pair value, Pair? usual = null) => value == usual ? this : AddList(name, value.H, value.W);

    /// <summary>A list of whole numbers.</summary>
    public LayerWriter AddList(string name, params IEnumerable<int> values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
        return this;
    }
}

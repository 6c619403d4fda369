using System.Collections.Immutable;
using System.Text.Json;
using Pqf.Nets.Layers;

namespace Pqf.Nets.Graphs.Text;

/// <summary>A graph as JSON: a list of layers, each <c>["Conv2d", [0], {"name": …}]</c> with the numbers of its inputs and its
/// options, and the numbers of the outputs.</summary>
public static class GraphText
{
    const int MaxLayers = 100_000;

    /// <summary>Writes a graph.</summary>
    /// <param name="json">Where an object goes.</param>
    /// <param name="graph">Without joints.</param>
    /// <exception cref="NotSupportedException">The graph has a layer that files do not hold.</exception>
    public static void Write(Utf8JsonWriter json, Graph graph)
    {
        json.WriteStartObject();
        json.WriteStartArray("layers");
        foreach (var layer in graph.Nodes)
            Write(json, layer);
        json.WriteEndArray();
        WriteList(json, "outputs", graph.Outputs);
        json.WriteEndObject();
    }

    /// <summary>Reads a graph; whether its layers fit one another is not checked.</summary>
    /// <param name="json">What <see cref="Write(Utf8JsonWriter, Graph)"/> wrote.</param>
    /// <exception cref="JsonException">It is not a graph.</exception>
    public static Graph Read(JsonElement json)
    {
        if (
            json is not { ValueKind: JsonValueKind.Object }
            || !json.TryGetProperty("layers", out var list)
            || list is not { ValueKind: JsonValueKind.Array }
            || list.GetArrayLength() is < 1 or > MaxLayers
        )
            throw new JsonException($"expected a graph of 1 to {MaxLayers} layers");
        var layers = ImmutableArray.CreateBuilder<Layer>();
        foreach (var item in list.EnumerateArray())
            layers.Add(ReadLayer(item, layers.Count));
        if (layers.Count(layer => layer.IsInput) != 1)
            throw new JsonException("expected one layer that is the images");
        var outputs = json.TryGetProperty("outputs", out var numbers) ? Numbers(numbers, layers.Count, "outputs") : [];
        if (outputs.IsEmpty || outputs.Zip(outputs.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw new JsonException("outputs: expected one number or more, rising");
        return new(layers.ToImmutable(), outputs);
    }

    static void Write(Utf8JsonWriter json, Layer layer)
    {
        json.WriteStartArray();
        var form =
            LayerForm.All.FirstOrDefault(form => form.IsOf(layer))
            ?? throw new NotSupportedException($"GraphText: files do not hold layers of the kind {layer.Kind}");
        json.WriteStringValue(form.Kind);
        json.WriteStartArray();
        foreach (int input in layer.Inputs)
            json.WriteNumberValue(input);
        json.WriteEndArray();
        json.WriteStartObject();
        form.Write(layer, new LayerWriter(json));
        json.WriteEndObject();
        json.WriteEndArray();
    }

    static Layer ReadLayer(JsonElement item, int number)
    {
        if (
            item is not { ValueKind: JsonValueKind.Array }
            || item.GetArrayLength() != 3
            || item[0] is not { ValueKind: JsonValueKind.String } kind
            || item[2] is not { ValueKind: JsonValueKind.Object } options
        )
            throw new JsonException($"layer {number}: expected its kind, inputs and options");
        string name = kind.GetString()!;
        if (LayerForm.All.FirstOrDefault(form => form.Kind == name) is not { } found)
            throw new JsonException($"layer {number}: the kind {name} is not known");
        try
        {
            return found.Read(new LayerReader(Numbers(item[1], number, "inputs"), options));
        }
        catch (JsonException exception)
        {
            throw new JsonException($"layer {number} ({name}): {exception.Message}", exception);
        }
    }

    static ImmutableArray<int> Numbers(JsonElement list, int below, string what) =>
        list is { ValueKind: JsonValueKind.Array } && list.GetArrayLength() <= MaxLayers
            ?
            [
                .. list.EnumerateArray()
                    .Select(item =>
                        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number) && number >= 0 && number < below
                            ? number
                            : throw new JsonException($"{what}: expected numbers of earlier layers")
                    ),
            ]
            : throw new JsonException($"{what}: expected a list of numbers");

    static void WriteList(Utf8JsonWriter json, string name, IEnumerable<int> values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}

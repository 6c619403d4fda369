using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pqf.Nets.Graphs;
using Pqf.Nets.Graphs.Text;
using Pqf.Nets.Onnx;
using Pqf.Tensors;

namespace Pqf.Nets.Architectures;

/// <summary>A network of a graph of its own, such as an ONNX model's: the options are the network.</summary>
/// <param name="Title">What it is called: the name of the file that it was read from, without its ending.</param>
/// <param name="Graph">The graph.</param>
/// <param name="ImageSize">Rows and columns of its images.</param>
/// <param name="InputName">What its images are called in ONNX models.</param>
/// <param name="Outputs">What its values are called there, and their nodes.</param>
[JsonConverter(typeof(GraphOptionsConverter))]
public sealed record GraphOptions(string Title, Graph Graph, Pair ImageSize, string InputName, ImmutableArray<OnnxNetworkOutput> Outputs)
    : FamilyOptions;

/// <summary>The family of networks that bring their graph.</summary>
public static class GraphNetwork
{
    /// <summary>Name of all of them.</summary>
    public const string Name = "graph";

    // That of known families.
    const int MaxClassCount = 250_000;

    /// <summary>The family. It is not among those that files are compared with.</summary>
    public static NetworkFamily Family { get; } =
        new()
        {
            Names = [Name],
            Task = NetworkTask.Classification,
            TaskOf = TaskOf,
            Build = Build,
            Stem = "",
            Head = "",
            DefaultWidth = _ => 1,
            OptionsFormat = new("graph", GraphOptionsJson.Default.GraphOptions),
            WithClasses = WithClasses,
        };

    /// <summary>The architecture of a graph.</summary>
    /// <param name="options">The graph and its names.</param>
    /// <returns>The architecture, or what does not fit in the graph.</returns>
    public static Result<Architecture, PqfError> Of(GraphOptions options)
    {
        int channels = options.Graph.Nodes.OfType<Layers.InputLayer>().Single().Channels;
        return Shapes(options).Map(shapes => new Architecture(Name, shapes[options.Graph.Output].Last, channels, null, options));
    }

    /// <summary>The same network for images of another size: all layers fit that do not fix the size.</summary>
    /// <param name="architecture">Of any family. Those of known families take images of any size.</param>
    /// <param name="size">Rows and columns.</param>
    /// <returns>The architecture, or which layer does not fit.</returns>
    public static Result<Architecture, PqfError> ForImages(Architecture architecture, Pair size)
    {
        if (architecture.Options is not GraphOptions options || options.ImageSize == size)
            return architecture;
        var sized = options with { ImageSize = size };
        return Shapes(sized)
            .Bind<Architecture>(shapes =>
                shapes[options.Graph.Output].Last == architecture.ClassCount
                    ? architecture with
                    {
                        Options = sized,
                    }
                    : new PqfError.Layer(options.Title, $"its values are {shapes[options.Graph.Output]} for images of {size.H} × {size.W}")
            );
    }

    static Result<Architecture, PqfError> WithClasses(Architecture architecture, int classCount)
    {
        if (architecture.Options is not GraphOptions options)
            return architecture with { ClassCount = classCount };
        if (classCount is < 1 or > MaxClassCount)
            return new PqfError.Config("model", "class_count", $"expected 1 to {MaxClassCount} classes, got {classCount}");
        return ClassifierHead
            .WithClasses(options.Graph, ImagesOf(options), classCount)
            .Match<Result<Architecture, PqfError>>(
                graph => architecture with { ClassCount = classCount, Options = options with { Graph = graph } },
                problem => new PqfError.Layer(
                    options.Title,
                    $"has {architecture.ClassCount} classes; expected {classCount}, and no new head can be drawn: {problem}"
                )
            );
    }

    static Result<Graph, PqfError> Build(Architecture architecture) =>
        architecture.Options is GraphOptions options
            ? Shapes(options)
                .Bind<Graph>(shapes =>
                    shapes[options.Graph.Output].Last == architecture.ClassCount
                        ? options.Graph
                        : new PqfError.Config(
                            "model",
                            "class_count",
                            $"expected the {shapes[options.Graph.Output].Last} of the graph, got {architecture.ClassCount}"
                        )
                )
            : new PqfError.Config("model", "arch", $"expected a network that is known by name, got {Name}");

    /// <summary>A network of one row of values for each image is a classifier.</summary>
    static NetworkTask TaskOf(Architecture architecture) =>
        architecture.Options is GraphOptions { Graph: { Outputs: [var output] } } options
        && Shapes(options).Match(shapes => shapes[output].Rank == 2, _ => false)
            ? NetworkTask.Classification
            : NetworkTask.Values;

    static Shape ImagesOf(GraphOptions options) =>
        [1, options.ImageSize.H, options.ImageSize.W, options.Graph.Nodes.OfType<Layers.InputLayer>().Single().Channels];

    static Result<ImmutableArray<Shape>, PqfError> Shapes(GraphOptions options)
    {
        try
        {
            return GraphShapes.Of(options.Graph, ImagesOf(options));
        }
        catch (ShapeException exception)
        {
            return new PqfError.Layer(options.Title, $"its layers do not fit one another: {exception.Message}");
        }
    }
}

/// <summary>JSON of the options, without reflection.</summary>
[JsonSerializable(typeof(GraphOptions))]
sealed partial class GraphOptionsJson : JsonSerializerContext;

/// <summary>The options as JSON.</summary>
sealed class GraphOptionsConverter : JsonConverter<GraphOptions>
{
    /// <inheritdoc/>
    public override GraphOptions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var json = document.RootElement;
        if (json.ValueKind != JsonValueKind.Object)
            throw new JsonException("expected an object");
        var graph = GraphText.Read(Member(json, "network", JsonValueKind.Object));
        var size = Member(json, "image_size", JsonValueKind.Array);
        var outputs = ImmutableArray.CreateBuilder<OnnxNetworkOutput>();
        foreach (var output in Member(json, "outputs", JsonValueKind.Array).EnumerateArray())
        {
            int node = Integer(Member(output, "node", JsonValueKind.Number));
            if (!graph.Outputs.Contains(node))
                throw new JsonException($"outputs: {node} is not an output of the graph");
            outputs.Add(new(Member(output, "name", JsonValueKind.String).GetString()!, node));
        }

        if (size.GetArrayLength() != 2 || outputs.Count == 0)
            throw new JsonException("expected two numbers of image_size, and outputs");
        string title = Member(json, "title", JsonValueKind.String).GetString()!;
        // Files are called after it.
        if (title.Length == 0 || title.IndexOfAny(['/', '\\', '\0']) >= 0)
            throw new JsonException("title: expected the name of a file");
        return new(
            title,
            graph,
            new Pair(Integer(size[0]), Integer(size[1])),
            Member(json, "input", JsonValueKind.String).GetString()!,
            outputs.ToImmutable()
        );
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, GraphOptions value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("title", value.Title);
        writer.WriteStartArray("image_size");
        writer.WriteNumberValue(value.ImageSize.H);
        writer.WriteNumberValue(value.ImageSize.W);
        writer.WriteEndArray();
        writer.WriteString("input", value.InputName);
        writer.WriteStartArray("outputs");
        foreach (var output in value.Outputs)
        {
            writer.WriteStartObject();
            writer.WriteString("name", output.Name);
            writer.WriteNumber("node", output.Node);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WritePropertyName("network");
        GraphText.Write(writer, value.Graph);
        writer.WriteEndObject();
    }

    static JsonElement Member(JsonElement json, string name, JsonValueKind kind) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == kind
            ? value
            : throw new JsonException($"{name}: expected {kind}");

    static int Integer(JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out int number) && number >= 0
            ? number
            : throw new JsonException("expected a whole number");
}

using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Graphs.Text;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Families;

/// <summary>A state dict that has the names of a family's layers.</summary>
/// <param name="Family">The family.</param>
/// <param name="Tensors">Tensors by their own names, without those of the modules around the network.</param>
/// <param name="Shapes">Their shapes.</param>
public sealed record FamilyNetwork(StructureFamily Family, NamedTensors Tensors, LayerShapes Shapes)
{
    const string CodesEnd = ".codes_matrix";

    /// <summary>All families.</summary>
    public static ImmutableArray<StructureFamily> Families { get; } =
    [
        Vgg.Family,
        AlexNet.Family,
        MobileNetV2.Family,
        MobileNetV3.Family,
        EfficientNet.Family,
        TimmBlocks.Family,
        MnasNet.Family,
        DenseNet.Family,
        RegNet.Family,
        SqueezeNet.Family,
        GoogLeNet.Family,
        ShuffleNetV2.Family,
    ];

    /// <summary>Names of all networks of known sizes.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Families.SelectMany(family => family.Names)];

    /// <summary>The family of a network's name; null if it is none of <see cref="Names"/>.</summary>
    public static StructureFamily? FamilyOf(string name) => Families.FirstOrDefault(family => family.Names.Contains(name));

    /// <summary>Finds the family of a state dict, whatever modules are around the network.</summary>
    /// <param name="file">An open file.</param>
    /// <returns>Null if it is no known family's; an error if it holds several networks.</returns>
    public static Result<FamilyNetwork?, PqfError> Find(TensorFile file)
    {
        if (PlainTensors.Of(file) is not Result<ImmutableArray<(string Name, StoredTensor Tensor)>, PqfError>.Ok { Value: var plain })
            return (FamilyNetwork?)null; // those who read the names of known networks say what is wrong
        if (plain.Select(pair => pair.Name).Distinct().Count() < plain.Length)
            return (FamilyNetwork?)null;
        var all = new LayerShapes(plain.Select(pair => KeyValuePair.Create(pair.Name, pair.Tensor.Shape)));
        var found = (
            from prefix in all.Names.SelectMany(NetworkPlace.PrefixesOf).Distinct().Order(StringComparer.Ordinal)
            let shapes = all.Under(prefix)
            let family = Families.FirstOrDefault(family => family.IsIn(shapes))
            where family is not null
            select (prefix, family, shapes)
        ).ToArray();
        return found switch
        {
            [] => (FamilyNetwork?)null,
            [var (prefix, family, shapes)] => new FamilyNetwork(family, NamedTensors.Under(file, plain, prefix), shapes),
            [var first, var second, ..] => new PqfError.File(
                file.Path,
                $"holds several networks, under {Text(first.prefix)} and under {Text(second.prefix)}; expected one: save the state dict of "
                    + "that alone"
            ),
        };
    }

    /// <summary>The network's graph.</summary>
    /// <param name="size">Rows and columns of images.</param>
    /// <returns>The graph, or an error that names the tensor that does not fit and what was expected.</returns>
    public Result<Graph, PqfError> Read(Pair size)
    {
        if (Shapes.Names.FirstOrDefault(name => name.EndsWith(CodesEnd, StringComparison.Ordinal)) is { } codes)
            return new PqfError.Tensor(
                Tensors.File.Path,
                codes,
                $"expected dense weights of {Family.Title}, got codes: the graph of a compressed one is in its .pqf, .onnx or "
                    + ".safetensors file"
            );
        try
        {
            return Family.Read(Shapes, size);
        }
        catch (MisfitException misfit)
        {
            bool isNamed = misfit.Problem.Contains(Family.Title, StringComparison.Ordinal);
            return new PqfError.Tensor(
                Tensors.File.Path,
                Tensors.OwnName(misfit.Tensor),
                isNamed ? misfit.Problem : $"{misfit.Problem} ({Family.Title})"
            );
        }
        catch (ShapeException exception)
        {
            return new PqfError.File(
                Tensors.File.Path,
                $"its layers, those of {Family.Title}, do not fit images of {size.H} × {size.W} pixels: {exception.Message}"
            );
        }
    }

    /// <summary>The name of the known network that the state dict's graph is; null if its sizes are its own.</summary>
    /// <param name="graph">The graph.</param>
    public string? NameOf(Graph graph)
    {
        var (classes, channels) = (ClassCountOf(graph), ChannelsOf(graph));
        string[] layers = Layers(graph);
        // timm's families have no names of their own; all others only know networks of theirs.
        var names = Family.Names.IsEmpty ? Names : Family.Names;
        return names.FirstOrDefault(name => Layers(Defined(name, classes, channels, null)).SequenceEqual(layers));
    }

    /// <summary>A network of a known name, with its graph.</summary>
    /// <param name="architecture">Name, classes and input channels.</param>
    /// <param name="size">Rows and columns of images; null for the network's own.</param>
    /// <returns>The architecture itself if it is one of <see cref="Networks"/>; an error if the name is unknown or a number is out of
    /// range.</returns>
    public static Result<Architecture, PqfError> Resolve(Architecture architecture, Pair? size = null)
    {
        if (FamilyOf(architecture.Name) is not { } family)
            return Networks.Names.Contains(architecture.Name) ? architecture : UnknownName(architecture.Name);
        if (architecture.Width is { } width)
            return new PqfError.Config("model", "width", $"expected none, as {architecture.Name} has widths of its own, got {width}");
        if (architecture is not { ClassCount: >= 1 and <= MaxClassCount, InChannels: >= 1 and <= MaxInChannels })
            return new PqfError.Config(
                "model",
                "arch",
                $"expected 1 to {MaxClassCount} classes and 1 to {MaxInChannels} input channels, got {architecture.ClassCount} and "
                    + $"{architecture.InChannels}"
            );
        var images = size ?? family.SizeOf(architecture.Name).Crop;
        try
        {
            var graph = Defined(architecture.Name, architecture.ClassCount, architecture.InChannels, images);
            return GraphNetwork.Of(OptionsOf(architecture.Name, graph, images));
        }
        catch (Exception exception) when (exception is ShapeException or MisfitException)
        {
            return new PqfError.Config(
                "preprocessing",
                "crop",
                $"expected images that {architecture.Name} takes, got {images.H} × {images.W} pixels: {exception.Message}"
            );
        }
    }

    /// <summary>The error for a name that no network has.</summary>
    public static PqfError UnknownName(string name)
    {
        ImmutableArray<string> names = [.. Networks.Names, .. Names];
        return new PqfError.Config(
            "model",
            "arch",
            $"expected one of {string.Join(", ", Networks.Names)} or another network that docs/configuration.md lists, got {name} "
                + $"(nearest: {NearestName.Of(name, names)})"
        );
    }

    /// <summary>Whether the names and shapes of a network's parameters tell its graph: a file of tensors alone holds it whole
    /// then.</summary>
    /// <param name="options">The network.</param>
    public static bool IsToldByNames(GraphOptions options)
    {
        var shapes = new LayerShapes(ParameterSpecs.Of(options.Graph).Select(spec => KeyValuePair.Create(spec.Name, spec.Shape)));
        try
        {
            return Families.FirstOrDefault(family => family.IsIn(shapes)) is { } family
                && Text(family.Read(shapes, options.ImageSize)) == Text(options.Graph);
        }
        catch (Exception exception) when (exception is ShapeException or MisfitException)
        {
            return false;
        }
    }

    /// <summary>A graph under a name.</summary>
    /// <param name="title">What the network is called.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="size">Rows and columns of images.</param>
    public static GraphOptions OptionsOf(string title, Graph graph, Pair size)
    {
        var names = OnnxModelNames.Usual(graph);
        return new(title, graph, size, names.Input, names.Outputs);
    }

    // As for residual networks.
    const int MaxClassCount = 250_000,
        MaxInChannels = 4096;

    static int ChannelsOf(Graph graph) => graph.Nodes.OfType<InputLayer>().Single().Channels;

    // The layer that makes the classes is the last that has a weight.
    static int ClassCountOf(Graph graph) => graph.Nodes.Last(node => !node.Parameters.IsEmpty).Parameters[0].Shape[0];

    /// <summary>Kinds and shapes of the layers that have weights, without their names.</summary>
    static string[] Layers(Graph graph) =>
        [
            .. graph
                .Nodes.Where(node => !node.Parameters.IsEmpty)
                .Select(node => $"{node.Kind} {string.Join(' ', node.Parameters.Select(spec => spec.Shape))}")
                .Order(StringComparer.Ordinal),
        ];

    static Graph Defined(string name, int classes, int channels, Pair? size)
    {
        var family = FamilyOf(name)!;
        return family.Read(family.Define(name, classes, channels), size ?? family.SizeOf(name).Crop);
    }

    static string Text(Graph graph)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            GraphText.Write(json, graph);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static string Text(string prefix) => prefix.Length == 0 ? "no prefix" : Printable.Name(prefix);
}

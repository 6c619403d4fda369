using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Architectures;

/// <summary>Tells a network's architecture from the names and shapes of its file's tensors.</summary>
public static class ArchitectureRecognition
{
    const string Codes = ".codes_matrix",
        Dense = ".weight";

    /// <summary>The architecture whose layers are exactly the file's.</summary>
    /// <param name="file">Dense, or in the published compressed form; names may all begin with <c>module.</c>.</param>
    /// <returns>The architecture with the file's own class and channel counts and width, or an error that says what the nearest one
    /// lacks.</returns>
    public static Result<Architecture, PqfError> Recognise(TensorFile file)
    {
        var layers = Layers(file);
        var nearest = Networks
            .Names.Select(name => (architecture: new Architecture(name), expected: LayersOf(new Architecture(name))))
            .MinBy(candidate => Differences(candidate.expected, layers));
        if (Differences(nearest.expected, layers) > 0)
            return new PqfError.File(
                file.Path,
                $"no known architecture has its layers; {Explain(nearest.architecture, nearest.expected, layers)}"
            );
        var found = nearest.architecture.Name == MaskRcnn.Name ? SizedDetector(layers) : SizedClassifier(nearest.architecture.Name, layers);
        return Networks
            .Build(found)
            .Match<Result<Architecture, PqfError>>(_ => found, error => new PqfError.File(file.Path, error.Message));
    }

    static Architecture SizedClassifier(string name, Dictionary<string, Shape> layers)
    {
        var (width, inChannels) = Stem(layers, "conv1");
        return new Architecture(name, FirstAxis(layers, "fc") ?? 1000, inChannels, width == ResNet.DefaultWidth(name) ? null : width);
    }

    static Architecture SizedDetector(Dictionary<string, Shape> layers)
    {
        var (width, inChannels) = Stem(layers, "backbone.body.conv1");
        var usual = new MaskRcnnOptions();
        int fpn = FirstAxis(layers, "backbone.fpn.layer_blocks.0") ?? usual.FpnChannels,
            features = FirstAxis(layers, "roi_heads.box_head.fc6") ?? usual.RepresentationSize;
        int mask = FirstAxis(layers, "roi_heads.mask_head.mask_fcn1") ?? usual.MaskChannels;
        bool isUsual = (fpn, features, mask) == (usual.FpnChannels, usual.RepresentationSize, usual.MaskChannels);
        return new Architecture(
            MaskRcnn.Name,
            FirstAxis(layers, "roi_heads.box_predictor.cls_score") ?? MaskRcnn.DefaultClassCount,
            inChannels,
            width == MaskRcnn.DefaultWidth ? null : width,
            isUsual ? null : usual with { FpnChannels = fpn, RepresentationSize = features, MaskChannels = mask }
        );
    }

    /// <summary>Channels out of and into the first convolution, if the file holds it densely.</summary>
    static (int? Width, int InChannels) Stem(Dictionary<string, Shape> layers, string name) =>
        layers.GetValueOrDefault(name) is { Rank: 4 } stem ? (stem[0], stem[1]) : (null, 3);

    /// <summary>Rows of a layer's weight or of its codes.</summary>
    static int? FirstAxis(Dictionary<string, Shape> layers, string name) =>
        layers.GetValueOrDefault(name) is { Rank: > 0 } shape ? shape[0] : null;

    // Norms have weights too, but of one axis only.
    static Dictionary<string, Shape> Layers(TensorFile file) =>
        file
            .Tensors.Where(tensor =>
                tensor.Shape.Rank >= 2
                && (tensor.Name.EndsWith(Codes, StringComparison.Ordinal) || tensor.Name.EndsWith(Dense, StringComparison.Ordinal))
            )
            .GroupBy(tensor => Plain(tensor.Name[..tensor.Name.LastIndexOf('.')]))
            .ToDictionary(group => group.Key, group => group.First().Shape);

    static string Plain(string name) =>
        DetectorNames.Canonical(name.StartsWith("module.", StringComparison.Ordinal) ? name["module.".Length..] : name);

    static ImmutableHashSet<string> LayersOf(Architecture architecture) =>
        Networks
            .Build(architecture)
            .Match(
                graph =>
                    ParameterSpecs
                        .Of(graph)
                        .Where(spec => spec.Role == ParameterRole.Weight)
                        .Select(spec => spec.Layer)
                        .ToImmutableHashSet(),
                error => throw new InvalidOperationException(error.Message)
            ); // its name is one of those known

    static int Differences(ImmutableHashSet<string> expected, Dictionary<string, Shape> layers) =>
        expected.SymmetricExcept(layers.Keys).Count;

    static string Explain(Architecture nearest, ImmutableHashSet<string> expected, Dictionary<string, Shape> layers)
    {
        var missing = expected.Except(layers.Keys);
        var extra = layers.Keys.Except(expected);
        return $"the nearest is {nearest.Name}, which has {missing.Count} layers that the file lacks{First(missing)}, and lacks {extra.Count()} of its layers{First(extra)}";
    }

    static string First(IEnumerable<string> names) =>
        names.Order(StringComparer.Ordinal).FirstOrDefault() is { } name ? $" ({name}, …)" : "";
}

using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets;

/// <summary>Tells a network's architecture from the names and shapes of its file's tensors.</summary>
public static class ArchitectureRecognition
{
    const string Codes = ".codes_matrix", Dense = ".weight";

    /// <summary>The architecture whose layers are exactly the file's.</summary>
    /// <param name="file">Dense, or in the published compressed form; names may all begin with <c>module.</c>.</param>
    /// <returns>The architecture with the file's own class and channel counts and width, or an error that says what the nearest one lacks.</returns>
    public static Result<Architecture, PqfError> Recognise(TensorFile file)
    {
        var layers = Layers(file);
        int classCount = layers.GetValueOrDefault("fc") is { Rank: > 0 } fc ? fc[0] : 1000;
        var (width, inChannels) = layers.GetValueOrDefault("conv1") is { Rank: 4 } conv1 ? (conv1[0], conv1[1]) : (null as int?, 3);
        var nearest = ResNet.Names
            .Select(name => (architecture: new Architecture(name), expected: LayersOf(new Architecture(name))))
            .MinBy(candidate => Differences(candidate.expected, layers));
        if (Differences(nearest.expected, layers) > 0)
            return new PqfError.File(file.Path, $"no known architecture has its layers; {Explain(nearest.architecture, nearest.expected, layers)}");
        var found = nearest.architecture with { ClassCount = classCount, InChannels = inChannels, Width = width == ResNet.DefaultWidth(nearest.architecture.Name) ? null : width };
        return ResNet.Build(found).Match<Result<Architecture, PqfError>>(_ => found, error => new PqfError.File(file.Path, error.Message));
    }

    // Norms have weights too, but of one axis only.
    static Dictionary<string, Shape> Layers(TensorFile file) => file.Tensors
        .Where(tensor => tensor.Shape.Rank >= 2 && (tensor.Name.EndsWith(Codes, StringComparison.Ordinal) || tensor.Name.EndsWith(Dense, StringComparison.Ordinal)))
        .GroupBy(tensor => Plain(tensor.Name[..tensor.Name.LastIndexOf('.')]))
        .ToDictionary(group => group.Key, group => group.First().Shape);

    static string Plain(string name) => name.StartsWith("module.", StringComparison.Ordinal) ? name["module.".Length..] : name;

    static ImmutableHashSet<string> LayersOf(Architecture architecture) => ResNet.Build(architecture).Match(
        graph => ParameterSpecs.Of(graph).Where(spec => spec.Role == ParameterRole.Weight).Select(spec => spec.Layer).ToImmutableHashSet(),
        error => throw new InvalidOperationException(error.Message)); // its name is one of those known

    static int Differences(ImmutableHashSet<string> expected, Dictionary<string, Shape> layers) => expected.SymmetricExcept(layers.Keys).Count;

    static string Explain(Architecture nearest, ImmutableHashSet<string> expected, Dictionary<string, Shape> layers)
    {
        var missing = expected.Except(layers.Keys);
        var extra = layers.Keys.Except(expected);
        return $"the nearest is {nearest.Name}, which has {missing.Count} layers that the file lacks{First(missing)}, and lacks {extra.Count()} of its layers{First(extra)}";
    }

    static string First(IEnumerable<string> names) => names.Order(StringComparer.Ordinal).FirstOrDefault() is { } name ? $" ({name}, …)" : "";
}

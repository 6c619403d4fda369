using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Architectures;

/// <summary>What a file's layers are.</summary>
/// <param name="Architecture">The network; without a head it has its family's usual class count.</param>
/// <param name="MissingHead">Layers that depend on the class count, where the file has none of them; else empty.</param>
/// <param name="OtherHead">Linear layers that the file has in their place, with their shapes.</param>
public sealed record Recognition(Architecture Architecture, ImmutableArray<string> MissingHead, ImmutableArray<string> OtherHead)
{
    /// <summary>A network that has a head.</summary>
    public Recognition(Architecture architecture)
        : this(architecture, [], []) { }
}

/// <summary>Finds a network's architecture from the names and shapes of its file's tensors.</summary>
public static class ArchitectureRecognition
{
    const int ShownDifferences = 3;

    /// <summary>The architecture whose layers are exactly the file's, in names and shapes.</summary>
    /// <param name="file">Dense, or in the published compressed form; names may all begin with <c>module.</c>.</param>
    /// <returns>The architecture with the file's own class and channel counts, width and options, or an error that names the nearest one
    /// and the first differences.</returns>
    public static Result<Architecture, PqfError> Recognise(TensorFile file) =>
        NamedTensors
            .Of(file)
            .Bind(RecogniseBody)
            .Bind<Architecture>(found => found.MissingHead.IsEmpty ? found.Architecture : HeadIsMissing(file.Path, found));

    /// <summary>As <see cref="Recognise"/>, but the file may lack the network's head, or have another one.</summary>
    public static Result<Recognition, PqfError> RecogniseBody(NamedTensors tensors)
    {
        string path = tensors.File.Path;
        var shapes = WeightShapes.Of(tensors);
        var nearest = Networks
            .Families.SelectMany(family => family.Names.Select(name => Candidate.Of(family, name, shapes)))
            .MinBy(candidate => candidate.DifferenceCount)!;
        if (nearest.LacksHeadOnly(shapes))
            return new Recognition(
                nearest.Architecture,
                nearest.Missing,
                [.. nearest.Extra.Order(StringComparer.Ordinal).Select(layer => $"{layer} {shapes.Dense(layer)}")]
            );
        if (nearest.DifferenceCount > 0)
            return new PqfError.File(
                path,
                $"no known architecture has its layers; the nearest is {nearest.Explain()}"
                    + (
                        !tensors.IsOfUnknownGraph ? ""
                        : tensors.Difference is { } difference
                            ? $"; the model's graph is not that of a known network either: the first operation that differs is {difference}"
                        : "; the model's graph is not that of a known network either"
                    )
            );
        return nearest.Problem is { } problem ? new PqfError.File(path, problem.Message) : new Recognition(nearest.Architecture);
    }

    /// <summary>What is wrong with a file without a head, or with another one.</summary>
    public static PqfError HeadIsMissing(string path, Recognition found)
    {
        string name = found.Architecture.Name,
            head = string.Join(", ", found.MissingHead);
        string problem = found.OtherHead.IsEmpty
            ? $"it is missing ({head})"
            : $"expected one linear layer ({head}), got {string.Join(" and ", found.OtherHead)}";
        return new PqfError.File(
            path,
            $"has all layers of {name} but its head: {problem}; training with model.class_count draws a new one"
        );
    }

    /// <summary>A known network, as large as the file's, and how it differs from the file.</summary>
    /// <param name="Architecture">The network.</param>
    /// <param name="Problem">Why there is no network of such sizes; shapes are not compared then.</param>
    /// <param name="Missing">Layers that the file lacks.</param>
    /// <param name="Extra">Layers of the file that the network lacks.</param>
    /// <param name="Mismatched">Weights of other shapes, for a person.</param>
    sealed record Candidate(
        Architecture Architecture,
        PqfError? Problem,
        ImmutableArray<string> Missing,
        ImmutableArray<string> Extra,
        ImmutableArray<string> Mismatched
    )
    {
        /// <summary>All is there but the layers that depend on the class count, and nothing else but linear layers in modules of their
        /// own.</summary>
        public bool LacksHeadOnly(WeightShapes shapes)
        {
            return DifferenceCount > 0
                && Problem is null
                && Mismatched.IsEmpty
                && KnownLayers.Networks.First(known => known.Name == Architecture.Name) is var known
                && known.Head.SetEquals(Missing)
                && Extra.All(layer => shapes.Dense(layer) is { Rank: 2 } && !known.IsInBody(layer));
        }

        public int DifferenceCount => Missing.Length + Extra.Length + Mismatched.Length;

        public static Candidate Of(NetworkFamily family, string name, WeightShapes shapes)
        {
            var architecture = family.Sized(name, shapes);
            var problem = family.Build(architecture).Match(_ => (PqfError?)null, error => error);
            var usual = new Architecture(name, family.DefaultClassCount, family.DefaultInChannels);
            var weights = Weights(family.Build(problem is null ? architecture : usual).ValueOrThrow());
            HashSet<string> stored = [.. shapes.Layers],
                expected = [.. weights.Select(weight => weight.Layer)];
            return new(
                architecture,
                problem,
                [.. expected.Where(layer => !stored.Contains(layer))],
                [.. stored.Where(layer => !expected.Contains(layer))],
                problem is not null
                    ? []
                    :
                    [
                        .. weights
                            .Where(weight => stored.Contains(weight.Layer) && !shapes.Agrees(weight.Layer, weight.Shape))
                            .Select(weight => $"{weight.Name}: expected {weight.Shape}, got {shapes.Text(weight.Layer)}"),
                    ]
            );
        }

        public string Explain()
        {
            string layers =
                $"which has {Plural.Of(Missing.Length, "layer")} that the file lacks{First(Missing)}, and lacks {Extra.Length} of its "
                + $"layers{First(Extra)}";
            string others = string.Join("; ", Mismatched.Take(ShownDifferences)) + (Mismatched.Length > ShownDifferences ? "; …" : "");
            return $"{Architecture.Name}, "
                + (
                    Mismatched.IsEmpty ? layers
                    : Missing.IsEmpty && Extra.IsEmpty
                        ? $"whose weights have other shapes in {Plural.Of(Mismatched.Length, "layer")} ({others})"
                    : $"{layers}, and whose weights have other shapes in {Plural.Of(Mismatched.Length, "layer")} ({others})"
                );
        }

        static string First(IEnumerable<string> names) =>
            names.Order(StringComparer.Ordinal).FirstOrDefault() is { } name ? $" ({name}, …)" : "";
    }

    static ImmutableArray<ParameterSpec> Weights(Graph graph) =>
        [.. ParameterSpecs.Of(graph).Where(spec => spec.Role == ParameterRole.Weight)];
}

using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Architectures;

/// <summary>What a file's layers are.</summary>
/// <param name="Architecture">The network; without a head it has its family's usual class count.</param>
/// <param name="MissingHead">Layers that depend on the class count, where the file has none of them; else empty.</param>
public sealed record Recognition(Architecture Architecture, ImmutableArray<string> MissingHead);

/// <summary>Finds a network's architecture from the names and shapes of its file's tensors.</summary>
public static class ArchitectureRecognition
{
    const int ShownDifferences = 3;

    /// <summary>The architecture whose layers are exactly the file's, in names and shapes.</summary>
    /// <param name="file">Dense, or in the published compressed form; names may all begin with <c>module.</c>.</param>
    /// <returns>The architecture with the file's own class and channel counts, width and options, or an error that names the nearest one
    /// and the first differences.</returns>
    public static Result<Architecture, PqfError> Recognise(TensorFile file) =>
        RecogniseBody(file).Bind<Architecture>(found => found.MissingHead.IsEmpty ? found.Architecture : HeadIsMissing(file, found));

    /// <summary>As <see cref="Recognise"/>, but the file may lack the network's head.</summary>
    public static Result<Recognition, PqfError> RecogniseBody(TensorFile file)
    {
        var shapes = WeightShapes.Of(file);
        var nearest = Networks
            .Families.SelectMany(family => family.Names.Select(name => Candidate.Of(family, name, shapes)))
            .MinBy(candidate => candidate.DifferenceCount)!;
        if (nearest.LacksHeadOnly)
            return new Recognition(nearest.Architecture, nearest.Missing);
        if (nearest.DifferenceCount > 0)
            return new PqfError.File(file.Path, $"no known architecture has its layers; the nearest is {nearest.Explain()}");
        return nearest.Problem is { } problem ? new PqfError.File(file.Path, problem.Message) : new Recognition(nearest.Architecture, []);
    }

    /// <summary>What is wrong with a file without a head.</summary>
    public static PqfError HeadIsMissing(TensorFile file, Recognition found) =>
        new PqfError.File(
            file.Path,
            $"has all layers of {found.Architecture.Name} but its head, which is missing ({string.Join(", ", found.MissingHead)}); "
                + "training with model.class_count draws a new one"
        );

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
        /// <summary>All is there but the layers that depend on the class count.</summary>
        public bool LacksHeadOnly =>
            Problem is null
            && Extra.IsEmpty
            && Mismatched.IsEmpty
            && !Missing.IsEmpty
            && Networks.FamilyOf(Architecture).ClassParameters(Architecture).Select(spec => spec.Layer).ToHashSet().SetEquals(Missing);

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
                $"which has {Missing.Length} layers that the file lacks{First(Missing)}, and lacks {Extra.Length} of its "
                + $"layers{First(Extra)}";
            string others = string.Join("; ", Mismatched.Take(ShownDifferences)) + (Mismatched.Length > ShownDifferences ? "; …" : "");
            return $"{Architecture.Name}, "
                + (
                    Mismatched.IsEmpty ? layers
                    : Missing.IsEmpty && Extra.IsEmpty ? $"whose weights have other shapes in {Mismatched.Length} layers ({others})"
                    : $"{layers}, and whose weights have other shapes in {Mismatched.Length} layers ({others})"
                );
        }

        static string First(IEnumerable<string> names) =>
            names.Order(StringComparer.Ordinal).FirstOrDefault() is { } name ? $" ({name}, …)" : "";
    }

    static ImmutableArray<ParameterSpec> Weights(Graph graph) =>
        [.. ParameterSpecs.Of(graph).Where(spec => spec.Role == ParameterRole.Weight)];
}

using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>A file's tensors under the names used here: the one place that knows what other programs put around and instead of
/// torchvision's names.</summary>
/// <remarks>
/// Stripped are the modules around a known network (<c>module.</c>, <c>model.</c>, <c>backbone.</c>, <c>module.encoder_q.</c>, nested) and
/// wrappers anywhere in a name (<c>_orig_mod.</c>). A pruned weight is one tensor. Names of Hugging Face and of torchvision's versions are
/// translated by the families. The one linear layer in the place of a classifier's head is that head.
/// </remarks>
public sealed record NamedTensors
{
    const string Module = "module.";

    readonly IReadOnlyDictionary<string, string> own;

    NamedTensors(TensorFile file, IReadOnlyDictionary<string, string> own) => (File, this.own) = (file, own);

    /// <summary>The network's tensors, by the names used here. Whoever opened the file disposes of it.</summary>
    public TensorFile File { get; }

    /// <summary>Names of tensors that are not within the network.</summary>
    public ImmutableArray<string> Outside { get; private init; } = [];

    /// <summary>Names in the file of tensors that are not the known network's and change what it computes.</summary>
    internal ImmutableHashSet<string> Extra { get; private init; } = [];

    /// <summary>Whether the file is a model whose graph says what it computes.</summary>
    internal bool HasGraph { get; private init; }

    /// <summary>What was guessed, a line each.</summary>
    public ImmutableArray<string> Notes { get; private init; } = [];

    /// <summary>The name that a tensor has in the file.</summary>
    public string OwnName(string name) => own.GetValueOrDefault(name, name);

    /// <summary>Whether the file says what it computes, and that is no network that is known.</summary>
    public bool IsOfUnknownGraph { get; private init; }

    /// <summary>The first operation of such a file that no known network has there; null if there is no single one.</summary>
    internal string? Difference { get; private init; }

    /// <summary>Finds the network in a file. An ONNX model whose graph is that of a known network has the names that the graph
    /// gives.</summary>
    /// <returns>An error if it holds several, two tensors for one parameter, weights in a form that is not read, another program's
    /// detector, or a model whose names are a known network's and whose graph is not.</returns>
    public static Result<NamedTensors, PqfError> Of(TensorFile file) =>
        (file.Onnx is { } model ? OnnxNames.CheckOperators(file, model).Bind(_ => Of(file, model)) : ByNames(file)).Map(named =>
            named with
            {
                Notes = [.. file.Notes, .. named.Notes],
            }
        );

    static Result<NamedTensors, PqfError> Of(TensorFile file, OnnxModel model)
    {
        var named = ByNames(file);
        string? known = named
            .Bind(ArchitectureRecognition.RecogniseBody)
            .Match(found => found.MissingHead.IsEmpty ? found.Architecture.Name : null, _ => null);
        int decoded = model.Constants.DequantisedCount;
        ImmutableArray<string> notes = decoded > 0 ? [$"{decoded} tensors are stored as integers with a scale; they are decoded"] : [];
        if (OnnxNames.Find(model) is not { } found)
        {
            string? difference = OnnxNames.Difference(model);
            return known is not null && !model.Outputs.IsEmpty
                ? new PqfError.File(
                    file.Path,
                    $"has the names and shapes of {known}, but the model's graph is another"
                        + (difference is null ? "" : $": the first operation that differs is {difference}")
                )
                : named.Map(tensors =>
                    tensors with
                    {
                        Notes = [.. tensors.Notes, .. notes],
                        IsOfUnknownGraph = known is null,
                        Difference = known is null ? difference : null,
                        HasGraph = true,
                    }
                );
        }

        return new NamedTensors(
            new(file.Path, file.Format, found.Tensors.Select(pair => pair.Value.Rename(pair.Key)), file.Metadata),
            found.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Name)
        )
        {
            HasGraph = true,
            Notes = known is not null ? notes : notes.Add($"the weights are named by the model's graph, which is that of {found.Network}"),
        };
    }

    static Result<NamedTensors, PqfError> ByNames(TensorFile file) =>
        from tensors in PlainTensors.Of(file)
        from _ in ForeignDetectors.Check(file)
        from place in NetworkPlace.Find(file.Path, [.. WeightLayers(tensors)])
        let split = Split(tensors, place)
        let inside = Heads.Adopt(split.Inside, split.Outside, place)
        let outside = split.Outside.RemoveAll(pair => inside.Adopted.Contains(pair.Tensor.Name))
        from unique in Unique(file, inside.Tensors)
        select new NamedTensors(
            new(file.Path, file.Format, unique.Select(pair => pair.Tensor.Rename(pair.Name)), file.Metadata),
            unique.ToDictionary(pair => pair.Name, pair => pair.Tensor.Name)
        )
        {
            Outside = [.. outside.Select(pair => pair.Tensor.Name)],
            Extra = HeadNeighbours.Of(inside.Tensors, outside, place),
            Notes = inside.Notes,
        };

    /// <summary>The tensors of a file that has the names used here.</summary>
    public static NamedTensors AsTheyAre(TensorFile file) => new(file, ImmutableDictionary<string, string>.Empty);

    /// <summary>The tensors under a prefix, which is taken from their names.</summary>
    /// <param name="file">The file.</param>
    /// <param name="plain">Its tensors without wrappers, names unique.</param>
    /// <param name="prefix">Empty, or ends in a dot.</param>
    internal static NamedTensors Under(TensorFile file, ImmutableArray<(string Name, StoredTensor Tensor)> plain, string prefix)
    {
        var inside = plain.ToLookup(pair => pair.Name.StartsWith(prefix, StringComparison.Ordinal));
        return new(
            new(file.Path, file.Format, inside[true].Select(pair => pair.Tensor.Rename(pair.Name[prefix.Length..])), file.Metadata),
            inside[true].ToDictionary(pair => pair.Name[prefix.Length..], pair => pair.Tensor.Name)
        )
        {
            Outside = [.. inside[false].Select(pair => pair.Tensor.Name)],
            Notes = [.. file.Notes],
        };
    }

    /// <summary>The same with some parameters drawn newly, whatever the file holds of their layers.</summary>
    /// <param name="specs">The parameters.</param>
    /// <param name="draw">Values of one of them.</param>
    public NamedTensors WithNew(ImmutableArray<ParameterSpec> specs, Func<ParameterSpec, float[]> draw)
    {
        var layers = specs.Select(spec => spec.Layer).ToHashSet();
        var kept = File.Tensors.Where(tensor =>
            !layers.Any(layer => tensor.Name.StartsWith(layer + ".", StringComparison.Ordinal)) && !Extra.Contains(OwnName(tensor.Name))
        );
        var drawn = specs.Select(spec => StoredTensor.FromSingles(spec.Name, spec.Shape, draw(spec)));
        return new(new(File.Path, File.Format, kept.Concat(drawn), File.Metadata), own) { Outside = Outside, HasGraph = HasGraph };
    }

    /// <summary>The part of a tensor's name before the last dot.</summary>
    internal static string LayerOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];

    /// <summary>Layers that have a weight of more than one axis, or codes.</summary>
    internal static IEnumerable<string> WeightLayers(IEnumerable<(string Name, StoredTensor Tensor)> tensors) =>
        tensors
            .Where(pair =>
                pair.Tensor.Shape.Rank >= 2
                && (
                    pair.Name.EndsWith(".weight", StringComparison.Ordinal) || pair.Name.EndsWith(".codes_matrix", StringComparison.Ordinal)
                )
            )
            .Select(pair => LayerOf(pair.Name))
            .Distinct();

    /// <summary>The network's tensors by the names used here, and the others by their own.</summary>
    static (ImmutableArray<(string Name, StoredTensor Tensor)> Inside, ImmutableArray<(string Name, StoredTensor Tensor)> Outside) Split(
        ImmutableArray<(string Name, StoredTensor Tensor)> tensors,
        NetworkPlace? place
    )
    {
        string prefix = place?.Prefix ?? (tensors.All(pair => pair.Name.StartsWith(Module, StringComparison.Ordinal)) ? Module : "");
        var inside = tensors.ToLookup(pair => pair.Name.StartsWith(prefix, StringComparison.Ordinal) && !IsOthers(pair.Name));
        return ([.. inside[true].Select(pair => (Networks.Canonical(pair.Name[prefix.Length..]), pair.Tensor))], [.. inside[false]]);

        // In another network within the place of this one, and not a layer of this one.
        bool IsOthers(string name) =>
            place is { Others.IsEmpty: false }
            && !place.Known.All.Contains(LayerOf(Networks.Canonical(name[prefix.Length..])))
            && NetworkPlace.PrefixesOf(name).Any(place.Others.Contains);
    }

    static Result<ImmutableArray<(string Name, StoredTensor Tensor)>, PqfError> Unique(
        TensorFile file,
        ImmutableArray<(string Name, StoredTensor Tensor)> tensors
    )
    {
        var first = new Dictionary<string, StoredTensor>();
        foreach (var (name, tensor) in tensors)
            if (!first.TryAdd(name, tensor))
                return new PqfError.File(
                    file.Path,
                    $"holds {Printable.Name(name)} twice, as {Printable.Name(first[name].Name)} and as {Printable.Name(tensor.Name)}; "
                        + "expected one of them"
                );
        return tensors;
    }
}

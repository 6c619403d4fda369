using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Architectures;

/// <summary>Shapes of the weights in a file, by layer: of dense weights, or of codes and codebooks. Norms are left out.</summary>
public sealed class WeightShapes
{
    const string DenseName = ".weight",
        CodesName = ".codes_matrix",
        CodebookName = ".codebook";

    readonly ImmutableDictionary<string, Shape> shapes;

    WeightShapes(ImmutableDictionary<string, Shape> shapes) => this.shapes = shapes;

    /// <summary>The shapes in a file.</summary>
    /// <param name="tensors">Dense, or in the published compressed form.</param>
    public static WeightShapes Of(NamedTensors tensors) => Of(tensors.File.Tensors.Select(tensor => (tensor.Name, tensor)));

    /// <summary>The shapes of tensors by the names used here.</summary>
    internal static WeightShapes Of(IEnumerable<(string Name, StoredTensor Tensor)> tensors) =>
        new(
            tensors
                .Where(pair => pair.Tensor.Shape.Rank >= 2) // norms have weights too, but of one axis only
                .Where(pair => new[] { DenseName, CodesName, CodebookName }.Any(end => pair.Name.EndsWith(end, StringComparison.Ordinal)))
                .GroupBy(pair => pair.Name)
                .ToImmutableDictionary(group => group.Key, group => group.First().Tensor.Shape)
        );

    /// <summary>The shapes of a graph's weights.</summary>
    public static WeightShapes Of(Graph graph) =>
        new(
            ParameterSpecs
                .Of(graph)
                .Where(spec => spec.Role == ParameterRole.Weight)
                .ToImmutableDictionary(spec => spec.Name, spec => spec.Shape)
        );

    /// <summary>Layers with a dense weight or with codes.</summary>
    public IEnumerable<string> Layers =>
        shapes
            .Keys.Where(name => !name.EndsWith(CodebookName, StringComparison.Ordinal))
            .Select(name => name[..name.LastIndexOf('.')])
            .Distinct();

    /// <summary>Shape of a layer's dense weight; null if the file has none.</summary>
    public Shape? Dense(string layer) => Find(layer + DenseName);

    /// <summary>Rows of a layer's weight or of its codes; null if the file has neither.</summary>
    public int? Rows(string layer) => (Dense(layer) ?? Find(layer + CodesName))?[0];

    /// <summary>Whether a layer's weight may have a shape, as far as the file shows: codes without a codebook only show the rows.</summary>
    public bool Agrees(string layer, Shape weight) =>
        Dense(layer) is { } dense ? dense == weight
        : Find(layer + CodesName) is not { } codes ? false
        : Find(layer + CodebookName) is { } codebook ? CodesFit(codes, codebook, weight)
        : codes[0] == weight[0];

    /// <summary>What the file holds of a layer, for a person.</summary>
    public string Text(string layer) =>
        Dense(layer) is { } dense ? dense.ToString()
        : Find(layer + CodebookName) is { } codebook ? CodesText(Find(layer + CodesName) ?? [], codebook)
        : $"codes {Find(layer + CodesName)}";

    /// <summary>Whether codes [rows, m] of a codebook [k, d] make a weight.</summary>
    internal static bool CodesFit(Shape codes, Shape codebook, Shape weight) =>
        codes.Rank == 2
        && codebook.Rank == 2
        && codebook[0] is >= 1 and <= 65536
        && codes[0] == weight[0]
        && (long)codes.Count * codebook[1] == weight.Count;

    /// <summary>Codes and codebook, for a person.</summary>
    internal static string CodesText(Shape codes, Shape codebook) => $"codes {codes} of a codebook {codebook}";

    Shape? Find(string name) => shapes.TryGetValue(name, out var shape) ? shape : null;
}

using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>Finds a classifier's head under another name: <c>fc.1</c> after a dropout, <c>head.fc</c>, <c>last_linear</c>.</summary>
static class Heads
{
    // What programs call the layer that makes the classes where it is beside the body and not within it.
    static readonly string[] Names = ["fc", "head", "cls_head", "classifier", "linear", "last_linear", "logits"];

    /// <summary>The tensors with the head under its name here.</summary>
    /// <param name="inside">Of the network, by the names used here.</param>
    /// <param name="outside">Others, by their own.</param>
    /// <param name="place">Which network it is; null if it is unknown.</param>
    /// <returns>All tensors of the network, those taken from outside by their own names, and what was guessed.</returns>
    /// <remarks>Only where the known head is missing and one linear layer alone is left that has as many inputs.</remarks>
    public static (
        ImmutableArray<(string Name, StoredTensor Tensor)> Tensors,
        ImmutableHashSet<string> Adopted,
        ImmutableArray<string> Notes
    ) Adopt(
        ImmutableArray<(string Name, StoredTensor Tensor)> inside,
        ImmutableArray<(string Name, StoredTensor Tensor)> outside,
        NetworkPlace? place
    )
    {
        if (
            place is not { Known: { Head.Count: 1 } known }
            || inside.Any(pair => NamedTensors.LayerOf(pair.Name) == known.Family.Head)
            || InputCount(known, inside) is not { } inputCount
        )
            return (inside, [], []);
        var strangers = Linear(inside).Where(pair => !known.All.Contains(NamedTensors.LayerOf(pair.Name))).ToArray();
        var found = strangers.Length > 0 ? strangers : [.. Linear(outside).Where(pair => IsBeside(pair.Name, place.Prefix))];
        if (found is not [var only] || only.Tensor.Shape[1] != inputCount)
            return (inside, [], []);
        string layer = NamedTensors.LayerOf(only.Name);
        var adopted = strangers.Length > 0 ? [] : outside.Where(pair => NamedTensors.LayerOf(pair.Name) == layer).ToArray();
        return (
            [
                .. inside
                    .Concat(adopted)
                    .Select(pair =>
                        NamedTensors.LayerOf(pair.Name) == layer ? (known.Family.Head + pair.Name[layer.Length..], pair.Tensor) : pair
                    ),
            ],
            [.. adopted.Select(pair => pair.Tensor.Name)],
            [$"takes {Printable.Name(NamedTensors.LayerOf(only.Tensor.Name))} for the head, {known.Family.Head}"]
        );
    }

    /// <summary>Whether a layer has a head's name in one of the modules around the network.</summary>
    static bool IsBeside(string name, string prefix) =>
        NetworkPlace
            .PrefixesOf(prefix)
            .Any(around => name.StartsWith(around, StringComparison.Ordinal) && Names.Contains(name[around.Length..].Split('.')[0]));

    /// <summary>Layers of a weight [outputs, inputs].</summary>
    static IEnumerable<(string Name, StoredTensor Tensor)> Linear(IEnumerable<(string Name, StoredTensor Tensor)> tensors) =>
        tensors.Where(pair => pair.Tensor.Shape.Rank == 2 && pair.Name.EndsWith(".weight", StringComparison.Ordinal));

    /// <summary>Inputs of the head of a network as wide as the file's.</summary>
    static int? InputCount(KnownLayers known, ImmutableArray<(string Name, StoredTensor Tensor)> inside) =>
        known
            .Family.Build(known.Family.Sized(known.Name, WeightShapes.Of(inside)))
            .Match(graph => (int?)ParameterSpecs.Of(graph).First(spec => spec.Layer == known.Family.Head).Shape[1], _ => null);
}

using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>The tensors of a layer to be.</summary>
/// <param name="Name">What the layer would be called if no other one were.</param>
/// <param name="Key">The same for layers that share all tensors, and for no others.</param>
/// <param name="Tensors">By what follows the layer's name: <c>.weight</c>.</param>
sealed record DraftWeights(string Name, string Key, ImmutableArray<(string Suffix, StoredTensor Tensor)> Tensors);

/// <summary>A layer to be: its number and its name are known when the graph is whole.</summary>
/// <param name="Inputs">Places of the drafts read.</param>
/// <param name="Make">Makes the layer of its inputs' numbers and its name.</param>
/// <param name="Layer">The layer with places for numbers.</param>
/// <param name="Shape">Of its value for one image, as it lies in memory.</param>
/// <param name="Weights">Its tensors, if it has any.</param>
sealed record Draft(
    ImmutableArray<int> Inputs,
    Func<ImmutableArray<int>, string, Layer> Make,
    Layer Layer,
    Shape Shape,
    DraftWeights? Weights
);

/// <summary>The layers that were made of a model so far. Those that no output needs are left out of the graph, so that several nodes can
/// become one layer without a search for what is used twice.</summary>
sealed class Drafts
{
    /// <summary>Values of one image at a place of the network: 1 GiB in single precision.</summary>
    const int MaxValues = 1 << 28;

    readonly List<Draft> all = [];

    /// <summary>The draft at a place.</summary>
    public Draft this[int place] => all[place];

    /// <summary>Appends a layer.</summary>
    /// <param name="inputs">Places of the drafts read.</param>
    /// <param name="make">Makes the layer of its inputs' numbers and its name.</param>
    /// <param name="weights">Its tensors, if it has any.</param>
    /// <returns>Its place.</returns>
    /// <exception cref="ShapeException">It does not fit what it reads, or is too large.</exception>
    public int Add(ImmutableArray<int> inputs, Func<ImmutableArray<int>, string, Layer> make, DraftWeights? weights = null)
    {
        var layer = make(inputs, weights?.Name ?? "");
        return Add(new(inputs, make, layer, layer.OutputShape([.. inputs.Select(input => all[input].Shape)]), weights));
    }

    /// <summary>Appends the images.</summary>
    /// <param name="shape">[1, H, W, C].</param>
    /// <exception cref="ShapeException">They are too large.</exception>
    public int AddImages(Shape shape) => Add(new([], (_, _) => new InputLayer(shape[3]), new InputLayer(shape[3]), shape, null));

    /// <summary>The graph of what some values need, and the tensors of its parameters.</summary>
    /// <param name="outputs">Places, in any order.</param>
    /// <returns>The number of each draft that is in the graph besides.</returns>
    public (Graph Graph, ImmutableArray<StoredTensor> Tensors, IReadOnlyDictionary<int, int> Numbers) Build(
        IReadOnlyCollection<int> outputs
    )
    {
        var needed = outputs.ToHashSet();
        for (int place = all.Count - 1; place >= 0; place--)
            if (needed.Contains(place))
                needed.UnionWith(all[place].Inputs);
        var (names, numbers) = (new LayerNames(), new Dictionary<int, int>());
        var layers = ImmutableArray.CreateBuilder<Layer>();
        foreach (int place in needed.Order())
        {
            var draft = all[place];
            layers.Add(draft.Make([.. draft.Inputs.Select(input => numbers[input])], draft.Weights is { } w ? names.Of(w) : ""));
            numbers.Add(place, layers.Count - 1);
        }

        var graph = new Graph(layers.ToImmutable(), [.. outputs.Select(place => numbers[place]).Distinct().Order()]);
        return (graph, names.Tensors, numbers);
    }

    int Add(Draft draft)
    {
        if (draft.Shape.Count > MaxValues)
            throw new ShapeException(draft.Layer.Kind, $"its value {draft.Shape} has more than {MaxValues} elements");
        all.Add(draft);
        return all.Count - 1;
    }
}

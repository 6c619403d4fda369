using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>One node of a model as it becomes layers: what it reads, and where layers go.</summary>
/// <param name="model">The whole.</param>
/// <param name="node">The node.</param>
sealed class NodeReading(ModelReading model, OnnxNode node)
{
    /// <summary>The node.</summary>
    public OnnxNode Node => node;

    /// <summary>Version of the operations.</summary>
    public int Opset => model.Opset;

    /// <summary>Images of a batch, where the model fixes them.</summary>
    public long? BatchSize => model.BatchSize;

    /// <summary>The layers so far.</summary>
    public Drafts Drafts => model.Drafts;

    /// <summary>Whether an input is given.</summary>
    public bool Has(int i) => node.Input(i).Length > 0;

    /// <summary>An input that depends on the images; null if it does not.</summary>
    public ModelValue? Value(int i) => model.Value(node.Input(i));

    /// <summary>An input that does not depend on the images; null if it does, or is left out.</summary>
    public StoredTensor? Constant(int i) => model.Constant(node.Input(i));

    /// <summary>An input that is a small tensor of numbers; null if it is not.</summary>
    public Extents? Extents(int i) => model.Extents(node.Input(i));

    /// <summary>An input that is one number; null if it is not.</summary>
    public float? Scalar(int i) =>
        Extents(i) is { Numbers: [var number] } ? (float)number
        : Constant(i) is { Shape.Count: 1 } x ? x.ToSingles()[0]
        : null;

    /// <summary>An input that is a list of whole numbers; null if it is not.</summary>
    public ImmutableArray<long>? Integers(int i) => Extents(i)?.Integers;

    /// <summary>Numbers that older versions of an operation have as an attribute, newer ones as an input.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="input">The input.</param>
    /// <returns>Empty if both are left out; null if they are not known.</returns>
    public ImmutableArray<long>? IntegersOf(string attribute, int input) => Has(input) ? Integers(input) : node.Integers(attribute, []);

    /// <summary>Whether an attribute is a given number, or left out and that by default.</summary>
    public bool Is(string attribute, long value, long otherwise) => node.Integer(attribute, otherwise) == value;

    /// <summary>Lengths of the axes behind the first of a value, as the model has them.</summary>
    public ImmutableArray<int> ImageShape(ModelValue x)
    {
        var s = Drafts[x.Place].Shape;
        return s.Rank == 4 && x.Order == AxisOrder.ChannelsFirst ? [s[3], s[1], s[2]] : [.. s.Skip(1)];
    }

    /// <summary>Axes of a value.</summary>
    public int Rank(ModelValue x) => Drafts[x.Place].Shape.Rank;

    /// <summary>The place in memory of an axis of the model.</summary>
    public int MemoryAxis(ModelValue x, int axis) => x.Order == AxisOrder.ChannelsLast ? axis : OnnxLayout.MemoryAxis(Rank(x), axis);

    /// <summary>The axis of the model that is last in memory.</summary>
    public int ChannelAxis(ModelValue x) => Rank(x) == 4 && x.Order == AxisOrder.ChannelsFirst ? 1 : Rank(x) - 1;

    /// <summary>An axis that may count from the end; null if the value has no such axis.</summary>
    public int? Axis(ModelValue x, long axis)
    {
        int rank = Rank(x);
        return axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : null;
    }

    /// <summary>Images [N, C, H, W] among the inputs; null if the input is anything else.</summary>
    public ModelValue? Images(int i) => Value(i) is { } x && Rank(x) == 4 ? AsMemory(x) : null;

    /// <summary>What is wrong with an input that is no images.</summary>
    public string NotImages(int i) => $"expected images [N, C, H, W] for input {i}, got {Text(i)}";

    /// <summary>An input, for messages.</summary>
    public string Text(int i) =>
        !Has(i) ? "nothing"
        : Value(i) is { } x ? $"a value of shape [N, {string.Join(", ", ImageShape(x))}]"
        : Constant(i) is { } constant ? $"a constant of shape {constant.Shape}"
        : "what is computed of shapes";

    /// <summary>A value with its axes as in the model; of one of the order [N, H, W, C] they are moved in memory too.</summary>
    public ModelValue AsMemory(ModelValue x) =>
        x.Order == AxisOrder.ChannelsFirst ? x : Layer(x, (from, _) => new TransposeLayer(from[0], OnnxLayout.ToChannelsLast));

    /// <summary>A layer without weights on one value, whose axes stay where they are.</summary>
    public ModelValue Layer(ModelValue x, Func<ImmutableArray<int>, string, Layer> make) => new(Drafts.Add([x.Place], make));

    /// <summary>A layer that changes each value by itself.</summary>
    public ModelValue Elementwise(ModelValue x, Func<int, Layer> make) => Layer(x, (from, _) => make(from[0])) with { Order = x.Order };

    /// <summary>A layer with weights.</summary>
    /// <param name="x">What it reads.</param>
    /// <param name="weights">Its tensors.</param>
    /// <param name="make">Makes it of its input's number and its name.</param>
    public ModelValue Weighted(ModelValue x, DraftWeights weights, Func<int, string, Layer> make) =>
        new(Drafts.Add([x.Place], (from, name) => make(from[0], name), Named(weights)), x.Order);

    DraftWeights Named(DraftWeights weights) => weights with { Name = LayerNames.OfModules(weights.Name, node.Name) };

    /// <summary>Tells the user something of the model.</summary>
    public void Note(string text) => model.Notes.Add(text);
}

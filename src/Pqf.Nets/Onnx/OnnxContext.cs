using Pqf.Nets.Execution;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx;

/// <summary>Writes a layer to an ONNX graph.</summary>
delegate void OnnxForm(OnnxContext onnx);

/// <summary>The place of one layer in the ONNX graph that is written.</summary>
/// <param name="graph">The whole.</param>
/// <param name="node">The layer's number.</param>
readonly struct OnnxContext(OnnxGraph graph, int node)
{
    /// <summary>Values by name.</summary>
    public Parameters Parameters => graph.Parameters;

    /// <summary>[1, H, W, C] or [1, features] of the layer's value.</summary>
    public Shape Shape => graph.Shape(node);

    /// <summary>Name of the layer's value.</summary>
    public string Output => graph.Name(node);

    /// <summary>Name of an input.</summary>
    /// <param name="i">Its place among the layer's inputs.</param>
    public string Input(int i) => graph.Name(graph.Layers[node].Inputs[i]);

    /// <summary>Whether the images may have another size than <see cref="Shape"/> follows from.</summary>
    public bool IsAnySize => graph.IsAnySize;

    /// <summary>A name for a value on the way to the layer's.</summary>
    public string Between(string what) => $"{graph.Scoped(node)}/{what}";

    /// <summary>An operation on the layer's inputs that gives the layer's value.</summary>
    /// <param name="operation">Its name in the standard.</param>
    /// <param name="attributes">Made by <see cref="OnnxMessages"/>.</param>
    public void Add(string operation, params IEnumerable<WireField> attributes) =>
        Add(operation, graph.Layers[node].Inputs.Select(graph.Name), Output, attributes);

    /// <summary>An operation on values of any names.</summary>
    /// <inheritdoc cref="OnnxMessages.Node"/>
    public void Add(string operation, IEnumerable<string> inputs, string output, params IEnumerable<WireField> attributes) =>
        graph.Add(OnnxMessages.Node(operation, inputs, output, attributes));

    /// <summary>An operation on the first input, a weight and perhaps a bias. The norm that follows is folded in where the weight is
    /// dense.</summary>
    /// <param name="operation">Its name in the standard.</param>
    /// <param name="layer">The layer's name.</param>
    /// <param name="hasBias">Whether the layer has a bias of its own.</param>
    /// <param name="fold">The weights with a norm, which may be null.</param>
    /// <param name="attributes">Made by <see cref="OnnxMessages"/>.</param>
    public void AddWeighted(
        string operation,
        string layer,
        bool hasBias,
        Func<BatchNormLayer?, FoldedLayer> fold,
        params IEnumerable<WireField> attributes
    )
    {
        var norm = graph.Norm(node);
        var weight = Parameters[$"{layer}.weight"];
        string name = weight.IsCompressed
            ? graph.Weights.Decoded(layer, weight)
            : Initialiser($"{layer}.weight", weight.Shape, () => fold(norm).ToDense());
        string[] bias = hasBias || norm is not null ? [Initialiser($"{layer}.bias", [Shape.Last], () => fold(norm).Bias!)] : [];
        Add(operation, [Input(0), name, .. bias], Output, attributes);
    }

    /// <summary>A tensor of the file.</summary>
    /// <inheritdoc cref="OnnxWeights.Add(string, Shape, Func{float[]})"/>
    public string Initialiser(string name, Shape shape, Func<float[]> values) => graph.Weights.Add(name, shape, values);

    /// <inheritdoc cref="OnnxWeights.Integers"/>
    public string Integers(params IEnumerable<int> values) => graph.Weights.Integers(values);

    /// <inheritdoc cref="OnnxWeights.Number"/>
    public string Number(float value) => graph.Weights.Number(value);

    /// <inheritdoc cref="OnnxWeights.Numbers"/>
    public string Numbers(params IEnumerable<float> values) => graph.Weights.Numbers(values);

    /// <summary>[1, H, W, C], [1, …] of the value that an input is.</summary>
    /// <param name="i">Its place among the layer's inputs.</param>
    public Shape InputShape(int i) => graph.Shape(graph.Layers[node].Inputs[i]);
}

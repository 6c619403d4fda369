using Pqf.Nets.Onnx.Reading;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Partial;

/// <summary>Finds the weights of a model's convolutions and linear layers, in inner graphs too, without knowing what its other nodes
/// do.</summary>
sealed class WeightSearch
{
    /// <summary>Copies and casts between a weight and its reader.</summary>
    const int MaxSteps = 16;

    readonly OnnxModel model;
    readonly OnnxInnerGraphs inner;
    readonly Dictionary<string, OnnxNode> makers = [];
    readonly Dictionary<string, StoredTensor> initialisers;
    readonly Dictionary<string, PartialWeight> found = [];
    readonly List<PartialWeight> weights = [];
    readonly HashSet<string> layers = [];

    WeightSearch(OnnxModel model, OnnxInnerGraphs inner)
    {
        (this.model, this.inner) = (model, inner);
        initialisers = model.Initialisers.ToDictionary(tensor => tensor.Name);
        foreach (var node in model.Nodes)
            makers.TryAdd(node.Output, node);
    }

    /// <summary>All weights, each once, in the order of the nodes that read them first.</summary>
    /// <remarks>A weight of an inner graph is found if it is a tensor of the model's own graph.</remarks>
    public static IReadOnlyList<PartialWeight> Of(OnnxModel model, OnnxInnerGraphs inner)
    {
        var search = new WeightSearch(model, inner);
        foreach (var node in model.Nodes.Concat(inner.Nodes).Where(node => node.IsStandard))
            search.Add(node);
        return search.weights;
    }

    void Add(OnnxNode node)
    {
        switch (node.Operator)
        {
            case "Conv" or "ConvTranspose" when node.Integer("group", 1) is > 0 and <= int.MaxValue and var groups:
                Add(node, 1, isMatrix: false, isTurned: false, (int)groups, node.Operator == "ConvTranspose");
                break;
            case "Gemm":
                Add(node, 1, isMatrix: true, isTurned: node.Integer("transB", 0) == 0);
                break;
            case "MatMul":
                // [rows, in] · x, or x · [in, out]
                Add(node, 0, isMatrix: true, isTurned: false);
                Add(node, 1, isMatrix: true, isTurned: true);
                break;
            default:
                break;
        }
    }

    void Add(OnnxNode node, int input, bool isMatrix, bool isTurned, int groups = 1, bool isTransposedConvolution = false)
    {
        if (
            Find(node.Input(input)) is not { } source
            || found.ContainsKey(source.Tensor.Name)
            || model.Outputs.Contains(source.Tensor.Name)
        )
            return;
        var (tensor, turns) = source;
        bool fits =
            tensor is { Type: DType.F32 or DType.F16 or DType.F64, Shape.Count: > 0 }
            && (isMatrix ? tensor.Shape.Rank == 2 : tensor.Shape.Rank is >= 3 and <= 5 && turns == 0);
        if (!fits)
            return;
        var weight = new PartialWeight(Layer(tensor.Name, node), tensor, isTurned ^ (turns % 2 == 1), groups, isTransposedConvolution);
        found.Add(tensor.Name, weight);
        weights.Add(weight);
    }

    /// <summary>The tensor of the model that a value is a copy of, and how many times it is transposed on the way.</summary>
    (StoredTensor Tensor, int Turns)? Find(string name)
    {
        int turns = 0;
        for (int step = 0; step < MaxSteps && !inner.OwnNames.Contains(name); step++)
        {
            if (initialisers.TryGetValue(name, out var tensor))
                return (tensor, turns);
            if (!makers.TryGetValue(name, out var node) || !node.IsStandard)
                return null;
            if (node.Operator == "Constant")
                return node.Tensor("value") is { } constant ? (constant.Rename(name), turns) : null;
            if (node.Operator == "Transpose" && node.Integers("perm", [1, 0]) is [1, 0])
                turns++;
            else if (node.Operator is not ("Identity" or "Cast"))
                return null;
            name = node.Input(0);
        }

        return null;
    }

    string Layer(string tensor, OnnxNode node) => layers.AddFree(LayerNames.OfModules(LayerNames.Base(tensor), node.Name));
}

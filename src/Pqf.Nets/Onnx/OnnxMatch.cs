using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>Finds the layers of a graph among the steps of a model, and gives the model's weights their names. Used for one graph, then
/// thrown away.</summary>
sealed class OnnxMatch
{
    readonly Graph graph;
    readonly OnnxSteps steps;
    readonly ImmutableArray<int> numbers;
    readonly bool hasStatistics;
    readonly Dictionary<string, StoredTensor> tensors = [];

    OnnxMatch(Graph graph, OnnxSteps steps, ImmutableArray<int> numbers)
    {
        (this.graph, this.steps, this.numbers) = (graph, steps, numbers);
        hasStatistics = steps.All.Any(step => step.Norm is OnnxNorm.Statistics);
    }

    /// <summary>The model's weights under the names of a graph's parameters; null if the model does not compute what the graph
    /// does.</summary>
    /// <param name="graph">Of one output.</param>
    /// <param name="steps">The model's.</param>
    /// <param name="numbers">Those of the steps.</param>
    public static IReadOnlyDictionary<string, StoredTensor>? Find(Graph graph, OnnxSteps steps, ValueNumbers numbers) =>
        Number(graph, numbers) is not { } own
            ? null
            : steps
                .Outputs.Where(output => steps.All[output].Number == own[graph.Output])
                .Select(output => new OnnxMatch(graph, steps, own) is var match && match.Walk(output) ? match.tensors : null)
                .FirstOrDefault(tensors => tensors is not null);

    /// <summary>Numbers of a graph's nodes; null if one is not in the model.</summary>
    static ImmutableArray<int>? Number(Graph graph, ValueNumbers numbers) =>
        Numbers(graph, numbers) is var own && own.Contains(null) ? null : [.. own.Select(number => number!.Value)];

    /// <summary>Numbers of a graph's nodes; null for each that is not in the model, and for those behind it.</summary>
    public static int?[] Numbers(Graph graph, ValueNumbers numbers)
    {
        var own = new int?[graph.Nodes.Length];
        foreach (var (i, node) in graph.Nodes.Index())
            own[i] =
                node.AsNorm is { } norm && TakesNorm(graph, norm) ? own[norm.X]
                : node.OnnxSignature is { } signature && node.Inputs.All(input => own[input] is not null)
                    ? numbers.Find(signature, [.. node.Inputs.Select(input => own[input]!.Value)])
                : null;
        return own;
    }

    static bool TakesNorm(Graph graph, BatchNormLayer norm) => graph.Nodes[norm.X].Fuses.HasFlag(Fusing.Norm);

    /// <summary>From the output to the images: each node gets its step. False if a node would get two, or a weight two places.</summary>
    bool Walk(int output)
    {
        var found = new Dictionary<int, int>();
        var pairs = new Stack<(int Node, int Step)>([(graph.Output, output)]);
        while (pairs.TryPop(out var pair))
        {
            if (!found.TryAdd(pair.Node, pair.Step))
            {
                if (found[pair.Node] != pair.Step)
                    return false;
                continue;
            }

            var (node, step) = (graph.Nodes[pair.Node], steps.All[pair.Step]);
            var norm = node.AsNorm is { } after && TakesNorm(graph, after) ? after : null;
            var layer = norm is null ? node : graph.Nodes[norm.X];
            if (!AddWeights(layer, norm, step))
                return false;
            // A sum's inputs are found by their numbers; where these are equal, so are all computations behind them.
            bool isStraight = layer.Inputs.Length < 2 || numbers[layer.Inputs[0]] == steps.All[step.Inputs[0]].Number;
            for (int i = 0; i < layer.Inputs.Length; i++)
                pairs.Push((layer.Inputs[i], step.Inputs[isStraight ? i : 1 - i]));
        }

        return true;
    }

    bool AddWeights(Layer layer, BatchNormLayer? norm, OnnxStep step)
    {
        if (layer is BatchNormLayer alone)
            return step.Norm is OnnxNorm.Statistics own && AddStatistics(alone, own, null);
        if (layer.Parameters.IsEmpty)
            return true;
        bool hasBias = layer.Parameters.Any(spec => spec.Role == ParameterRole.Bias);
        string name = layer.Parameters[0].Layer,
            bias = $"{name}.bias";
        return Put($"{name}.weight", step.Weight!)
            && (norm, step.Norm) switch
            {
                (null, null) => hasBias ? Put(bias, step.Bias ?? Zeros(step)) : step.Bias is null,
                ({ } x, OnnxNorm.Statistics own) => hasBias
                    ? Put(bias, step.Bias ?? Zeros(step)) && AddStatistics(x, own, null)
                    : AddStatistics(x, own, step.Bias),
                ({ } x, OnnxNorm.Products { Shift: { } shift } own) => !hasBias
                    && step.Bias is null
                    && !hasStatistics
                    && Put(x.Name + FusedNorms.Scale, own.Scale)
                    && Put(x.Name + FusedNorms.Shift, shift),
                // Gone into the layer: only the bias tells of it. Where other norms have statistics, it gets those of the identity.
                ({ } x, null) => !hasBias
                    && (hasStatistics ? AddStatistics(x, Folded(x, step.Bias ?? Zeros(step)), null) : Put(bias, step.Bias ?? Zeros(step))),
                _ => false,
            };
    }

    /// <summary>The norm's four vectors, with a bias before it taken off the mean, and another ε put into the variance.</summary>
    bool AddStatistics(BatchNormLayer norm, OnnxNorm.Statistics own, StoredTensor? bias) =>
        own.Weight.Shape[0] == norm.Channels
        && Put($"{norm.Name}.weight", own.Weight)
        && Put($"{norm.Name}.bias", own.Bias)
        && Put(
            $"{norm.Name}.running_mean",
            bias is null ? own.Mean : Changed(own.Mean, mean => [.. mean.Zip(bias.ToSingles(), (a, b) => a - b)])
        )
        && Put(
            $"{norm.Name}.running_var",
            own.Eps == norm.Eps
                ? own.Variance
                : Changed(own.Variance, variance => [.. variance.Select(value => (float)((double)value + own.Eps - norm.Eps))])
        );

    /// <summary>False where a layer is used twice.</summary>
    bool Put(string name, StoredTensor tensor) => tensors.TryAdd(name, tensor);

    static OnnxNorm.Statistics Folded(BatchNormLayer norm, StoredTensor bias) =>
        new(Filled(norm.Channels, (float)Math.Sqrt(1.0 + norm.Eps)), bias, Filled(norm.Channels, 0), Filled(norm.Channels, 1), norm.Eps);

    static StoredTensor Zeros(OnnxStep step) => Filled(step.Weight!.Shape[0], 0);

    static StoredTensor Filled(int channels, float value) =>
        new("", DType.F32, [channels], bytes => MemoryMarshal.Cast<byte, float>(bytes).Fill(value));

    static StoredTensor Changed(StoredTensor x, Func<float[], float[]> change) =>
        new(x.Name, DType.F32, x.Shape, bytes => MemoryMarshal.AsBytes(change(x.ToSingles()).AsSpan()).CopyTo(bytes));
}

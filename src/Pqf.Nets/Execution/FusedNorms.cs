using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Execution;

/// <summary>Norms without statistics, as in ONNX models: y = scale · x + shift, or gone into the layer before them, of which only that
/// layer's bias tells.</summary>
static class FusedNorms
{
    /// <summary>What follows the norm's name in those of its two vectors: not <c>weight</c> and <c>bias</c>, which are not the same
    /// values.</summary>
    public const string Scale = ".scale",
        Shift = ".shift";

    /// <summary>A norm's two vectors [C].</summary>
    public static (float[] Scale, float[] Shift) Of(BatchNormLayer norm, Parameters parameters)
    {
        float[] Vector(string name) => FoldedLayer.Values(parameters, $"{norm.Name}.{name}");
        float[] gamma = Vector("weight"),
            beta = Vector("bias"),
            mean = Vector("running_mean"),
            variance = Vector("running_var");
        float[] scale = new float[gamma.Length],
            shift = new float[gamma.Length];
        for (int c = 0; c < scale.Length; c++)
        {
            double exact = gamma[c] / Math.Sqrt((double)variance[c] + norm.Eps);
            (scale[c], shift[c]) = ((float)exact, (float)(beta[c] - (mean[c] * exact)));
        }

        return (scale, shift);
    }

    /// <summary>For the number of each layer that a norm can go into and be found again: the norm. Others have a bias of their own, or are
    /// used twice.</summary>
    public static ImmutableDictionary<int, BatchNormLayer> Foldable(Graph graph, ImmutableArray<Shape> shapes)
    {
        var once = graph
            .Nodes.SelectMany(node => node.Parameters.Select(spec => spec.Layer).Distinct())
            .GroupBy(layer => layer)
            .Where(uses => uses.Count() == 1)
            .Select(uses => uses.Key)
            .ToHashSet();
        return Fusion
            .Of(graph, shapes)
            .Steps.Where(step => step.Norm is not null && LayerName(graph.Nodes[step.Head]) is { } layer && once.Contains(layer))
            .ToImmutableDictionary(step => step.Head, step => step.Norm!);
    }

    /// <summary>The tensors of a file with those that <see cref="Of"/> and <see cref="Foldable"/> speak of put back into norms of a weight
    /// and a bias, with which go mean 0 and variance 1. The bias of a layer before a norm with statistics goes into the norm's mean: what
    /// is added before the mean is subtracted is the same as a lower mean.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="stored">By name.</param>
    /// <returns>The same, if there is nothing of the kind.</returns>
    public static Dictionary<string, StoredTensor> Restore(Graph graph, Dictionary<string, StoredTensor> stored)
    {
        var restored = new Dictionary<string, StoredTensor>(stored);
        foreach (var norm in graph.BatchNorms.Where(norm => !norm.Parameters.Any(spec => stored.ContainsKey(spec.Name))))
        {
            // y = w · x / √(1 + ε) + b
            double eps = Math.Sqrt(1.0 + norm.Eps);
            if (restored.Remove(norm.Name + Scale, out var scale))
                Put($"{norm.Name}.weight", new(scale.Name, DType.F32, Vector(scale), bytes => Multiply(scale.ToSingles(), eps, bytes)));
            else if (LayerName(graph.Nodes[norm.X]) is { } layer && restored.Remove($"{layer}.bias", out var bias))
            {
                Put(
                    $"{norm.Name}.weight",
                    new(bias.Name, DType.F32, bias.Shape, bytes => MemoryMarshal.Cast<byte, float>(bytes).Fill((float)eps))
                );
                Put($"{norm.Name}.bias", bias);
            }

            if (restored.Remove(norm.Name + Shift, out var shift))
                Put($"{norm.Name}.bias", new(shift.Name, shift.Type, Vector(shift), shift.ReadBytes));
        }

        foreach (var norm in graph.BatchNorms)
            if (
                restored.TryGetValue($"{norm.Name}.running_mean", out var mean)
                && graph.SoleReader(norm.X) is not null
                && LayerName(graph.Nodes[norm.X]) is { } layer
                && restored.TryGetValue($"{layer}.bias", out var bias)
                && bias.Shape == mean.Shape
            )
            {
                restored.Remove($"{layer}.bias");
                Put($"{norm.Name}.running_mean", new(mean.Name, DType.F32, mean.Shape, bytes => Subtract(mean.ToSingles(), bias, bytes)));
            }

        return restored;

        void Put(string name, StoredTensor tensor) => restored[name] = tensor.Rename(name);
    }

    /// <summary>The name of a layer that takes in a norm and has no bias of its own.</summary>
    static string? LayerName(Layer node) =>
        node.Fuses.HasFlag(Fusing.Norm) && node.Parameters is [{ Role: ParameterRole.Weight } weight] ? weight.Layer : null;

    /// <summary>[C, 1, 1], as ONNX broadcasts over pixels, is [C] here.</summary>
    static Shape Vector(StoredTensor tensor) =>
        tensor.Shape.Rank == 3 && tensor.Shape[1] * tensor.Shape[2] == 1 ? [tensor.Shape[0]] : tensor.Shape;

    static void Subtract(float[] values, StoredTensor others, Span<byte> destination)
    {
        var result = MemoryMarshal.Cast<byte, float>(destination);
        others.ReadSingles(result);
        for (int i = 0; i < values.Length; i++)
            result[i] = values[i] - result[i];
    }

    static void Multiply(float[] values, double factor, Span<byte> destination)
    {
        var result = MemoryMarshal.Cast<byte, float>(destination);
        for (int i = 0; i < values.Length; i++)
            result[i] = (float)(values[i] * factor);
    }
}

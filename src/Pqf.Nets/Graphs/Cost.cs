using System.Collections.Immutable;
using System.Numerics;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Graphs;

/// <summary>What one layer costs.</summary>
/// <param name="Name">The layer's name; the parameter's for one that stands by itself.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="ParameterCount">Values of the dense layer; two vectors for a norm, whose statistics can be folded away.</param>
/// <param name="DenseBits">32 for each of them.</param>
/// <param name="Bits">As stored: ⌈log₂k⌉ for each code, 16 for each value of a codebook, 32 for everything else, where no weight has
/// another <see cref="ValueForm"/>.</param>
/// <param name="MultiplyAdds">Products for one run over the input; 0 for a norm.</param>
/// <param name="ActivationBytes">Of the layer's result.</param>
public sealed record LayerCost(
    string Name,
    Shape Shape,
    long ParameterCount,
    long DenseBits,
    long Bits,
    long MultiplyAdds,
    long ActivationBytes
);

/// <summary>What a network costs, layer by layer.</summary>
/// <param name="Layers">In graph order; a layer used twice counts its parameters once and its work twice.</param>
public sealed record Cost(ImmutableArray<LayerCost> Layers)
{
    const int DenseValueBits = 32;

    /// <summary>Values of the dense network.</summary>
    public long ParameterCount => Layers.Sum(layer => layer.ParameterCount);

    /// <summary>Bits of the dense network.</summary>
    public long DenseBits => Layers.Sum(layer => layer.DenseBits);

    /// <summary>Bits of the network as it is.</summary>
    public long Bits => Layers.Sum(layer => layer.Bits);

    /// <summary>Products for one run over the input.</summary>
    public long MultiplyAdds => Layers.Sum(layer => layer.MultiplyAdds);

    /// <summary>Bytes of all layers' results together.</summary>
    public long ActivationBytes => Layers.Sum(layer => layer.ActivationBytes);

    /// <summary>How many times smaller the network is than its dense form.</summary>
    public double Ratio => (double)DenseBits / Bits;

    /// <summary>Size of the network as it is, in MiB.</summary>
    public double SizeMiB => Bits / (8.0 * 1024 * 1024);

    /// <summary>Counts a network.</summary>
    /// <param name="graph">Its layers.</param>
    /// <param name="parameters">Dense or quantised.</param>
    /// <param name="input">[N, H, W, C]: work and activations are those of N images.</param>
    public static Cost Of(Graph graph, Parameters parameters, Shape input)
    {
        ImmutableArray<Shape> shapes = GraphShapes.Of(graph, input);
        var uses = graph.Nodes.Select(
            (node, i) => (Specs: node.Parameters, Work: node.MultiplyAdds(shapes[i]), Bytes: (long)shapes[i].Count * sizeof(float))
        );
        return new([
            .. uses.Where(use => !use.Specs.IsEmpty)
                .GroupBy(use => use.Specs[0].Name == $"{use.Specs[0].Layer}.weight" ? use.Specs[0].Layer : use.Specs[0].Name)
                .Select(layer =>
                {
                    ImmutableArray<ParameterSpec> counted =
                    [
                        .. layer.First().Specs.Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar)),
                    ];
                    long count = counted.Sum(spec => (long)spec.Shape.Count);
                    return new LayerCost(
                        layer.Key,
                        counted[0].Shape,
                        count,
                        count * DenseValueBits,
                        counted.Sum(spec => parameters[spec.Name].SizeBits),
                        layer.Sum(use => use.Work),
                        layer.Sum(use => use.Bytes)
                    );
                }),
        ]);
    }

    /// <summary>Bits of packed codes and of their codebook.</summary>
    /// <param name="codeCount">Codes.</param>
    /// <param name="k">Words of the codebook, one at least.</param>
    /// <param name="d">Values of a word.</param>
    /// <param name="codebook">How the codebook is held; the published files hold it in half precision.</param>
    public static long BitsOf(long codeCount, int k, int d, ValueForm codebook = ValueForm.Half) =>
        (codeCount * BitsPerCode(k)) + codebook.SizeBits((long)k * d, 1);

    /// <summary>⌈log₂k⌉: bits that tell k centroids apart.</summary>
    public static int BitsPerCode(int k) => BitOperations.Log2((uint)k - 1) + (k > 1 ? 1 : 0);
}

using System.Collections.Immutable;
using System.Numerics;
using Pqf.Nets.Coco;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression;

/// <summary>A layer's weight read as rows of blocks, and how they are to be clustered (paper, section 3.1).</summary>
/// <param name="Layer">PyTorch name of the layer.</param>
/// <param name="Weight">Shape of its weight: OIHW, or [out, in].</param>
/// <param name="D">Length d of a block.</param>
/// <param name="K">Centroids k, capped by the number of blocks.</param>
/// <param name="KMeansType">Which algorithm makes the codebook.</param>
/// <param name="Iterations">Iterations n; <c>src</c> runs n + 1.</param>
public sealed record LayerBlocks(string Layer, Shape Weight, int D, int K, KMeansType KMeansType, int Iterations)
{
    /// <summary>Name of the weight in a state dict.</summary>
    public string WeightName => $"{Layer}.weight";

    /// <summary>Output channels: rows of blocks.</summary>
    public int Rows => Weight[0];

    /// <summary>Values of one row.</summary>
    public int RowLength => Weight.Count / Weight[0];

    /// <summary>Blocks m of one row.</summary>
    public int M => RowLength / D;

    /// <summary>Blocks n of the whole weight.</summary>
    public int N => Rows * M;
}

/// <summary>Cuts the layers of a network into blocks.</summary>
public static class Blocks
{
    /// <summary>What is to be quantised: every convolution but the first and every linear layer, in the graph's order, without
    /// the ignored ones and those whose values have a form of their own.</summary>
    /// <returns>The layers, or every layer that cannot be cut and every name that does not exist, each with the nearest that
    /// does.</returns>
    public static Result<ImmutableArray<LayerBlocks>, PqfError> Of(Graph graph, CompressionSpec spec)
    {
        var weights = ParameterSpecs.Of(graph).Where(parameter => parameter.Role == ParameterRole.Weight).ToArray();
        string[] names = [.. weights.Select(weight => weight.Layer)];
        var errors = spec
            .IgnoredModules.Where(name => !names.Any(layer => IsWithin(layer, name)))
            .Concat(spec.LayerSpecs.Keys.Where(name => !names.Contains(name)))
            .Order(StringComparer.Ordinal)
            .Select(name => Unknown(name, names))
            .ToList<PqfError>();
        var layers = ImmutableArray.CreateBuilder<LayerBlocks>();
        string? first = graph.FirstConvolution;
        foreach (
            var weight in weights.Where(weight =>
                weight.Layer != first
                && spec.LayerSpecs.GetValueOrDefault(weight.Layer)?.Values is null
                && !spec.IgnoredModules.Any(name => IsWithin(weight.Layer, name))
            )
        )
            if (Problem(weight.Layer, weight.Shape, spec) is { } problem)
                errors.Add(problem);
            else
                layers.Add(Cut(weight.Layer, weight.Shape, spec));
        return errors switch
        {
            [] => layers.ToImmutable(),
            [var only] => only,
            _ => new PqfError.Several([.. errors]),
        };
    }

    internal static PqfError.Layer Unknown(string name, IEnumerable<string> names) =>
        new(
            name,
            NearestName.Of(name, names) is { } nearest
                ? $"no such layer in the network; the nearest name is {nearest}"
                : "no such layer in the network"
        );

    /// <summary>A module's name covers the layers inside it.</summary>
    internal static bool IsWithin(string layer, string module) =>
        layer == module || layer.StartsWith(module + ".", StringComparison.Ordinal);

    static LayerBlocks Cut(string layer, Shape shape, CompressionSpec spec)
    {
        var own = spec.LayerSpecs.GetValueOrDefault(layer, new LayerSpec());
        int d = BlockLength(shape, spec, own);
        int k = Math.Min(own.K ?? spec.K, LargestCodebook(shape.Count / d));
        return new LayerBlocks(layer, shape, d, k, own.KMeansType ?? spec.KMeansType, own.KMeansIterations ?? spec.KMeansIterations);
    }

    static PqfError.Layer? Problem(string layer, Shape shape, CompressionSpec spec)
    {
        var own = spec.LayerSpecs.GetValueOrDefault(layer, new LayerSpec());
        int d = BlockLength(shape, spec, own),
            rowLength = shape.Count / Math.Max(1, shape[0]);
        if (shape.Count == 0)
            return new PqfError.Layer(layer, $"its weight {shape} has no values");
        if ((own.K ?? spec.K) is < 1 or > 65536)
            return new PqfError.Layer(layer, $"expected k from 1 to 65536, got {own.K ?? spec.K}");
        if ((own.KMeansIterations ?? spec.KMeansIterations) < 0)
            return new PqfError.Layer(layer, $"expected 0 iterations or more, got {own.KMeansIterations ?? spec.KMeansIterations}");
        if (d < 1 || rowLength % d != 0)
            return new PqfError.Layer(layer, $"blocks of {d} do not divide its rows of {rowLength} values; {Divisors(rowLength, d)}");
        return null;
    }

    /// <summary>Length of a block, whether it divides the rows or not.</summary>
    internal static int BlockLength(Shape shape, CompressionSpec spec, LayerSpec own) =>
        own.SubvectorSize
        ?? shape switch
        {
            { Rank: 2 } => spec.FcSubvectorSize,
            _ when shape[2] * shape[3] == 1 => spec.PwSubvectorSize,
            _ => shape[2] * shape[3] * (own.LargeSubvectors ?? spec.LargeSubvectors ? 2 : 1),
        };

    /// <summary>2^⌊log₂(n/4)⌋, one at least: four blocks or more to a centroid (published settings).</summary>
    internal static int LargestCodebook(int n) => n < 4 ? 1 : 1 << BitOperations.Log2((uint)n / 4);

    /// <summary>The largest divisor of a length that is no larger than a bound, which is 1 at least.</summary>
    internal static int LargestDivisor(int length, int most) => Enumerable.Range(1, most).Last(divisor => length % divisor == 0);

    static string Divisors(int length, int d)
    {
        int[] all = [.. Enumerable.Range(1, length).Where(candidate => length % candidate == 0)];
        var near = all.Where(candidate => candidate < d).TakeLast(2).Concat(all.Where(candidate => candidate > d).Take(2));
        return $"divisors near it are {string.Join(", ", near)}";
    }
}

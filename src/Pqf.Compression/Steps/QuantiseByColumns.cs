using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Compression.Clustering;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Compression.Steps;

/// <summary>Product quantisation in which an error in column j of a layer's weight counts h_j times: codes and centroids minimise
/// Σ_j h_j (w_j − c_j)².</summary>
/// <remarks>The weights h are the state's <see cref="CompressionState.Inputs"/>; only their ratios within a layer count. A layer without
/// any is quantised as by <see cref="Quantise"/>.</remarks>
/// <param name="Layers">What is quantised, and how it is cut: <see cref="Blocks.Of"/>.</param>
/// <param name="Key">A layer's codes depend on this key, its name, its weight and its column weights alone.</param>
public sealed record QuantiseByColumns(ImmutableArray<LayerBlocks> Layers, RngKey Key) : IRankedStep
{
    /// <summary>Reads column weights from a file of tensors: one for each layer, under the layer's name, of as many values as a row of its
    /// weight: [in] or [in, kH, kW].</summary>
    /// <param name="path">Any format that holds tensors.</param>
    /// <param name="layers">Layers that may have some. The channels of their weights are in the order of the network's own file.</param>
    public static Result<ImmutableDictionary<string, LayerInputs>, PqfError> Read(string path, ImmutableArray<LayerBlocks> layers) =>
        TensorFiles
            .Open(path)
            .Bind<ImmutableDictionary<string, LayerInputs>>(file =>
            {
                using (file)
                {
                    string[] names = [.. layers.Select(layer => layer.Layer)];
                    if (file.Tensors.FirstOrDefault(tensor => !names.Contains(tensor.Name)) is { Name: var unknown })
                        return new PqfError.File(
                            path,
                            $"{unknown}: no layer of that name is quantised; the nearest name is {NearestName.Of(unknown, names) ?? "none"}"
                        );
                    return file.Tensors.ToImmutableDictionary(tensor => tensor.Name, tensor => new LayerInputs([.. tensor.ToSingles()]));
                }
            });

    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) =>
        WeightCheck
            .Of(Layers, start.Parameters)
            .Bind<Unit>(_ =>
                Layers
                    .Select(layer => Problem(layer, start.Inputs.GetValueOrDefault(layer.Layer)))
                    .OfType<PqfError>()
                    .ToImmutableArray() switch
                {
                    [] => default(Unit),
                    [var only] => only,
                    var several => new PqfError.Several(several),
                }
            );

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        Quantise.Run(
            this,
            state,
            Layers,
            Key,
            (layer, weight) =>
                state.Inputs.TryGetValue(layer.Layer, out var inputs)
                    ? new ColumnAssignment(weight, layer.D, inputs.ColumnWeights)
                    : new PlainAssignment(weight, layer.D),
            cancellation
        );

    static PqfError.Layer? Problem(LayerBlocks layer, LayerInputs? inputs)
    {
        if (inputs is not { ColumnWeights: var weights })
            return null;
        if (weights.Length != layer.RowLength)
            return new(layer.Layer, $"expected {layer.RowLength} column weights, one for each value of a row, got {weights.Length}");
        foreach (float weight in weights)
            if (!(weight >= 0 && float.IsFinite(weight)))
                return new(layer.Layer, $"expected column weights that are finite and not negative, got {weight}");
        return weights.Any(weight => weight > 0) ? null : new(layer.Layer, "expected one column weight above 0 at least, got none");
    }
}

/// <summary>Assignment by a squared distance in which each column of a weight has a weight h of its own.</summary>
/// <remarks>
/// |√h∘x − √h∘c|² is the weighted distance: blocks at places of a row with equal weights are a plain assignment to the codebook times √h.
/// So all of <see cref="NearestCentroid"/> serves, on any device; the codebook is scaled once for each set of weights. A value without
/// weight is replaced by the weighted mean of its place in a block, so that it decides nothing, not even where centroids start.
/// </remarks>
sealed class ColumnAssignment : IBlockAssignment
{
    readonly int rows,
        m,
        d;
    readonly float[] values,
        roots;
    readonly ImmutableArray<Part> parts;
    readonly List<(Tensor<float> Blocks, ClusterSums Assigned)> rented = [];
    Tensor<float>? centroids;
    float[] scaled = [],
        sums = [];
    int[] counts = [];
    ushort[] codes = []; // of the last assignment, once they were asked for

    /// <param name="weight">Finite; must outlive the assignment.</param>
    /// <param name="d">Block length.</param>
    /// <param name="weights">[row length], one above 0 at least; they are divided by the largest.</param>
    public ColumnAssignment(Weight weight, int d, ImmutableArray<float> weights)
    {
        (Weight, this.d, rows, m) = (weight, d, weight.Shape[0], weights.Length / d);
        using var scope = weight.Tensors().First().Device.BeginScope();
        values = weight.Decode().ToArray();
        float largest = weights.Max();
        roots = [.. weights.Select(value => MathF.Sqrt(value / largest))];
        ReplaceUnweighted();
        parts =
        [
            .. Enumerable
                .Range(0, m)
                .GroupBy(place => Convert.ToHexString(MemoryMarshal.AsBytes(roots.AsSpan(place * d, d))))
                .Select(places => Scaled([.. places])),
        ];
    }

    /// <summary>Blocks at places of a row that have equal weights.</summary>
    /// <param name="Places">Numbers of blocks within a row.</param>
    /// <param name="Roots">[d]: √h.</param>
    /// <param name="Blocks">[rows · places, d]: √h∘x.</param>
    sealed record Part(int[] Places, float[] Roots, float[] Blocks);

    public Weight Weight { get; }

    public ReadOnlySpan<float> Blocks => values;

    public double WeightOf(int value) => Square(roots[value % roots.Length]);

    public void Begin(int k)
    {
        var device = Weight.Tensors().First().Device;
        (scaled, sums, counts) = (new float[k * d], new float[k * d], new int[k]);
        centroids = Tensor<float>.Rent(device, [k, d]);
        var (deviceSums, deviceCounts) = (Tensor<float>.Rent(device, [k, d]), Tensor<int>.Rent(device, [k]));
        rented.Clear();
        foreach (var part in parts)
        {
            int count = rows * part.Places.Length;
            rented.Add(
                (
                    Tensor<float>.From(device, [count, d], part.Blocks),
                    new ClusterSums(Tensor<ushort>.Rent(device, [count]), deviceSums, deviceCounts)
                )
            );
        }
    }

    public void Assign(ReadOnlySpan<float> codebook, ClusterTotals totals)
    {
        totals.Clear();
        codes = [];
        for (int i = 0; i < parts.Length; i++)
        {
            var ((blocks, assigned), part) = (rented[i], parts[i]);
            for (int at = 0; at < codebook.Length; at++)
                scaled[at] = part.Roots[at % d] * codebook[at];
            centroids!.Overwrite(scaled);
            NearestCentroid.WithSumsInto(blocks, centroids, assigned);
            assigned.Sums.CopyTo(sums);
            assigned.Counts.CopyTo(counts);
            Add(part.Roots, totals);
        }
    }

    public ReadOnlySpan<ushort> Codes
    {
        get
        {
            if (codes.Length == 0)
            {
                codes = new ushort[rows * m];
                for (int i = 0; i < parts.Length; i++)
                    Scatter(rented[i].Assigned.Codes.OnHost(), parts[i], codes);
            }

            return codes;
        }
    }

    public Tensor<ushort> CodesOf(Tensor<float> codebook)
    {
        ushort[] nearest = new ushort[rows * m];
        float[] centroidValues = codebook.ToArray();
        foreach (var part in parts)
        {
            using var scope = codebook.Device.BeginScope();
            var centroids = Tensor<float>.From(
                codebook.Device,
                codebook.Shape,
                [.. centroidValues.Select((value, at) => part.Roots[at % d] * value)]
            );
            var blocks = Tensor<float>.From(codebook.Device, [rows * part.Places.Length, d], part.Blocks);
            Scatter(NearestCentroid.Forward(blocks, centroids).OnHost(), part, nearest);
        }

        return Tensor<ushort>.From(codebook.Device, [nearest.Length], nearest);
    }

    static double Square(float root) => (double)root * root;

    /// <summary>Adds a part's clusters: Σhx = √h · Σ√hx.</summary>
    void Add(float[] root, ClusterTotals totals)
    {
        for (int j = 0, at = 0; j < counts.Length; j++)
        {
            totals.Counts[j] += counts[j];
            for (int q = 0; q < d; q++, at++)
            {
                double h = Square(root[q]);
                totals.Sums[at] += (double)root[q] * sums[at];
                totals.Weights[at] += h * counts[j];
                totals.SquaredWeights[at] += h * h * counts[j];
            }
        }
    }

    Part Scaled(int[] places)
    {
        float[] root = roots.AsSpan(places[0] * d, d).ToArray(),
            blocks = new float[rows * places.Length * d];
        for (int at = 0; at < blocks.Length; at++)
        {
            int block = at / d;
            blocks[at] = root[at % d] * values[(BlockAt(block, places) * d) + (at % d)];
        }

        return new(places, root, blocks);
    }

    /// <summary>The number among all blocks of a part's block.</summary>
    int BlockAt(int block, int[] places) => (block / places.Length * m) + places[block % places.Length];

    void Scatter(ReadOnlySpan<ushort> own, Part part, Span<ushort> all)
    {
        for (int block = 0; block < own.Length; block++)
            all[BlockAt(block, part.Places)] = own[block];
    }

    void ReplaceUnweighted()
    {
        double[] totals = new double[d],
            weights = new double[d];
        for (int i = 0; i < values.Length; i++)
        {
            totals[i % d] += WeightOf(i) * values[i];
            weights[i % d] += WeightOf(i);
        }

        for (int i = 0; i < values.Length; i++)
            if (WeightOf(i) == 0)
                values[i] = weights[i % d] == 0 ? 0 : (float)(totals[i % d] / weights[i % d]);
    }
}

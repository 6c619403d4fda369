using System.Collections.Immutable;
using Pqf.Compression.Steps;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>Goes through a network node by node, in the graph's order, and makes each quantised layer's output on photographs as close to
/// the dense network's as its codes allow, given all that is quantised before it.</summary>
/// <param name="host">Where to run; values belong to its innermost scope.</param>
/// <param name="graph">The network.</param>
/// <param name="dense">Its dense values, on the host.</param>
/// <param name="start">The same, quantised.</param>
/// <param name="values">Of its nodes on photographs.</param>
/// <param name="options">How.</param>
/// <param name="key">The run's randomness.</param>
sealed unsafe class NetworkReconstruction(
    HostDevice host,
    Graph graph,
    Parameters dense,
    Parameters start,
    NetworkValues values,
    ReconstructionOptions options,
    RngKey key
)
{
    readonly HashSet<string> matched = [];
    readonly Dictionary<string, RowScales> rowScales = [];
    readonly ImmutableArray<bool> same = SameNodes(graph, start, dense);

    /// <summary>The quantised network as far as it is done.</summary>
    public Parameters Parameters { get; private set; } = start;

    /// <summary>Batches of photographs so far.</summary>
    public int BatchCount => values.BatchCount;

    /// <summary>The first node that depends on something quantised; the number of nodes where none does.</summary>
    public int First => same.IndexOf(false) is >= 0 and var node ? node : graph.Nodes.Length;

    /// <summary>Adds a batch of photographs.</summary>
    /// <param name="batch">The photographs.</param>
    /// <param name="node">The first node that is not computed.</param>
    public void Join(LoadedBatch batch, int node) => values.Join(batch, node, dense, Parameters, same);

    /// <summary>Computes the values of a node in both networks. Norms and biases are first matched to the dense network's.</summary>
    public void Compute(int node)
    {
        var layer = graph.Nodes[node];
        if (layer is BatchNormLayer norm && !values.AreSame(norm.X))
            MatchNorm(norm, ChannelMoments.Of(Batches(norm.X, values.Dense)), ChannelMoments.Of(Batches(norm.X, values.Quantised)));
        for (int batch = 0; batch < values.BatchCount; batch++)
            values.Compute(node, batch, dense, Parameters, same[node]);

        if (
            layer.Parameters.FirstOrDefault(spec => spec.Role == ParameterRole.Bias) is { } bias
            && ReadersNorm(node) is null
            && values.Has(node)
            && matched.Add(layer.Parameters[0].Layer) // a layer that is used several times is matched where it is used first
        )
        {
            float[] shift = MatchBias(
                bias,
                ChannelMoments.Of(Batches(node, values.Dense)),
                ChannelMoments.Of(Batches(node, values.Quantised))
            );
            foreach (var value in Batches(node, values.Quantised))
                for (int i = 0; i < value.Shape.Count; i++)
                    value.Pointer[i] += shift[i % shift.Length];
        }
    }

    /// <summary>Reconstructs a layer.</summary>
    /// <param name="blocks">How its weight is cut.</param>
    /// <param name="node">Its first node; all before it are computed.</param>
    /// <returns>What it gave; null where its rows are not multiplied with parts of its input, or there is no patch.</returns>
    public LayerReconstruction? Reconstruct(LayerBlocks blocks, int node)
    {
        using var scope = host.BeginScope();
        if (Parameters[blocks.WeightName] is not Weight.Quantised || Target(blocks, node, null) is not { } target)
            return null;
        scope.KeepAll(target.Nodes.SelectMany(use => Batches(use, values.Dense))); // computed for the moments, and needed later
        var result = Reconstruct(blocks, target);
        scope.KeepAll(Parameters[blocks.WeightName].Tensors());
        return result;
    }

    /// <summary>Reconstructs a layer whose target is known; the result belongs to the innermost scope.</summary>
    public LayerReconstruction Reconstruct(LayerBlocks blocks, FitTarget target)
    {
        using var scope = host.BeginScope();
        var quantised = (Weight.Quantised)Parameters[blocks.WeightName];
        var begun = new MetricCode(blocks.D, quantised.Codebook.ToArray(), Array.ConvertAll(quantised.Codes.ToArray(), code => (int)code));
        var (fit, scales) = RowScales.AreFree(graph, blocks.WeightName)
            ? RowScales.Fit(host, target.Metric, begun, options, key.Fold(blocks.Layer))
            : (LayerFit.Run(host, target.Metric, begun, options, key.Fold(blocks.Layer)), null);
        if (scales is not null)
            rowScales.Add(blocks.Layer, scales);
        var result = new Weight.Quantised(
            Tensor<float>.From(host, quantised.Codebook.Shape, fit.Code.Codebook),
            Tensor<ushort>.From(host, quantised.Codes.Shape, Array.ConvertAll(fit.Code.Codes, code => (ushort)code)),
            quantised.DenseShape
        );
        scope.KeepAll(result.Tensors());
        Parameters = Parameters.With(blocks.WeightName, result);
        return new(blocks.Layer, fit.Before, fit.After, target.Correction);
    }

    /// <summary>Gives the norm behind a layer, or the layer's bias, the moments of the dense network's output. No value of a node
    /// changes.</summary>
    /// <param name="node">Of the layer: its dense value is computed, and all that it reads.</param>
    public void Match(int node)
    {
        var (want, have) = Moments(node);
        if (ReadersNorm(node) is { } norm)
            MatchNorm(norm, want, have);
        else if (graph.Nodes[node].Parameters.FirstOrDefault(spec => spec.Role == ParameterRole.Bias) is { } bias)
            MatchBias(bias, want, have);
    }

    (ChannelMoments Want, ChannelMoments Have) Moments(int node)
    {
        using var scope = host.BeginScope();
        return (
            ChannelMoments.Of(Batches(node, values.Dense)),
            ChannelMoments.Of(Batches(node, (use, batch) => values.Tried(use, batch, Parameters)))
        );
    }

    /// <summary>Factors of a reconstructed layer's rows that its norm takes back; null for none.</summary>
    public RowScales? RowScalesOf(string layer) => rowScales.GetValueOrDefault(layer);

    /// <summary>What a layer should compute. It belongs to the innermost scope, as do the dense values of the layer's nodes; the moments,
    /// which take as much memory, are given back.</summary>
    /// <param name="blocks">How its weight is cut.</param>
    /// <param name="node">Its first node; all before it are computed.</param>
    /// <param name="known">A target of the layer for another cut, which may serve for this one.</param>
    /// <returns>Null where the layer's rows are not multiplied with parts of its input, or there is no patch.</returns>
    public FitTarget? Target(LayerBlocks blocks, int node, FitTarget? known)
    {
        if (LayerPatches.Of(graph, values, node, options, key.Fold(blocks.Layer).Fold("patches")) is not { } patches)
            return null;
        var parts = patches.Parts(blocks, options.MostColumns);
        if (known is not null && known.Parts.SequenceEqual(parts))
            return known;
        using var scope = host.BeginScope();
        var (seen, heldBack) = Moments(node, patches, blocks, parts);
        scope.KeepAll(patches.Nodes.SelectMany(use => Batches(use, values.Dense)));
        var weight = dense[blocks.WeightName].Decode().Reshape([blocks.Rows, blocks.RowLength]);
        var (metric, correction) = LayerTarget.Of(host, weight, RowWeights(node, blocks.Rows), seen, heldBack, options);
        scope.Keep(metric.Wanted);
        scope.KeepAll(metric.Parts.Select(part => part.Covariance));
        return new(patches.Nodes, parts, metric, correction);
    }

    /// <summary>Moments of a layer's inputs with the outputs wanted, for each part of the weight: of most batches, and of those held back
    /// where the rows can be corrected.</summary>
    (ImmutableArray<PartMoments> Seen, ImmutableArray<PartMoments>? HeldBack) Moments(
        int node,
        LayerPatches patches,
        LayerBlocks blocks,
        ImmutableArray<WeightPart> parts
    )
    {
        ImmutableArray<PartMoments> New() =>
            [.. parts.Select(part => new PartMoments(part.FirstRow, part.FirstColumn, new(host, part.Columns, part.RowCount)))];
        var shortcut = Shortcut(node);
        bool corrects =
            values.BatchCount > 1
            && options.Corrections.Length > 0
            && parts.All(part => part.Columns == blocks.RowLength)
            && !(patches.Nodes.All(use => values.AreSame(graph.Nodes[use].Inputs[0])) && shortcut is null);
        var (seen, heldBack) = (New(), corrects ? New() : default);
        for (int batch = 0; batch < values.BatchCount; batch++)
            foreach (int use in patches.Nodes)
            {
                using var scope = host.BeginScope();
                values.ComputeDense(use, batch, dense);
                scope.Keep(values.Dense(use, batch));
                var (input, output) = (values.Quantised(graph.Nodes[use].Inputs[0], batch), values.Dense(use, batch));
                var sample = patches.Sample(use, batch);
                foreach (var group in parts.GroupBy(part => part.Group))
                {
                    var (first, rows) = (group.First().FirstRow, group.First().RowCount);
                    var inputs = sample.Inputs(input, group.Key);
                    var wanted = sample.Outputs(output, first, rows);
                    if (shortcut is { } added)
                        AddShortcut(wanted, added, sample, batch, first);
                    var to = corrects && IsHeldBack(batch) ? heldBack : seen;
                    foreach (var (part, moments) in parts.Zip(to).Where(pair => pair.First.Group == group.Key))
                        moments.Moments.Add(
                            part.Columns == blocks.RowLength
                                ? inputs
                                : Rows.Part(inputs, 0, inputs.Shape[0], part.FirstColumn, part.Columns),
                            wanted
                        );
                }
            }

        return (seen, corrects ? heldBack : null);
    }

    /// <summary>Whether a batch chooses corrections: one in so many. Variations go with their photographs, where there is more than one
    /// batch of these.</summary>
    bool IsHeldBack(int batch)
    {
        int photographs = 1 + Enumerable.Range(0, values.BatchCount).Max(other => values.Batch(other).Number);
        var (number, count) = photographs > 1 ? (values.Batch(batch).Number, photographs) : (batch, values.BatchCount);
        return number % options.HeldBackEvery == Math.Min(options.HeldBackEvery, count) - 1;
    }

    /// <summary>Asks a layer to make up for the error of the value that its output is added to: (dense − quantised) / the scale of the
    /// norm between.</summary>
    void AddShortcut(Tensor<float> wanted, (int Node, double[] Scales) shortcut, PatchSample sample, int batch, int firstRow)
    {
        int rows = wanted.Shape[1];
        var want = sample.Outputs(values.Dense(shortcut.Node, batch), firstRow, rows);
        var have = sample.Outputs(values.Quantised(shortcut.Node, batch), firstRow, rows);
        for (int i = 0; i < wanted.Shape.Count; i++)
            wanted.Pointer[i] += (float)((want.Pointer[i] - have.Pointer[i]) / shortcut.Scales[firstRow + (i % rows)]);
    }

    /// <summary>The value that a node's output, through a norm or not, is added to, where that is computed and not the same in both
    /// networks.</summary>
    (int Node, double[] Scales)? Shortcut(int node)
    {
        int channels = graph.Nodes[node].Parameters[0].Shape[0],
            last = node;
        double[] scales = [.. Enumerable.Repeat(1.0, channels)];
        if (ReadersNorm(node) is { } norm)
            (scales, last) = (Scales(norm), graph.SoleReader(node)!.Value);
        if (graph.SoleReader(last) is not { } reader || graph.Nodes[reader] is not AddLayer { Inputs: [var left, var right] })
            return null;
        int other = left == last ? right : left;
        return other < node && values.Has(other) && !values.AreSame(other) && scales.All(scale => Math.Abs(scale) > 1e-6)
            ? (other, scales)
            : null;
    }

    /// <summary>How much an error of each output counts: squares of the norm's scales, as parts of their mean.</summary>
    ImmutableArray<float> RowWeights(int node, int rows)
    {
        if (ReadersNorm(node) is not { } norm)
            return [.. Enumerable.Repeat(1f, rows)];
        double[] squares = [.. Scales(norm).Select(scale => scale * scale)];
        double mean = squares.Average();
        return mean > 0 ? [.. squares.Select(square => (float)(square / mean))] : [.. Enumerable.Repeat(1f, rows)];
    }

    BatchNormLayer? ReadersNorm(int node) => graph.SoleReader(node) is { } reader ? graph.Nodes[reader] as BatchNormLayer : null;

    double[] Scales(BatchNormLayer norm)
    {
        float[] weight = Vector(dense, norm.Name, "weight"),
            variance = Vector(dense, norm.Name, "running_var");
        return [.. weight.Select((value, c) => value / Math.Sqrt((double)variance[c] + norm.Eps))];
    }

    /// <summary>Gives a norm of the quantised network the mean and the deviation of the dense network's output. That takes back the scales
    /// of the rows before it.</summary>
    void MatchNorm(BatchNormLayer norm, ChannelMoments want, ChannelMoments have)
    {
        float[] weight = Vector(dense, norm.Name, "weight"),
            bias = Vector(dense, norm.Name, "bias"),
            mean = Vector(dense, norm.Name, "running_mean"),
            variance = Vector(dense, norm.Name, "running_var");
        var scales = graph.Nodes[norm.X].Parameters is [var first, ..] ? RowScalesOf(first.Layer) : null;
        for (int c = 0; c < weight.Length; c++)
        {
            double scale = weight[c] / Math.Sqrt((double)variance[c] + norm.Eps);
            double forEps = scales?.ForEps(c, have.Variance[c], norm.Eps) ?? 1;
            weight[c] = (float)(scale * Math.Sqrt(want.Variance[c] + norm.Eps) * forEps);
            bias[c] = (float)(bias[c] + (scale * (want.Mean[c] - mean[c])));
            (mean[c], variance[c]) = ((float)have.Mean[c], (float)have.Variance[c]);
        }

        foreach (var (name, vector) in new[] { ("weight", weight), ("bias", bias), ("running_mean", mean), ("running_var", variance) })
            Set($"{norm.Name}.{name}", vector);
    }

    /// <summary>Shifts the bias of a layer without a norm so that its output has the dense network's mean.</summary>
    /// <returns>By how much.</returns>
    float[] MatchBias(ParameterSpec bias, ChannelMoments want, ChannelMoments have)
    {
        float[] vector = Parameters.Find(bias.Name)!.ToArray(),
            shift = [.. want.Mean.Zip(have.Mean, (wanted, got) => (float)(wanted - got))];
        for (int c = 0; c < vector.Length; c++)
            vector[c] += shift[c];
        Set(bias.Name, vector);
        return shift;
    }

    /// <summary>For each node whether nothing that its value depends on is quantised: both networks have one value of it.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="quantised">Its values; those that are not quantised are the dense network's own.</param>
    /// <param name="dense">Its dense values.</param>
    public static ImmutableArray<bool> SameNodes(Graph graph, Parameters quantised, Parameters dense)
    {
        bool[] same = new bool[graph.Nodes.Length];
        for (int i = 0; i < same.Length; i++)
            same[i] =
                graph.Nodes[i].Inputs.All(input => same[input])
                && graph.Nodes[i].Parameters.All(spec => ReferenceEquals(quantised[spec.Name], dense[spec.Name]));
        return [.. same];
    }

    Tensor<float>[] Batches(int node, Func<int, int, Tensor<float>> value) =>
        [.. Enumerable.Range(0, values.BatchCount).Select(batch => value(node, batch))];

    void Set(string name, float[] vector) =>
        Parameters = Parameters.With(name, new Weight.Dense(Tensor<float>.From(host, [vector.Length], vector)));

    static float[] Vector(Parameters parameters, string layer, string name) => NormEstimates.Vector(parameters, layer, name);
}

/// <summary>What a layer's rows are fitted to.</summary>
/// <param name="Nodes">That use its weight.</param>
/// <param name="Parts">How its weight is cut for the metric.</param>
/// <param name="Metric">What the rows should be.</param>
/// <param name="Correction">As <see cref="LayerReconstruction.Correction"/>.</param>
sealed record FitTarget(ImmutableArray<int> Nodes, ImmutableArray<WeightPart> Parts, LayerMetric Metric, float? Correction);

/// <summary>What reconstructing one layer gave.</summary>
/// <param name="Layer">PyTorch name.</param>
/// <param name="Before">Squared error of its output as plainly quantised, as a part of the output's square: 0 … 1.</param>
/// <param name="After">The same after reconstruction.</param>
/// <param name="Correction">How strongly its weights were held to the dense ones while they make up for earlier layers' errors; null for no
/// correction.</param>
public sealed record LayerReconstruction(string Layer, double Before, double After, float? Correction)
{
    /// <summary>Seconds that the layer took, if the caller measures them; steps have no clock.</summary>
    public double Seconds { get; init; }
}

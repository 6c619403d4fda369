using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>Compresses a dense network: unfolds its norms, permutes, quantises, and estimates the norms again.</summary>
public static class CompressJob
{
    /// <summary>How far the permuted network's logits may be from the dense one's: sums in another order differ by some 1e-6.</summary>
    const double PermutationTolerance = 1e-4;

    /// <summary>Runs to the end. Checks that permuting left the network's function unchanged.</summary>
    /// <param name="network">A dense network.</param>
    /// <param name="options">How to compress it.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The compressed network, or the first error. New tensors belong to the innermost scope.</returns>
    public static Result<Compressed, PqfError> Run(
        Network network,
        CompressOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var ranks = options.Ranks;
        if (ranks.Agree(() => Check(network, options)) is Result<Unit, PqfError>.Error(var unfit))
            return unfit;
        options = Settled(network, options);
        var ready =
            from _ in ranks.Agree(() => Refused(network, options))
            from begun in ranks.OnFirst(() =>
                from __ in options.MaxLoss is null
                    ? CheckedImages.Check(network, options, progress, cancellation)
                    : LossSearch.CheckImages(network, options, progress, cancellation)
                from prepared in options.BeforeWork()
                select prepared
            )
            select begun;
        if (ready is Result<Unit, PqfError>.Error(var refused))
            return refused;
        options.Skipped?.Collect(ranks); // all ranks use the same images
        if (
            options is { NotesAnswers: true, Images: { } all }
            && ranks.OnFirst(() => DenseAnswers.Note(network, ImagesOf(network, all, options, cancellation), progress))
                is Result<Unit, PqfError>.Error(var unread)
        )
            return unread;
        if (options.MaxLoss is { } loss)
            return LossSearch.Run(network, loss, options with { Distillation = null }, progress, cancellation);
        options = DistillationJob.Settled(network, options, progress);
        var images = options.Images is { } seen ? ImagesOf(network, seen, options, cancellation) : null;
        return options.Target is { } target
            ? from layers in Blocks.Of(network.Graph, options.Compression)
            from measured in WithStatistics(network, options, progress, cancellation)
            from spec in AllocateJob.Run(measured, layers, target, images, options, progress, cancellation)
            from compressed in Run(network, images, options with { Compression = spec }, progress, cancellation)
            select compressed
            : Run(network, images, options, progress, cancellation);
    }

    /// <summary>A network whose norms have statistics: as it is, or of the images where its file lacks them.</summary>
    internal static Result<Network, PqfError> WithStatistics(
        Network network,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    ) => network.LacksStatistics ? Unfold(network, options, progress, cancellation).Map(model => network with { Model = model }) : network;

    /// <summary>Whether a network can be compressed with the images that there are, and the files can hold it.</summary>
    internal static Result<Unit, PqfError> Check(Network network, CompressOptions options) =>
        network.IsCompressed ? IsCompressed(network)
        : options.MaxLoss is not null && LossSearch.Check(network, options) is Result<Unit, PqfError>.Error(var unfit) ? unfit
        : options.Images is not null ? network.ForPhotographs().Bind(_ => ModelFormats.Check(options.Formats, network.Architecture))
        : network.LacksStatistics ? MissingStatistics.Error(network.Path, network.Graph)
        : ModelFormats.Check(options.Formats, network.Architecture);

    /// <summary>The errors that can be found in settings before any work.</summary>
    /// <param name="network">A network that can be compressed.</param>
    /// <param name="options">Settled.</param>
    static Result<Unit, PqfError> Refused(Network network, CompressOptions options) =>
        from layers in LayersToQuantise(network, options)
        from inputs in ColumnWeights(layers, options)
        from range in options.Target is { } target
            ? AllocateJob.Range(network, layers, target, options).Map(_ => default(Unit))
            : default(Unit)
        select range;

    /// <summary>The layers that are quantised; an error if a codebook cannot hold the weight of one.</summary>
    internal static Result<ImmutableArray<LayerBlocks>, PqfError> LayersToQuantise(Network network, CompressOptions options) =>
        from layers in Blocks.Of(network.Graph, options.Compression)
        from _ in WeightCheck.Of(layers, network.Parameters)
        select layers;

    /// <summary>Weights per column of blocks, if a file of them is named.</summary>
    internal static Result<ImmutableDictionary<string, LayerInputs>, PqfError> ColumnWeights(
        ImmutableArray<LayerBlocks> layers,
        CompressOptions options
    ) => options.ColumnWeights is { } path ? QuantiseByColumns.Read(path, layers) : ImmutableDictionary<string, LayerInputs>.Empty;

    /// <summary>The error of a network that has codes already.</summary>
    internal static PqfError IsCompressed(Network network) =>
        new PqfError.File(network.Path, "is compressed already; expected a dense network (pqf convert IN OUT --dense makes one)");

    /// <summary>The options with the settings of each layer: under the graph's names, with block lengths that fit a graph of its
    /// own.</summary>
    internal static CompressOptions Settled(Network network, CompressOptions options)
    {
        var names = new LayerNames(network.Graph);
        options = options with
        {
            Compression = names.Of(options.Compression),
            Permutation = options.Permutation is { } search ? names.Of(search) : null,
        };
        double share = SmallLayers.Share(options.Target is not null || options.MaxLoss is not null);
        return network.Architecture.Options is GraphOptions
                ? options with
                {
                    Compression = FittingBlocks.Of(network.Graph, options.Compression, share),
                }
            : SmallLayers.FormFor(network.Architecture, options.Compression) is { } small
                ? options with
                {
                    Compression = SmallLayers.Of(network.Graph, options.Compression, small, share),
                }
            : options;
    }

    /// <summary>Compresses with the settings as they are.</summary>
    internal static Result<Compressed, PqfError> Run(
        Network network,
        NormImages? images,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    ) =>
        from layers in Blocks.Of(network.Graph, options.Compression)
        from inputs in ColumnWeights(layers, options)
        from provenance in options.Ranks.Agree(() => ProvenanceOf(network.Path, options.ToolVersion))
        let steps = Estimate(network, images)
            .AddRange(Compress.Method(layers, options.Permutation, options.Key, images, options.Reconstruction, options.Compression))
            .AddRange(images is null ? [] : DistillationJob.Steps(network, options, progress, cancellation))
            .AddRange(images is not null && options.MeasuresEffects ? (ICompressionStep[])[new MeasureEffects(images)] : [])
        let run = new CompressionRun(options, layers, progress)
        {
            BeforePermuting = dense => options.Ranks.Rank == 0 ? CheckPermuted(network, dense, options, progress) : _ => default(Unit),
            AfterQuantising = state => options.AfterQuantising(new(Described(network.Model, state, options, provenance), state)),
        }
        from state in Run(network, steps, inputs, run, options, cancellation)
        select new Compressed(Described(network.Model, state, options, provenance), state);

    /// <summary>A network whose norms have the statistics of images, its function unchanged unless its file lacks statistics.</summary>
    internal static Result<PqfModel, PqfError> Unfold(
        Network network,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (options.Images is not { } set)
            return network.LacksStatistics ? MissingStatistics.Error(network.Path, network.Graph) : network.Model;
        if (network.ForPhotographs() is Result<Network, PqfError>.Error(var unfit))
            return unfit;
        var images = ImagesOf(network, set, options, cancellation);
        return Run(
                network,
                Estimate(network, images).Add(new UnfoldNorms(images)),
                ImmutableDictionary<string, LayerInputs>.Empty,
                new CompressionRun(options, [], progress),
                options,
                cancellation
            )
            .Map(state => (network.Model with { Parameters = state.Parameters }).WithForms()); // new values of norms have none
    }

    /// <summary>The step that gives norms the statistics that the network's file lacks, if it does.</summary>
    static ImmutableArray<ICompressionStep> Estimate(Network network, NormImages? images) =>
        network.LacksStatistics && images is not null ? [new Calibrate(images)] : [];

    internal static NormImages ImagesOf(Network network, ImageSet images, CompressOptions options, CancellationToken cancellation) =>
        network.Graph.HasJoints
            ? DetectorImages.Of(images, network, options, cancellation)
            : CalibrationImages.Of(images, network.Preprocessing, options, cancellation);

    static Result<CompressionState, PqfError> Run(
        Network network,
        ImmutableArray<ICompressionStep> steps,
        ImmutableDictionary<string, LayerInputs> inputs,
        CompressionRun run,
        CompressOptions options,
        CancellationToken cancellation
    ) => Run(network.Graph, network.Parameters, steps, inputs, run, options, cancellation);

    /// <summary>Runs steps on a network's values, with sums on the host.</summary>
    internal static Result<CompressionState, PqfError> Run(
        Graph graph,
        Parameters parameters,
        ImmutableArray<ICompressionStep> steps,
        ImmutableDictionary<string, LayerInputs> inputs,
        CompressionRun run,
        CompressOptions options,
        CancellationToken cancellation
    ) =>
        options.OnHost(
            parameters.Tensors().First().Device,
            host =>
            {
                var start = new CompressionState(graph, parameters, host)
                {
                    Inputs = inputs,
                    Ranks = options.Ranks,
                    OwnsParameters =
                        options.OwnsNetwork && steps.All(step => step is Permute or Quantise or QuantiseByColumns or StoreDense),
                };
                return options.Ranks.Agree(() => Compress.Run(steps, start, cancellation)).Bind(events => run.Follow(events, start, steps));
            }
        );

    /// <summary>The dense network with the text of the compressed one, as long as it will be.</summary>
    internal static PqfModel Described(Network network, CompressOptions options) =>
        network.Model with
        {
            Compression = options.Compression,
            Seed = options.Seed,
            Provenance =
                network.Path.Length == 0
                    ? null
                    : new Provenance(Path.GetFileName(network.Path), new string('0', 2 * SHA256.HashSizeInBytes), options.ToolVersion),
        };

    static PqfModel Described(PqfModel source, CompressionState state, CompressOptions options, Provenance? provenance) =>
        source with
        {
            Parameters = StoredForms.Marked(source.Graph, state.Parameters, options.Compression),
            Compression = options.Compression,
            Seed = options.Seed,
            Provenance = provenance,
        };

    /// <summary>Compares the logits of permuted values with those of the dense ones.</summary>
    static Func<Parameters, Result<Unit, PqfError>> CheckPermuted(
        Network network,
        Parameters dense,
        CompressOptions options,
        IProgress<JobProgress>? progress
    )
    {
        var probe = new Probe(network.Device, network.Preprocessing, options.Key.Fold("probe"));
        float[] expected = probe.PlainLogits(network.Graph, dense);
        return permuted =>
        {
            double difference = Probe.Difference(expected, probe.PlainLogits(network.Graph, permuted));
            if (!(difference <= PermutationTolerance))
                return new PqfError.Layer(
                    "permutation",
                    $"expected the permuted network's logits within {PermutationTolerance} of the dense network's, got {difference}; "
                        + $"nothing was written"
                );
            progress.Note(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"verified: the permuted network's logits are the dense network's"
                        + $"{(difference == 0 ? "" : $", to {difference:0.0e+0} of the largest")}"
                )
            );
            return default(Unit);
        };
    }

    static Result<Provenance?, PqfError> ProvenanceOf(string path, string toolVersion) =>
        path.Length == 0
            ? (Provenance?)null
            : IoProblem.Try(
                path,
                () =>
                {
                    using var stream = InputFile.Open(path);
                    return (Provenance?)
                        new Provenance(Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(stream)), toolVersion);
                }
            );
}

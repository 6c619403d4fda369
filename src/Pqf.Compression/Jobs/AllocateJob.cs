using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Collectives;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Chooses block lengths and codebook sizes of a network so that it has a wanted size.</summary>
static class AllocateJob
{
    // What reconstruction leaves of a convolution's effect, measured on ResNet-18 at the published sizes (5.1 nats in all, 2.1 after it).
    // A linear layer at the end sees one patch of a photograph and is not reconstructed.
    const double LeftByReconstruction = 0.4;

    /// <summary>The settings of a compression with each layer's own block length and codebook size.</summary>
    /// <param name="network">Dense, with the statistics of its norms.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="target">The size of each file, or of the network's parameters.</param>
    /// <param name="images">Photographs; null measures on noise.</param>
    /// <param name="options">The compression.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>An error that names the possible range if the size is not in it.</returns>
    public static Result<CompressionSpec, PqfError> Run(
        Network network,
        ImmutableArray<LayerBlocks> layers,
        SizeTarget target,
        NormImages? images,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        var measure = MeasureOf(network, target, options);
        return SizeRange
            .Of(measure, layers, target, options.Compression)
            .Bind(range =>
                range.AllowsLargest
                    ? Largest(measure, target, range, progress)
                    : from choices in Measured(network, layers, measure, images, options, progress, cancellation)
                    from spec in options.Ranks.Agree(() => choices.Share(target, range))
                    select spec
            );
    }

    /// <summary>The choices of a network's layers, each with what it does to the network's answers.</summary>
    /// <param name="network">Dense, with the statistics of its norms.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="measure">What sizes count.</param>
    /// <param name="images">Photographs; null measures on noise.</param>
    /// <param name="options">The compression.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    public static Result<MeasuredChoices, PqfError> Measured(
        Network network,
        ImmutableArray<LayerBlocks> layers,
        SizeMeasure measure,
        NormImages? images,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        var choices = Choices(network.Parameters, layers, measure, options, progress, cancellation);
        if (images is null)
            progress.Note(OnNoise);
        return options
            .Ranks.OnFirst(
                () => Measured(network, layers, choices, images, options, progress, cancellation),
                measured => ChoiceBytes.Of([.. measured.SelectMany(own => own)]),
                bytes => Split(ChoiceBytes.Read(bytes), choices)
            )
            .Map(measured => new MeasuredChoices(measure, layers, measured, options.Compression));
    }

    /// <summary>The sizes that a target may ask for, with the note of one above them; an error if it asks for less.</summary>
    public static Result<(SizeRange Range, string? Unused), PqfError> Range(
        Network network,
        ImmutableArray<LayerBlocks> layers,
        SizeTarget target,
        CompressOptions options
    )
    {
        var measure = MeasureOf(network, target, options);
        return SizeRange.Of(measure, layers, target, options.Compression).Map(range => (range, range.Unused(measure, target)));
    }

    /// <summary>The largest choices of all layers, whose size the target allows: nothing is measured.</summary>
    static Result<CompressionSpec, PqfError> Largest(
        SizeMeasure measure,
        SizeTarget target,
        SizeRange range,
        IProgress<JobProgress>? progress
    )
    {
        if (range.Unused(measure, target) is { } unused)
            progress.Note(unused);
        return range.Largest;
    }

    /// <summary>The note of a size that is shared out without photographs.</summary>
    public const string OnNoise =
        "each layer's effect is measured on noise, as there are no photographs; --calibrate DIR measures it on yours";

    static SizeMeasure MeasureOf(Network network, SizeTarget target, CompressOptions options) =>
        target is SizeTarget.Bits
            ? SizeMeasure.OfFiles(CompressJob.Described(network, options), options.Compression, options.Formats)
            : SizeMeasure.OfParameters(network.Model, options.Compression);

    /// <summary>The same for a network that cannot be run: errors of weights are taken for the layers' effects.</summary>
    /// <param name="parameters">Dense.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="target">The size of the whole file.</param>
    /// <param name="measure">Counts the file.</param>
    /// <param name="options">The compression.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    public static Result<CompressionSpec, PqfError> ByWeights(
        Parameters parameters,
        ImmutableArray<LayerBlocks> layers,
        SizeTarget target,
        SizeMeasure measure,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    ) =>
        SizeRange
            .Of(measure, layers, target, options.Compression)
            .Bind(range =>
            {
                if (range.AllowsLargest)
                    return Largest(measure, target, range, progress);
                progress.Note("each layer's effect is taken to be the error of its weight, as the network is not run");
                var choices = Choices(parameters, layers, measure, options, progress, cancellation)
                    .Select(own => own.Select(choice => choice with { Effect = choice.Error }).ToImmutableArray());
                return options.Ranks.Agree(() =>
                    new MeasuredChoices(measure, layers, [.. choices], options.Compression).Share(target, range)
                );
            });

    static ImmutableArray<ImmutableArray<LayerChoice>> Choices(
        Parameters parameters,
        ImmutableArray<LayerBlocks> layers,
        SizeMeasure measure,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        var key = options.Key.Fold("allocate");
        progress?.Report(new JobProgress.Started("trying sizes", "layers", layers.Length));
        var choices = RankParts.Run(
            options.Ranks,
            [.. layers.Select(layer => (double)layer.Weight.Count)],
            Tried,
            own => ChoiceBytes.Of(own),
            ChoiceBytes.Read
        );
        progress?.Report(new JobProgress.Ended());
        return choices;

        ImmutableArray<LayerChoice> Tried(int number)
        {
            var layer = layers[number];
            var own = Distortion.Of(
                layer,
                parameters[layer.WeightName],
                (d, k) => measure.BitsOf(layer, d, k),
                key.Fold(layer.Layer),
                cancellation
            );
            progress?.Report(new JobProgress.Advanced(number + 1));
            return own;
        }
    }

    /// <summary>A list of all layers' choices, cut as another one is.</summary>
    static ImmutableArray<ImmutableArray<LayerChoice>> Split(
        ImmutableArray<LayerChoice> all,
        ImmutableArray<ImmutableArray<LayerChoice>> asIn
    )
    {
        int first = 0;
        return
        [
            .. asIn.Select(own =>
            {
                first += own.Length;
                return all[(first - own.Length)..first];
            }),
        ];
    }

    static Result<ImmutableArray<ImmutableArray<LayerChoice>>, PqfError> Measured(
        Network network,
        ImmutableArray<LayerBlocks> layers,
        ImmutableArray<ImmutableArray<LayerChoice>> choices,
        NormImages? images,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        using var scope = network.Device.BeginScope();
        return Outputs(network, images, options)
            .Map(outputs =>
            {
                var sensitivity = new Sensitivity(new OutputError(outputs, network.Parameters), network.Parameters);
                progress?.Report(new JobProgress.Started("measuring layers' effects", "layers", layers.Length));
                var measured = ImmutableArray.CreateBuilder<ImmutableArray<LayerChoice>>();
                foreach (var (layer, own) in layers.Zip(choices))
                {
                    cancellation.ThrowIfCancellationRequested();
                    measured.Add(
                        AfterCalibration(layer, sensitivity.Measure(layer, own, options.Key.Fold("allocate").Fold(layer.Layer)), options)
                    );
                    progress?.Report(new JobProgress.Advanced(measured.Count));
                }

                progress?.Report(new JobProgress.Ended());
                return measured.ToImmutable();
            });
    }

    /// <summary>Choices with the effects that they will have after the calibration that is asked for.</summary>
    static ImmutableArray<LayerChoice> AfterCalibration(LayerBlocks layer, ImmutableArray<LayerChoice> choices, CompressOptions options) =>
        options.Reconstruction is null || layer.Weight.Rank == 2
            ? choices
            : [.. choices.Select(choice => choice with { Effect = LeftByReconstruction * choice.Effect })];

    /// <summary>What the network gives on some images, for any values of its parameters.</summary>
    static Result<Func<Parameters, OutputValues[]>, PqfError> Outputs(Network network, NormImages? images, CompressOptions options)
    {
        if (network.Graph.HasJoints || images is null)
        {
            var probe = new Probe(network.Device, network.Preprocessing, options.Key.Fold("allocate"));
            return (Func<Parameters, OutputValues[]>)(
                parameters =>
                {
                    float[] values = probe.Logits(network.Graph, parameters);
                    return [new([values.Length], values)];
                }
            );
        }

        return NetworkOutputs.Of(network.Graph, network.Device, images);
    }
}

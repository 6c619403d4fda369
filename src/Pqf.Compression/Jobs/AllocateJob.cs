using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Collectives;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Chooses the form of each layer of a network, block length and codebook size or values, so that it has a wanted size.</summary>
static class AllocateJob
{
    // What reconstruction leaves of the effect of a detector's convolution: a guess, as detectors are not tried. A linear layer counts
    // in full.
    const double LeftByReconstruction = 0.4;

    // Layers are tried on photographs that effects are not measured on where these are at least three times as many.
    const int LeastTimesAsMany = 3;

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
                    : Measured(network, layers, measure, images, options, progress, cancellation)
                        .Bind(choices => SharedOut(choices, target, range, options, progress))
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
        var choices = Choices(layers, layer => WeightToCluster(network, layer, options), measure, options, progress, cancellation);
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
    ) => Noted(range.Largest, range.Unused(measure, target), progress);

    /// <summary>The choices that a target gets, with the note of what they leave of it.</summary>
    static Result<CompressionSpec, PqfError> SharedOut(
        MeasuredChoices choices,
        SizeTarget target,
        SizeRange range,
        CompressOptions options,
        IProgress<JobProgress>? progress
    ) =>
        options
            .Ranks.Agree(() => choices.Share(target, range))
            .Map(shared => Noted(shared.Spec, range.Left(choices.Measure, target, shared.Bits), progress));

    static CompressionSpec Noted(CompressionSpec spec, string? note, IProgress<JobProgress>? progress)
    {
        if (note is not null)
            progress.Note(note);
        return spec;
    }

    /// <summary>The note of a size that is shared out without photographs.</summary>
    public const string OnNoise =
        "each layer's effect is measured on noise, as there are no photographs; --calibrate DIR measures it on yours";

    static SizeMeasure MeasureOf(Network network, SizeTarget target, CompressOptions options) =>
        target is SizeTarget.Bits ? FilesOf(network, options) : SizeMeasure.OfParameters(network.Model, options.Compression);

    /// <summary>Counts the files of a network that is compressed.</summary>
    public static SizeMeasure FilesOf(Network network, CompressOptions options) =>
        SizeMeasure.OfFiles(CompressJob.Described(network, options), options.Compression, options.Formats);

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
                var choices = Choices(layers, layer => parameters[layer.WeightName], measure, options, progress, cancellation)
                    .Select(own => own.Select(choice => choice with { Effect = choice.Error }).ToImmutableArray());
                return SharedOut(new(measure, layers, [.. choices], options.Compression), target, range, options, progress);
            });

    /// <summary>The weight whose errors rank choices: with the rows scaled where reconstruction will scale them.</summary>
    static Weight WeightToCluster(Network network, LayerBlocks layer, CompressOptions options)
    {
        var weight = network.Parameters[layer.WeightName];
        return options.Reconstruction is not null && RowScales.AreFree(network.Graph, layer.WeightName)
            ? RowScales.OfRows(weight)?.Scaled(weight) ?? weight
            : weight;
    }

    static ImmutableArray<ImmutableArray<LayerChoice>> Choices(
        ImmutableArray<LayerBlocks> layers,
        Func<LayerBlocks, Weight> weightOf,
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
            var weight = weightOf(layer);
            using var scope = weight.Tensors().First().Device.BeginScope();
            var own = Distortion.Of(measure.FormsOf(layer), weight, key.Fold(layer.Layer), cancellation);
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
            .Bind(outputs =>
            {
                var sensitivity = new Sensitivity(new OutputError(outputs, network.Parameters), network.Parameters, cancellation);
                progress?.Report(new JobProgress.Started("measuring layers' effects", "layers", layers.Length));
                var measured = new ImmutableArray<LayerChoice>[layers.Length];
                int done = 0;
                var all =
                    network.Graph.HasJoints || images is null
                        ? Plainly()
                        : Calibrated(
                            network,
                            layers,
                            images,
                            options,
                            (number, host, trial) =>
                                Add(number, key => sensitivity.Measure(layers[number], choices[number], key, host, trial))
                        );
                progress?.Report(new JobProgress.Ended());
                return all.Map(_ => measured.ToImmutableArray());

                Result<Unit, PqfError> Plainly()
                {
                    for (int i = 0; i < layers.Length; i++)
                        Add(i, key => AfterCalibration(layers[i], sensitivity.Measure(layers[i], choices[i], key), options));
                    return default(Unit);
                }

                void Add(int number, Func<RngKey, ImmutableArray<LayerChoice>> measure)
                {
                    measured[number] = measure(options.Key.Fold("allocate").Fold(layers[number].Layer));
                    progress?.Report(new JobProgress.Advanced(++done));
                }
            });
    }

    /// <summary>Choices of a layer that is not tried, with the effects that they may have after calibration.</summary>
    static ImmutableArray<LayerChoice> AfterCalibration(LayerBlocks layer, ImmutableArray<LayerChoice> choices, CompressOptions options) =>
        options.Reconstruction is null || layer.Weight.Rank == 2
            ? choices
            : [.. choices.Select(choice => choice with { Effect = LeftByReconstruction * choice.Effect })];

    /// <summary>Tries layers as they will be calibrated.</summary>
    /// <param name="network">Without joints.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="images">Photographs.</param>
    /// <param name="options">The compression.</param>
    /// <param name="visit">Takes a layer's number, the dense network's values on the host and what tries the layer.</param>
    static Result<Unit, PqfError> Calibrated(
        Network network,
        ImmutableArray<LayerBlocks> layers,
        NormImages images,
        CompressOptions options,
        Action<int, Parameters, LayerTrials.Trial> visit
    ) =>
        options.OnHost(
            network.Device,
            host =>
            {
                using var scope = host.BeginScope();
                var dense = network.Parameters.On(host);
                int measured = NetworkOutputs.BatchCount(images),
                    others = images.BatchCount - measured,
                    most = LayerTrials.MostBatches(
                        network.Graph,
                        layers,
                        images.BatchShape,
                        (options.Reconstruction ?? new()).VariedMemoryLimit
                    );
                return images
                    .On(host, others >= LeastTimesAsMany * measured ? measured : 0, most)
                    .Map(photographs =>
                    {
                        new LayerTrials(host, network.Graph, dense, Quick(options.Reconstruction), options.Key.Fold("allocate")).ForEach(
                            layers,
                            photographs,
                            (number, trial) => visit(number, dense, trial)
                        );
                        return default(Unit);
                    });
            }
        );

    /// <summary>Reconstruction to compare choices by: one sweep, which leaves errors some per cent larger, for all choices alike.</summary>
    static ReconstructionOptions? Quick(ReconstructionOptions? options) =>
        options is null ? null : options with { Sweeps = Math.Min(options.Sweeps, 1) };

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

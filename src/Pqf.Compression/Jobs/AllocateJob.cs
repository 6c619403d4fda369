using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Allocation;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Nets.Graphs;
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
    /// <param name="target">The size of the whole network.</param>
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
        var choices = Choices(network.Parameters, layers, options, progress, cancellation);
        var stored = StoredForms.Marked(network.Graph, network.Parameters, options.Compression);
        var cost = Cost.Of(network.Graph, stored, network.Preprocessing.InputShape(1));
        long rest = cost.Bits - layers.Sum(layer => stored[layer.WeightName].SizeBits),
            wanted = target.BitsFor(cost.DenseBits);
        if (OutOfRange(target, choices, rest, cost.DenseBits) is { } error)
            return error;
        if (images is null)
            progress.Note("each layer's effect is measured on noise, as there are no photographs; --calibrate DIR measures it on yours");
        return Measured(network, layers, choices, images, options, progress, cancellation)
            .Map(measured => Spec(options.Compression, layers, SizeAllocation.Of(measured, wanted - rest)));
    }

    /// <summary>The same for a network that cannot be run: errors of weights are taken for the layers' effects.</summary>
    /// <param name="parameters">Dense.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="target">The size of the whole file.</param>
    /// <param name="rest">Bits of the file without codes and codebooks.</param>
    /// <param name="dense">Bits of the file that is compressed.</param>
    /// <param name="options">The compression.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    public static Result<CompressionSpec, PqfError> ByWeights(
        Parameters parameters,
        ImmutableArray<LayerBlocks> layers,
        SizeTarget target,
        long rest,
        long dense,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        ImmutableArray<ImmutableArray<LayerChoice>> choices =
        [
            .. Choices(parameters, layers, options, progress, cancellation)
                .Zip(
                    layers,
                    (own, layer) => LayerChoice.Best(own.Select(choice => InModel(choice, layer, options.Compression.CodebookForm)))
                ),
        ];
        return OutOfRange(target, choices, rest, dense) is { } error
            ? error
            : Spec(options.Compression, layers, SizeAllocation.Of(choices, target.BitsFor(dense) - rest));
    }

    /// <summary>A choice with its bits in an ONNX model, whose codes have whole bytes.</summary>
    static LayerChoice InModel(LayerChoice choice, LayerBlocks layer, ValueForm codebook) =>
        choice with
        {
            Bits = (layer.Weight.Count / choice.D * (choice.K > 256 ? 16L : 8L)) + codebook.SizeBits((long)choice.K * choice.D, 1),
            Effect = choice.Error,
        };

    /// <summary>The error of a size that no choices have; null if some do.</summary>
    static PqfError.Config? OutOfRange(SizeTarget target, ImmutableArray<ImmutableArray<LayerChoice>> choices, long rest, long dense)
    {
        long least = rest + choices.Sum(layer => layer[0].Bits),
            most = rest + choices.Sum(layer => layer[^1].Bits),
            wanted = target.BitsFor(dense);
        return wanted >= least && wanted <= most
            ? null
            : new PqfError.Config(
                "command line",
                target is SizeTarget.Bits ? "target_size" : "target_ratio",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"expected a size from {Figures.MebiBytes(least)} to {Figures.MebiBytes(most)} "
                        + $"({(double)dense / least:0.0} to {(double)dense / most:0.0} times smaller) for this network, "
                        + $"got {Figures.MebiBytes(wanted)}"
                )
            );
    }

    static ImmutableArray<ImmutableArray<LayerChoice>> Choices(
        Parameters parameters,
        ImmutableArray<LayerBlocks> layers,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        var key = options.Key.Fold("allocate");
        progress?.Report(new JobProgress.Started("trying sizes", "layers", layers.Length));
        var choices = ImmutableArray.CreateBuilder<ImmutableArray<LayerChoice>>();
        foreach (var layer in layers)
        {
            choices.Add(
                Distortion.Of(layer, parameters[layer.WeightName], options.Compression.CodebookForm, key.Fold(layer.Layer), cancellation)
            );
            progress?.Report(new JobProgress.Advanced(choices.Count));
        }

        progress?.Report(new JobProgress.Ended());
        return choices.ToImmutable();
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

    static CompressionSpec Spec(CompressionSpec spec, ImmutableArray<LayerBlocks> layers, ImmutableArray<LayerChoice> chosen) =>
        spec with
        {
            LayerSpecs = spec.LayerSpecs.SetItems(
                layers.Zip(
                    chosen,
                    (layer, choice) =>
                        KeyValuePair.Create(
                            layer.Layer,
                            spec.LayerSpecs.GetValueOrDefault(layer.Layer, new LayerSpec()) with
                            {
                                SubvectorSize = choice.D,
                                K = choice.K,
                            }
                        )
                )
            ),
        };
}

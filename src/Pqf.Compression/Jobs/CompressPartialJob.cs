using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Collectives;
using Pqf.Compression.Steps;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Jobs;

/// <summary>Compresses the weights of an ONNX model that is not run here: no order of channels is searched, nothing is calibrated, and
/// nobody checks the outputs.</summary>
public static class CompressPartialJob
{
    /// <summary>Runs to the end.</summary>
    /// <param name="model">The model, whose file is open.</param>
    /// <param name="device">Where weights are clustered; new tensors belong to its innermost scope.</param>
    /// <param name="options">How to compress it; what is said of permutations and images does not apply.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The weights as files hold them, or the first error.</returns>
    public static Result<CompressedPartial, PqfError> Run(
        OnnxPartialModel model,
        Device device,
        CompressOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        double share = SmallLayers.Share(options.Target is not null);
        var named = new LayerNames(model.Graph).Of(options.Compression);
        options = options with { Compression = FittingBlocks.Of(model.Graph, named, share), Permutation = null, Images = null };
        return from cut in options.Ranks.Agree(() => Blocks.Of(model.Graph, options.Compression))
            from loaded in options.Ranks.Agree(() => StateDict.Load(model.Graph, model.Tensors, device))
            from _ in options.Ranks.Agree(() => Refused(model, loaded.Parameters, cut, options))
            from ready in options.Ranks.OnFirst(options.BeforeWork)
            from spec in options.Target is { } target
                ? Allocate(model, loaded.Parameters, cut, target, options, progress, cancellation)
                : options.Compression
            from layers in Blocks.Of(model.Graph, spec)
            let chosen = options with
            {
                Compression = spec,
            }
            from state in CompressJob.Run(
                model.Graph,
                loaded.Parameters,
                Compress.Method(layers, null, options.Key, forms: spec),
                ImmutableDictionary<string, LayerInputs>.Empty,
                new CompressionRun(chosen, layers, progress),
                chosen,
                cancellation
            )
            let parameters = StoredForms.Marked(model.Graph, state.Parameters, spec)
            from size in model.SizeOf(parameters)
            from smaller in size < model.SizeBytes
                ? default(Unit)
                : (Result<Unit, PqfError>)
                    options.Ranks.Common(
                        new PqfError.File(
                            model.Path,
                            $"would not get smaller: {size} bytes instead of {model.SizeBytes}; is it compressed already?"
                        )
                    )
            select new CompressedPartial(parameters, state, size);
    }

    static Result<CompressionSpec, PqfError> Allocate(
        OnnxPartialModel model,
        Parameters parameters,
        ImmutableArray<LayerBlocks> layers,
        SizeTarget target,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    ) => AllocateJob.ByWeights(parameters, layers, target, MeasureOf(model, parameters, options), options, progress, cancellation);

    /// <summary>The errors of weights that no codebook can hold and of a size that is not possible.</summary>
    static Result<Unit, PqfError> Refused(
        OnnxPartialModel model,
        Parameters parameters,
        ImmutableArray<LayerBlocks> layers,
        CompressOptions options
    ) =>
        from _ in WeightCheck.Of(layers, parameters)
        from range in options.Target is { } target
            ? SizeRange.Of(MeasureOf(model, parameters, options), layers, target, options.Compression).Map(_ => default(Unit))
            : default(Unit)
        select range;

    static SizeMeasure MeasureOf(OnnxPartialModel model, Parameters parameters, CompressOptions options) =>
        new(
            "this model",
            8 * model.SizeBytes,
            true,
            options.Compression.CodebookForm,
            spec =>
                from cut in Blocks.Of(model.Graph, spec)
                from bytes in StandIn.Of(model.Graph, parameters, spec, cut, model.SizeOf)
                select 8 * bytes
        )
        {
            Values = SmallLayers.FormForGraph(options.Compression),
        };
}

/// <summary>What compressing the weights of a model gave.</summary>
/// <param name="Parameters">The weights as files hold them: <see cref="OnnxPartialModel.Write"/> writes the model with them.</param>
/// <param name="State">Reports of layers.</param>
/// <param name="SizeBytes">Of the file with them.</param>
public sealed record CompressedPartial(Parameters Parameters, CompressionState State, long SizeBytes);

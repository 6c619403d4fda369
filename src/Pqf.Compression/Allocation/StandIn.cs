using System.Collections.Immutable;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Allocation;

/// <summary>A compressed network whose codes and codebooks are zeros: as large as the true one, before any work.</summary>
static class StandIn
{
    /// <summary>Measures a network with zeros for codes and codebooks.</summary>
    /// <param name="model">Dense.</param>
    /// <param name="spec">How it would be compressed.</param>
    /// <param name="measure">Given the network while its tensors live.</param>
    /// <returns>An error if the settings do not fit the network.</returns>
    public static Result<T, PqfError> Of<T>(PqfModel model, CompressionSpec spec, Func<PqfModel, Result<T, PqfError>> measure) =>
        Blocks
            .Of(model.Graph, spec)
            .Bind(layers =>
                Of(
                    model.Graph,
                    model.Parameters,
                    spec,
                    layers,
                    parameters => measure(model with { Parameters = parameters, Compression = spec })
                )
            );

    /// <summary>Measures parameters with zeros for codes and codebooks.</summary>
    /// <inheritdoc cref="Of{T}(PqfModel, CompressionSpec, Func{PqfModel, Result{T, PqfError}})"/>
    /// <param name="graph">The layers.</param>
    /// <param name="parameters">Dense.</param>
    /// <param name="layers">What would be quantised.</param>
    public static T Of<T>(
        Graph graph,
        Parameters parameters,
        CompressionSpec spec,
        ImmutableArray<LayerBlocks> layers,
        Func<Parameters, T> measure
    )
    {
        var device = parameters.Tensors().First().Device;
        using var scope = device.BeginScope();
        return measure(
            StoredForms.Marked(graph, layers.Aggregate(parameters, (all, layer) => all.With(layer.WeightName, Zeros(layer, device))), spec)
        );
    }

    /// <summary>Bytes of each file that would be written.</summary>
    public static Result<ImmutableArray<(ModelFormat Format, long Bytes)>, PqfError> FilesOf(
        PqfModel model,
        CompressionSpec spec,
        ImmutableArray<ModelFormat> formats
    ) =>
        Of<ImmutableArray<(ModelFormat Format, long Bytes)>>(
            model,
            spec,
            quantised =>
                Result.All(
                    formats.Select(format =>
                        quantised.SizeOf(quantised.Architecture.Title + format.Extension(), format).Map(bytes => (format, bytes))
                    )
                )
        );

    static Weight.Quantised Zeros(LayerBlocks layer, Device device) =>
        new(
            Tensor<float>.From(device, [layer.K, layer.D], new float[layer.K * layer.D]),
            Tensor<ushort>.From(device, [layer.Rows, layer.M], new ushort[layer.N]),
            layer.Weight
        );
}

using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Gives weights without codes the form in which files hold them, and rounds those of 8 bits, so that steps after it make up for
/// the rounding.</summary>
/// <param name="Spec">The settings.</param>
public sealed record StoreDense(CompressionSpec Spec) : IRankedStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => default(Unit);

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var marked = StoredForms.Marked(state.Graph, state.Parameters, Spec);
        var weights = ParameterSpecs
            .Of(state.Graph)
            .Where(parameter => parameter.Role == ParameterRole.Weight && marked[parameter.Name] is Weight.Dense)
            .ToImmutableArray();
        var rounded = weights
            .Where(parameter => marked[parameter.Name] is Weight.Dense { Form: ValueForm.Scaled8 })
            .Aggregate(marked, (all, parameter) => all.With(parameter.Name, all[parameter.Name].AsStored()));
        yield return new CompressionEvent.StepFinished(
            this,
            state with
            {
                Parameters = rounded,
                Stored = [.. weights.Select(parameter => Report(parameter, (Weight.Dense)marked[parameter.Name]))],
            }
        );
    }

    static StoredLayer Report(ParameterSpec parameter, Weight.Dense weight)
    {
        using var scope = weight.Value.Device.BeginScope();
        return new(parameter.Layer, weight.Shape, weight.Form, weight.SizeBits, LayerReport.RelativeErrorOf(weight, weight.AsStored()));
    }
}

/// <summary>A layer whose weight has no codes.</summary>
/// <param name="Layer">PyTorch name.</param>
/// <param name="Weight">Shape of its weight.</param>
/// <param name="Form">How files hold the values.</param>
/// <param name="SizeBits">Bits of the weight in a file.</param>
/// <param name="RelativeError">Sum of squared errors of rounding over the sum of the weight's squares.</param>
public sealed record StoredLayer(string Layer, Shape Weight, ValueForm Form, long SizeBits, double RelativeError);

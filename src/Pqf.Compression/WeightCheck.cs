using System.Collections.Immutable;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression;

/// <summary>Refuses weights that no codebook or covariance can be made of.</summary>
static class WeightCheck
{
    // The largest finite half: codebooks are stored in half precision.
    const float LargestHalf = 65504;

    /// <summary>Everything wrong with the weights of some layers.</summary>
    public static Result<Unit, PqfError> Of(IEnumerable<LayerBlocks> layers, Parameters parameters)
    {
        ImmutableArray<PqfError> errors = [.. layers.Select(layer => Problem(layer, parameters)).OfType<PqfError>()];
        return errors switch
        {
            [] => default(Unit),
            [var only] => only,
            _ => new PqfError.Several(errors),
        };
    }

    static PqfError.Layer? Problem(LayerBlocks layer, Parameters parameters)
    {
        if (!parameters.Values.TryGetValue(layer.WeightName, out var weight))
            return new PqfError.Layer(layer.Layer, "its weight is missing");
        if (weight.Shape != layer.Weight)
            return new PqfError.Layer(layer.Layer, $"expected a weight {layer.Weight}, got {weight.Shape}");
        using var scope = weight.Tensors().First().Device.BeginScope();
        var values = weight.Decode().OnHost();
        int bad = 0;
        while (bad < values.Length && Math.Abs(values[bad]) <= LargestHalf)
            bad++;
        return bad == values.Length
            ? null
            : new PqfError.Layer(
                layer.Layer,
                $"its weight holds {values[bad]} at position {bad}; expected finite values within half precision"
            );
    }
}

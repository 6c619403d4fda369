using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Bench.FourBit;

/// <summary>A network with weights in 4 bits.</summary>
/// <param name="Model">It computes with the rounded values.</param>
/// <param name="SizeBits">Of all that a file would have to hold.</param>
sealed record FourBitNetwork(PqfModel Model, long SizeBits)
{
    /// <summary>Rounds the weights of convolutions and linear layers but the first one's, which stays in half precision, as norms and biases
    /// do.</summary>
    /// <param name="model">Dense.</param>
    /// <param name="batches">Photographs [N, H, W, C] that norms are estimated on again after rounding; null to leave norms as they
    /// are.</param>
    public static FourBitNetwork Of(PqfModel model, Func<IEnumerable<Tensor<float>>>? batches)
    {
        var specs = ParameterSpecs
            .Of(model.Graph)
            .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
            .ToArray();
        string? first = model.Graph.FirstConvolution;
        var inFourBits = specs.Where(spec => spec.Role == ParameterRole.Weight && spec.Layer != first).ToArray();
        var dense = batches is null ? model.Parameters : Calibration.Unfold(model.Graph, model.Parameters, batches());
        var rounded = inFourBits.Aggregate(dense, (all, spec) => all.With(spec.Name, Rounded(all[spec.Name])));
        var fitted = batches is null ? rounded : Calibration.Reestimate(model.Graph, rounded, batches());
        var folded = Norms.Fold(model.Graph, fitted);
        var halves = specs.Except(inFourBits).ToArray();
        var stored = halves.Aggregate(
            folded,
            (all, spec) => all.With(spec.Name, ((Weight.Dense)all[spec.Name] with { Form = ValueForm.Half }).AsStored())
        );
        return new(
            model with
            {
                Parameters = stored,
            },
            inFourBits.Sum(spec => (FourBitRows.CodeBits * spec.Shape.Count) + ((long)FourBitRows.ScaleBits * spec.Shape[0]))
                + halves.Sum(spec => ValueForm.Half.SizeBits(spec.Shape.Count, 1))
        );
    }

    static Weight.Dense Rounded(Weight weight)
    {
        var values = weight.Decode();
        return new(Tensor<float>.From(values.Device, values.Shape, FourBitRows.Rounded(values.ToArray(), values.Shape[0])));
    }
}

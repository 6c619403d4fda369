using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;

namespace Pqf.Compression;

/// <summary>In which form files hold the values of a network that is compressed.</summary>
static class StoredForms
{
    // Half precision ends at 65,504. Larger values, such as limits of exporters, stay single.
    const float LargestHalf = 65504;

    // What rounding may change of a norm's output, as a part of the largest deviation of its channels: about what half precision rounds
    // off. It rounds off more of values below 6·10⁻⁵, and all of those below 3·10⁻⁸. A norm has such ones behind a channel that is very
    // large.
    const double MostChange = 1e-3;

    /// <summary>The parameters with the forms that the settings ask for; no value changes.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values; layers with codes have them already.</param>
    /// <param name="spec">The settings.</param>
    public static Parameters Marked(Graph graph, Parameters parameters, CompressionSpec spec)
    {
        using var scope = parameters.Tensors().First().Device.BeginScope();
        var folded = Norms.Fold(graph, parameters); // what files hold of norms
        var norms = graph.BatchNorms.ToDictionary(norm => norm.Name);
        return Stored(graph).Aggregate(parameters, With);
        Parameters With(Parameters all, ParameterSpec parameter) =>
            all.With(
                parameter.Name,
                all[parameter.Name]
                    .Match<Weight>(
                        dense => dense with { Form = FormOf(parameter) },
                        quantised => quantised with { CodebookForm = spec.CodebookForm }
                    )
            );
        ValueForm FormOf(ParameterSpec parameter)
        {
            var form = Form(parameter, (Weight.Dense)folded[parameter.Name], spec);
            return
                form == ValueForm.Half
                && parameter.Role == ParameterRole.NormWeight
                && Change(norms[parameter.Layer], parameters, folded) > MostChange
                ? ValueForm.Single
                : form;
        }
    }

    /// <summary>The parameters with the forms that the settings ask for where no value would change: for values that a file held in single
    /// precision, as ONNX wants them.</summary>
    /// <inheritdoc cref="Marked(Graph, Parameters, CompressionSpec)"/>
    public static Parameters Restored(Graph graph, Parameters parameters, CompressionSpec spec) =>
        Stored(graph)
            .Where(parameter =>
                parameters[parameter.Name] is Weight.Dense { Form: ValueForm.Single } dense && IsHalf(parameter, dense, spec)
            )
            .Aggregate(
                parameters,
                (all, parameter) => all.With(parameter.Name, (Weight.Dense)all[parameter.Name] with { Form = ValueForm.Half })
            );

    /// <summary>What files hold: statistics are folded into the norms.</summary>
    static IEnumerable<ParameterSpec> Stored(Graph graph) =>
        ParameterSpecs.Of(graph).Where(parameter => parameter.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar));

    static bool IsHalf(ParameterSpec parameter, Weight.Dense weight, CompressionSpec spec) =>
        Form(parameter, weight, spec) == ValueForm.Half && weight.Value.ToArray().All(value => (float)(Half)value == value);

    /// <summary>What half precision changes of a norm's output at most, as a part of the largest deviation of its channels.</summary>
    static double Change(BatchNormLayer norm, Parameters parameters, Parameters folded)
    {
        float[] weight = ((Weight.Dense)folded[$"{norm.Name}.weight"]).Value.ToArray(),
            variance = ((Weight.Dense)parameters[$"{norm.Name}.running_var"]).Value.ToArray();
        double change = 0,
            largest = 0;
        for (int c = 0; c < weight.Length; c++)
        {
            double deviation = Math.Sqrt(Math.Max(0.0, variance[c]) + norm.Eps);
            change = Math.Max(change, Math.Abs((double)(Half)weight[c] - weight[c]) * deviation);
            largest = Math.Max(largest, Math.Abs(weight[c]) * deviation);
        }

        return largest > 0 ? change / largest : 0;
    }

    static ValueForm Form(ParameterSpec parameter, Weight.Dense weight, CompressionSpec spec)
    {
        var own = parameter.Role == ParameterRole.Weight ? spec.LayerSpecs.GetValueOrDefault(parameter.Layer)?.Values : null;
        var form = own ?? (spec.IsCompact ? ValueForm.Half : spec.DenseValues ?? ValueForm.Single);
        return form == ValueForm.Half && weight.Value.ToArray().Any(value => !(MathF.Abs(value) <= LargestHalf)) ? ValueForm.Single : form;
    }
}

using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;

namespace Pqf.Compression;

/// <summary>In which form files hold the values of a network that is compressed.</summary>
static class StoredForms
{
    // Half precision ends at 65,504. Larger values, such as limits of exporters, stay single.
    const float LargestHalf = 65504;

    /// <summary>The parameters with the forms that the settings ask for; no value changes.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values; layers with codes have them already.</param>
    /// <param name="spec">The settings.</param>
    public static Parameters Marked(Graph graph, Parameters parameters, CompressionSpec spec) =>
        Stored(graph).Aggregate(parameters, (all, parameter) => all.With(parameter.Name, Marked(parameter, all[parameter.Name], spec)));

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

    static Weight Marked(ParameterSpec parameter, Weight weight, CompressionSpec spec) =>
        weight.Match<Weight>(
            dense => dense with { Form = Form(parameter, dense, spec) },
            quantised => quantised with { CodebookForm = spec.CodebookForm }
        );

    static ValueForm Form(ParameterSpec parameter, Weight.Dense weight, CompressionSpec spec)
    {
        var own = parameter.Role == ParameterRole.Weight ? spec.LayerSpecs.GetValueOrDefault(parameter.Layer)?.Values : null;
        var form = own ?? (spec.IsCompact ? ValueForm.Half : spec.DenseValues ?? ValueForm.Single);
        return form == ValueForm.Half && weight.Value.ToArray().Any(value => !(MathF.Abs(value) <= LargestHalf)) ? ValueForm.Single : form;
    }
}

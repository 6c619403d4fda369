namespace Pqf.Nets.Onnx.Joints;

/// <summary>Nodes that compute what stands between the graphs of a model. Values are named by their numbers. Used within one function,
/// then thrown away.</summary>
/// <param name="nodes">Where nodes go.</param>
/// <param name="weights">Where constants go.</param>
sealed class OnnxFormula(List<WireField> nodes, OnnxWeights weights)
{
    int count;

    /// <summary>A value that exists under a name.</summary>
    public OnnxValue Named(string name) => new(this, name);

    /// <summary>One whole number, without an axis.</summary>
    public OnnxValue Whole(long value) => new(this, weights.Integer(value));

    /// <summary>Whole numbers [n].</summary>
    public OnnxValue Wholes(params IEnumerable<int> values) => new(this, weights.Integers(values));

    /// <summary>One number, without an axis.</summary>
    public OnnxValue Number(float value) => new(this, weights.Number(value));

    /// <summary>Numbers [n].</summary>
    public OnnxValue Numbers(params IEnumerable<float> values) => new(this, weights.Numbers(values));

    /// <summary>The value of an operation.</summary>
    /// <param name="operation">Its name in the standard.</param>
    /// <param name="inputs">What it reads; null for one that is left out.</param>
    /// <param name="attributes">Made by <see cref="OnnxMessages"/>.</param>
    public OnnxValue Of(string operation, OnnxValue?[] inputs, params IEnumerable<WireField> attributes) =>
        Several(operation, inputs, 1, attributes)[0];

    /// <summary>The values of an operation.</summary>
    /// <inheritdoc cref="Of"/>
    /// <param name="outputCount">How many there are.</param>
    public OnnxValue[] Several(string operation, OnnxValue?[] inputs, int outputCount, params IEnumerable<WireField> attributes)
    {
        OnnxValue[] outputs = [.. Enumerable.Range(0, outputCount).Select(_ => Named(FormattableString.Invariant($"joint/{count++}")))];
        nodes.Add(
            OnnxMessages.NodeOfSeveral(
                operation,
                inputs.Select(input => input?.Name ?? ""),
                [.. outputs.Select(output => output.Name)],
                attributes
            )
        );
        return outputs;
    }

    /// <summary>Gives a value a name.</summary>
    public void Name(OnnxValue value, string name) => nodes.Add(OnnxMessages.Node("Identity", [value.Name], name));

    /// <summary>The values one after the other along an axis.</summary>
    public OnnxValue Concat(int axis, params OnnxValue[] values) => Of("Concat", values, OnnxMessages.Attribute("axis", axis));

    /// <summary>The smaller of each two.</summary>
    public OnnxValue Min(OnnxValue left, OnnxValue right) => Of("Min", [left, right]);

    /// <summary>The larger of each two.</summary>
    public OnnxValue Max(OnnxValue left, OnnxValue right) => Of("Max", [left, right]);

    /// <summary>Whole numbers from <paramref name="first"/> to before a number without an axis.</summary>
    public OnnxValue Range(long first, OnnxValue end) => Of("Range", [Whole(first), end, Whole(1)]);

    /// <summary>True where all conditions hold.</summary>
    public OnnxValue All(params OnnxValue[] conditions) => conditions.Aggregate((left, right) => Of("And", [left, right]));

    /// <summary>The largest values, by falling value; of equal ones the first.</summary>
    /// <param name="values">[n].</param>
    /// <param name="limit">How many there are at most.</param>
    /// <returns>The values and their numbers, [min(n, limit)].</returns>
    public (OnnxValue Values, OnnxValue Numbers) Largest(OnnxValue values, int limit)
    {
        OnnxValue[] largest = Several("TopK", [values, Min(values.Shape(), Wholes(limit))], 2);
        return (largest[0], largest[1]);
    }

    /// <summary>Numbers of boxes that no other one of a higher score overlaps, class by class, by falling score.</summary>
    /// <param name="boxes">[n, 4].</param>
    /// <param name="scores">[classes, n]; a box of a score of -0.5 or less is none of the class.</param>
    /// <param name="limit">Most boxes of a class.</param>
    /// <param name="threshold">Intersection over union.</param>
    public OnnxValue Suppressed(OnnxValue boxes, OnnxValue scores, int limit, float threshold)
    {
        var kept = Of("NonMaxSuppression", [boxes.Unsqueeze(0), scores.Unsqueeze(0), Wholes(limit), Numbers(threshold), Numbers(-0.5f)]);
        return kept.Gather(Whole(2), 1); // image, class, box
    }
}

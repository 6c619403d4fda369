using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Nets.Detection;

/// <summary>Parameters of a Mask R-CNN to start training from.</summary>
public static class DetectorInitialise
{
    const string Body = "backbone.body.",
        Pyramid = "backbone.fpn.",
        ProposalHead = "rpn.head.",
        MaskHead = "roi_heads.mask_";

    // torchvision's RPNHead: weights normal of deviation 0.01.
    const double ProposalDeviation = 0.01;

    /// <summary>Random parameters, all dense, each layer's as torchvision starts them.</summary>
    /// <param name="graph">The whole network.</param>
    /// <param name="device">Where they go; they belong to its innermost scope.</param>
    /// <param name="key">Each tensor draws from the key folded with its name.</param>
    /// <remarks>
    /// Pyramid: uniform within √(3 / fan-in). Proposal head: normal of deviation 0.01. Mask head: normal of variance 2 / (k² · out) (He et
    /// al. 2015, arXiv 1502.01852). Biases of all three are 0. Else as <see cref="Initialise.Random"/>.
    /// </remarks>
    public static Parameters Random(Graph graph, Device device, RngKey key)
    {
        var values = Initialise.Random(graph, device, key).Values.ToBuilder();
        foreach (var spec in ParameterSpecs.Of(graph).Where(spec => IsOwn(spec.Layer)))
            values[spec.Name] = new Weight.Dense(Tensor<float>.From(device, spec.Shape, Values(spec, key.Fold(spec.Name))));
        return new(values.ToImmutable());
    }

    /// <summary>Values of one parameter, as in <see cref="Random"/>.</summary>
    /// <param name="spec">One of the whole network's.</param>
    /// <param name="key">The parameter's own key.</param>
    internal static float[] Draw(ParameterSpec spec, RngKey key) =>
        IsOwn(spec.Layer) ? Values(spec, key) : spec.Initial.Draw(spec.Shape.Count, key);

    /// <summary>The parameters with the body of a classifier, decoded if it is compressed.</summary>
    /// <param name="graph">The whole network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="classifier">Those of a ResNet; its <c>fc</c> is not used. Decoded weights belong to the innermost scope.</param>
    /// <returns>An error that names a layer of the body that the classifier has not, or has in another shape.</returns>
    public static Result<Parameters, PqfError> WithBody(Graph graph, Parameters parameters, Parameters classifier)
    {
        var values = parameters.Values.ToBuilder();
        foreach (var spec in ParameterSpecs.Of(graph).Where(spec => spec.Layer.StartsWith(Body, StringComparison.Ordinal)))
        {
            string name = spec.Name[Body.Length..];
            if (!classifier.Values.TryGetValue(name, out var weight) || weight.Shape != spec.Shape)
                return new PqfError.Layer(
                    name,
                    $"expected {spec.Shape} in the network that gives the body, got {(weight is null ? "none" : weight.Shape)}"
                );
            values[spec.Name] = new Weight.Dense(weight.Decode());
        }

        return new Parameters(values.ToImmutable());
    }

    static bool IsOwn(string layer) =>
        layer.StartsWith(Pyramid, StringComparison.Ordinal)
        || layer.StartsWith(ProposalHead, StringComparison.Ordinal)
        || layer.StartsWith(MaskHead, StringComparison.Ordinal);

    static float[] Values(ParameterSpec spec, RngKey key)
    {
        if (spec.Role != ParameterRole.Weight)
            return new float[spec.Shape.Count];
        double fanIn = (double)spec.Shape.Count / spec.Shape[0],
            fanOut = (double)spec.Shape.Count / spec.Shape[1];
        Func<ulong, double> draw =
            spec.Layer.StartsWith(Pyramid, StringComparison.Ordinal) ? i => Math.Sqrt(3 / fanIn) * ((2 * key.Uniform(i)) - 1)
            : spec.Layer.StartsWith(ProposalHead, StringComparison.Ordinal) ? i => ProposalDeviation * key.Normal(i)
            : i => Math.Sqrt(2 / fanOut) * key.Normal(i);
        return [.. Enumerable.Range(0, spec.Shape.Count).Select(i => (float)draw((ulong)i))];
    }
}

using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Nets.Weights;

/// <summary>Parameters to start training from.</summary>
public static class Initialise
{
    /// <summary>Random parameters of a graph, all dense.</summary>
    /// <param name="graph">Names and shapes.</param>
    /// <param name="device">Where they go; they belong to its innermost scope.</param>
    /// <param name="key">Each tensor draws from the key folded with its name: what a layer gets does not depend on the others.</param>
    /// <remarks>
    /// As torchvision's residual networks start: weights of convolutions normal with variance 2 / (kH · kW · out) (He et al. 2015, arXiv
    /// 1502.01852, section 2.2, backward form), norms the identity,
    /// linear layers and biases uniform within ±1/√fan-in (PyTorch's default).
    /// </remarks>
    public static Parameters Random(Graph graph, Device device, RngKey key)
    {
        var parameters = Parameters.Empty.Values.ToBuilder();
        foreach (var node in graph.Nodes)
        {
            var specs = ParameterSpecs.Of(node);
            foreach (var spec in specs.Where(spec => !parameters.ContainsKey(spec.Name)))
                parameters.Add(
                    spec.Name,
                    new Weight.Dense(Tensor<float>.From(device, spec.Shape, Values(node, spec, specs[0].Shape, key.Fold(spec.Name))))
                );
        }

        return new(parameters.ToImmutable());
    }

    static float[] Values(Node node, ParameterSpec spec, Shape weight, RngKey key) =>
        (spec.Role, node) switch
        {
            (ParameterRole.Weight, Node.Conv2d) => Normal(key, spec.Shape.Count, Math.Sqrt(2.0 * weight[1] / weight.Count)),
            (ParameterRole.Weight or ParameterRole.Bias, _) => Uniform(key, spec.Shape.Count, Math.Sqrt((double)weight[0] / weight.Count)),
            (ParameterRole.NormWeight or ParameterRole.RunningVar, _) => Constant(spec.Shape.Count, 1),
            _ => Constant(spec.Shape.Count, 0),
        };

    static float[] Normal(RngKey key, int count, double deviation)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(deviation * key.Normal((ulong)i));
        return values;
    }

    static float[] Uniform(RngKey key, int count, double bound)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(bound * ((2 * key.Uniform((ulong)i)) - 1));
        return values;
    }

    static float[] Constant(int count, float value)
    {
        float[] values = new float[count];
        Array.Fill(values, value);
        return values;
    }
}

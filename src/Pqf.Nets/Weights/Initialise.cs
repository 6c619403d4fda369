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
    /// <remarks>Each layer says how its tensors start: as those of torchvision's residual networks.</remarks>
    public static Parameters Random(Graph graph, Device device, RngKey key)
    {
        var parameters = Parameters.Empty.Values.ToBuilder();
        foreach (var spec in ParameterSpecs.Of(graph))
            parameters.Add(
                spec.Name,
                new Weight.Dense(Tensor<float>.From(device, spec.Shape, spec.Initial.Draw(spec.Shape.Count, key.Fold(spec.Name))))
            );
        return new(parameters.ToImmutable());
    }
}

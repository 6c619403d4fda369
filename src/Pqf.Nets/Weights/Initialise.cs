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

    /// <summary>The same parameters with weights, biases and norms drawn newly, all dense: what a network of the same graph starts training
    /// with.</summary>
    /// <param name="graph">Names and shapes.</param>
    /// <param name="parameters">Constants of the graph, and scales of its own, are kept.</param>
    /// <param name="key">As for <see cref="Random"/>.</param>
    public static Parameters Again(Graph graph, Parameters parameters, RngKey key)
    {
        var device = parameters.Tensors().First().Device;
        return ParameterSpecs
            .Of(graph)
            .Where(spec => !spec.IsFrozen && spec.Role != ParameterRole.Vector)
            .Aggregate(
                parameters,
                (all, spec) =>
                    all.With(
                        spec.Name,
                        new Weight.Dense(Tensor<float>.From(device, spec.Shape, spec.Initial.Draw(spec.Shape.Count, key.Fold(spec.Name))))
                    )
            );
    }
}

using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Gives norms the statistics of their inputs on images, the network's function unchanged.</summary>
/// <remarks>
/// The one rule: every network is unfolded before its norms are estimated again or trained, on the images that it will see then, unless its
/// norms are all as <see cref="Initialise"/> makes them. Norms of files may be folded (mean 0, variance 1, as in published and .pqf files;
/// a decoded network does not tell), and their statistics would apply twice. Norms that hold statistics of other images are unfolded too:
/// otherwise calibrating changes the function by the difference between the images (published ResNet-18, 100 images instead of all 400:
/// 282 correct instead of 297).
/// </remarks>
/// <param name="Images">The images.</param>
public sealed record UnfoldNorms(NormImages Images) : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => Images.Check();

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        IsNeeded(state.Graph, state.Parameters)
            ? Images.Estimate(this, state, NormMode.Running, estimates => estimates.Unfolded(), cancellation)
            : [new CompressionEvent.StepFinished(this, state)];

    /// <summary>Whether some norm that training changes is not as <see cref="Initialise"/> makes it: weight 1, bias 0, mean 0, variance
    /// 1.</summary>
    public static bool IsNeeded(Graph graph, Parameters parameters) =>
        NormEstimates.NormsOf(graph).Any(norm => !IsInitial(parameters, norm.Name));

    static bool IsInitial(Parameters parameters, string layer) =>
        new[] { ("weight", 1f), ("bias", 0f), ("running_mean", 0f), ("running_var", 1f) }.All(vector =>
            !NormEstimates.Vector(parameters, layer, vector.Item1).AsSpan().ContainsAnyExcept(vector.Item2)
        );
}

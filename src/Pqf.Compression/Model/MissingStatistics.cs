using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>The running statistics of norms, which a file of parameters alone lacks.</summary>
static class MissingStatistics
{
    /// <summary>The note on a network that is taken without them.</summary>
    public const string AreEstimated = "has no running statistics of norms; they are estimated on the images";

    /// <summary>Refuses a dense network without them, unless they will be estimated.</summary>
    public static Result<Unit, PqfError> Check(string path, Graph graph, LoadReport report, NetworkOverrides overrides) =>
        !report.LacksStatistics || (overrides.AllowsMissingStatistics && CanBeEstimated(graph)) ? default(Unit) : Error(path, graph);

    /// <summary>What is wrong with a network without them.</summary>
    public static PqfError Error(string path, Graph graph) =>
        new PqfError.File(
            path,
            "has the parameters of its norms but no running statistics (model.parameters() instead of model.state_dict()?): with mean 0 "
                + "and variance 1 the network is useless"
                + (CanBeEstimated(graph) ? "; pqf compress --calibrate DIR estimates them on photographs" : "; save model.state_dict()")
        );

    // Frozen norms keep the statistics of another training.
    static bool CanBeEstimated(Graph graph) => graph.BatchNorms.Any(norm => !norm.IsFrozen);
}

using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Allocation;

/// <summary>What a network gives on a few photographs.</summary>
static class NetworkOutputs
{
    /// <summary>Photographs that are enough to tell layers' effects apart.</summary>
    const int ImageCount = 32;

    /// <summary>Batches that are used.</summary>
    public static int BatchCount(NormImages images) => Math.Clamp(ImageCount / images.BatchShape[0], 1, Math.Max(1, images.BatchCount));

    /// <summary>All outputs, for any values of the network's parameters.</summary>
    /// <param name="graph">Without joints.</param>
    /// <param name="device">Where; images belong to its innermost scope.</param>
    /// <param name="images">The first few are used.</param>
    public static Result<Func<Parameters, OutputValues[]>, PqfError> Of(Graph graph, Device device, NormImages images) =>
        images
            .On(device, 0, BatchCount(images))
            .Map<Func<Parameters, OutputValues[]>>(loaded =>
                parameters =>
                {
                    using var scope = device.BeginScope();
                    // Batches of one size share a plan; the last batch may be smaller.
                    return
                    [
                        .. loaded
                            .GroupBy(batch => batch.Shape[0])
                            .SelectMany(same =>
                            {
                                var plan = InferencePlan.Compile(graph, parameters, device, same.First().Shape);
                                return same.SelectMany(batch =>
                                    plan.RunAll(batch).Select(output => new OutputValues(output.Shape, output.ToArray()))
                                );
                            }),
                    ];
                }
            );
}

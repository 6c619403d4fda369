using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Bench.Network;

/// <summary>One step of a network, measured while the whole network runs.</summary>
/// <param name="Name">Its layer, or what it does.</param>
/// <param name="Kind">Kernel, stride, channels and size, for layers: steps of the same kind do the same work.</param>
/// <param name="Ms">Median time.</param>
/// <param name="Gflops">Multiplications and additions of a plain convolution per second, in 10⁹: Winograd's, which are fewer, count as
/// those they replace.</param>
/// <param name="Share">Of the peak measured just before.</param>
sealed record StepTime(string Name, string Kind, double Ms, double Gflops, double Share);

/// <summary>Where a network's time goes.</summary>
static class LayerBench
{
    const int Calls = 15;

    /// <summary>Measures every step of a case.</summary>
    public static StepTime[] Measure(NetworkCase network)
    {
        using var device = new HostDevice(network.Threads);
        using var scope = device.BeginScope();
        var plan = InferencePlan.Compile(network.Graph, network.Parameters(device), device, network.ChannelsLast);
        var shapes = GraphShapes.Of(network.Graph, network.ChannelsLast);
        var steps = plan.Steps;
        double peak = Peak.Now(device);
        double[][] times = Times(plan, network, device, steps.Length);
        return
        [
            .. steps.Select(
                (step, i) =>
                {
                    double ms = times[i][Calls / 2],
                        operations = Operations(network.Graph, step, shapes);
                    return new StepTime(
                        Name(network.Graph.Nodes[step.Head]),
                        Kind(network.Graph, step, shapes),
                        ms,
                        operations / ms / 1e6,
                        operations / ms / 1e6 / peak
                    );
                }
            ),
        ];
    }

    /// <summary>Of each step, the times of all calls, sorted.</summary>
    static double[][] Times(InferencePlan plan, NetworkCase network, HostDevice device, int stepCount)
    {
        Tensor<float>[] images =
        [
            .. Enumerable.Range(0, Inputs.Count).Select(i => ChannelOrder.ToChannelsLast(device, network.ChannelsFirst, network.Input(i))),
        ];
        double[][] times = [.. Enumerable.Range(0, stepCount).Select(_ => new double[Calls])];
        for (int call = -3; call < Calls; call++)
        {
            using var scope = device.BeginScope();
            long last = Stopwatch.GetTimestamp();
            int at = Math.Max(call, 0);
            foreach (double[] ofStep in times)
                ofStep[at] = 0; // the first steps may run several times, for some of the images each
            plan.Run(
                images[at % images.Length],
                step =>
                {
                    long now = Stopwatch.GetTimestamp();
                    times[step][at] += Stopwatch.GetElapsedTime(last, now).TotalMilliseconds;
                    last = now;
                }
            );
        }

        foreach (double[] ofStep in times)
            Array.Sort(ofStep);
        return times;
    }

    /// <summary>Multiplications and additions of a step, each layer counted as a plain one.</summary>
    public static double Operations(Graph graph, FusedStep step, ImmutableArray<Shape> shapes) =>
        (2.0 * graph.Nodes[step.Head].MultiplyAdds(shapes[step.Head])) + (step.First is { } first ? Operations(graph, first, shapes) : 0);

    static string Name(Layer node) =>
        node switch
        {
            Conv2dLayer n => n.Name,
            LinearLayer n => n.Name,
            BatchNormLayer n => n.Name,
            MaxPool2dLayer => "max pool",
            GlobalAvgPoolLayer => "mean",
            _ => node.Kind,
        };

    /// <summary>Kernel, stride, channels and size.</summary>
    public static string Kind(Graph graph, FusedStep step, ImmutableArray<Shape> shapes) =>
        (step.First is { } first ? $"{Kind(graph, first, shapes)} + " : "") + OwnKind(graph, step, shapes);

    static string OwnKind(Graph graph, FusedStep step, ImmutableArray<Shape> shapes) =>
        graph.Nodes[step.Head] switch
        {
            Conv2dLayer n => $"{n.KernelSize.H}x{n.KernelSize.W}/{n.Options.Stride.H} {n.InChannels}-{n.OutChannels} "
                + $"{(n.Options.Groups == 1 ? "" : $"/{n.Options.Groups} ")}@{shapes[n.X][1]}{(step.Residual is null ? "" : " +res")}",
            LinearLayer n => $"linear {n.InFeatures}-{n.OutFeatures}",
            var n => $"{Name(n)} {shapes[step.Output].Last} @{(n.Inputs is [var x, ..] ? shapes[x].Count / shapes[x].Last : 0)}",
        };
}

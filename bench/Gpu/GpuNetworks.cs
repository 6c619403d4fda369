using System.Diagnostics;
using Pqf.Bench.Network;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Bench.Gpu;

/// <summary>Whole networks, from images on the card to logits on the card, then step by step.</summary>
static class GpuNetworks
{
    const double Tolerance = 1e-4;
    const int LayerCalls = 7;

    public static void Run(GpuDevice gpu, HostDevice host, GpuReport report, double peak, bool isSmall)
    {
        int[] batches = isSmall ? [1] : [1, 8, 32, 128];
        NetworkCase[] cases =
        [
            .. from name in isSmall ? new[] { "resnet18" } : ["resnet18", "resnet50"]
            from batch in batches
            select new NetworkCase(name, 0, batch),
        ];
        report.Heading("Networks, images of 224×224");
        report.Columns("network", "batch", "ms", "images/s", "GFLOP/s", "of peak", "first call ms", "from the host's");
        foreach (var network in cases)
            Whole(gpu, host, report, peak, network);
        foreach (var network in cases.Where(network => network.Batch == (isSmall ? 1 : 32)))
            Layers(gpu, report, peak, network);
        GpuWinogradLayers.Run(gpu, report, peak, isSmall);
    }

    static void Whole(GpuDevice gpu, HostDevice host, GpuReport report, double peak, NetworkCase network)
    {
        using GpuScopes scopes = new(gpu, host);
        var plan = InferencePlan.Compile(network.Graph, network.Parameters(gpu), gpu, network.ChannelsLast);
        var images = Images(gpu, network);
        var times = GpuTimes.Of(
            gpu,
            i =>
            {
                using var call = gpu.BeginScope();
                plan.Run(images[i % images.Length]);
            }
        );
        string compared = network.Batch > 8 ? "-" : report.Compared(Difference(), Tolerance);
        double gflops = Operations(network) / times.MedianMs / 1e6;
        report.Row(
            network.ShortName,
            network.Batch,
            GpuReport.Number(times.MedianMs),
            GpuReport.Number(1e3 * network.Batch / times.MedianMs),
            GpuReport.Number(gflops),
            GpuReport.Percent(gflops / peak),
            GpuReport.Number(times.FirstMs),
            compared
        );
        double Difference()
        {
            var onHost = InferencePlan.Compile(network.Graph, network.Parameters(host), host, network.ChannelsLast);
            return images
                .Select(image => NetworkBench.Difference(onHost.Run(image.To(host)).ToArray(), plan.Run(image).ToArray()))
                .Aggregate(0.0, Math.Max);
        }
    }

    static void Layers(GpuDevice gpu, GpuReport report, double peak, NetworkCase network)
    {
        using var scope = gpu.BeginScope();
        var plan = InferencePlan.Compile(network.Graph, network.Parameters(gpu), gpu, network.ChannelsLast);
        var images = Images(gpu, network);
        double[][] times = [.. plan.Steps.Select(_ => new double[LayerCalls])];
        for (int call = -2; call < LayerCalls; call++)
        {
            using var inner = gpu.BeginScope();
            gpu.Synchronize();
            long last = Stopwatch.GetTimestamp();
            plan.Run(
                images[Math.Max(call, 0) % images.Length],
                step =>
                {
                    gpu.Synchronize();
                    long now = Stopwatch.GetTimestamp();
                    times[step][Math.Max(call, 0)] = Stopwatch.GetElapsedTime(last, now).TotalMilliseconds;
                    last = now;
                }
            );
        }

        var shapes = GraphShapes.Of(network.Graph, network.ChannelsLast);
        var steps = plan.Steps.Select(
            (step, i) =>
                (
                    Kind: LayerBench.Kind(network.Graph, step, shapes),
                    Ms: times[i].Order().ElementAt(LayerCalls / 2),
                    Operations: LayerBench.Operations(network.Graph, step, shapes)
                )
        );
        report.Heading($"Steps of {network.ShortName}, batch {network.Batch}, with a wait after each");
        report.Columns("step", "times", "ms", "each ms", "GFLOP/s", "of peak");
        foreach (var kind in steps.GroupBy(step => step.Kind).OrderByDescending(kind => kind.Sum(step => step.Ms)))
        {
            double ms = kind.Sum(step => step.Ms),
                gflops = kind.Sum(step => step.Operations) / ms / 1e6;
            report.Row(
                kind.Key,
                kind.Count(),
                GpuReport.Number(ms),
                GpuReport.Number(ms / kind.Count()),
                GpuReport.Number(gflops),
                GpuReport.Percent(gflops / peak)
            );
        }
    }

    static Tensor<float>[] Images(GpuDevice gpu, NetworkCase network) =>
        [.. Enumerable.Range(0, Inputs.Count).Select(i => ChannelOrder.ToChannelsLast(gpu, network.ChannelsFirst, network.Input(i)))];

    static double Operations(NetworkCase network)
    {
        var shapes = GraphShapes.Of(network.Graph, network.ChannelsLast);
        return 2.0 * network.Graph.Nodes.Select((node, i) => (double)node.MultiplyAdds(shapes[i])).Sum();
    }
}

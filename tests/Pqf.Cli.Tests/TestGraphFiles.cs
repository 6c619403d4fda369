using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;

namespace Pqf.Cli.Tests;

/// <summary>Files of a small network of a graph that no family has.</summary>
static class TestGraphFiles
{
    public const int ClassCount = 5;

    /// <summary>Side of its images.</summary>
    public const int Side = 16;

    /// <summary>A depthwise block and a softmax behind global pooling.</summary>
    public static Graph Graph()
    {
        var graph = new GraphBuilder();
        int x = graph.Relu(graph.BatchNorm(graph.Conv2d(graph.Input(3), "stem", 8, 3, new Conv2dOptions { Padding = 1 }), "stem_norm"));
        int y = graph.Conv2d(
            x,
            "depthwise",
            8,
            3,
            new Conv2dOptions
            {
                Padding = 1,
                Stride = 2,
                Groups = 8,
            }
        );
        x = graph.HardSwish(graph.BatchNorm(graph.Conv2d(graph.Relu(graph.BatchNorm(y, "depthwise_norm")), "project", 16, 1), "norm"));
        graph.Softmax(graph.Linear(graph.Flatten(graph.GlobalAvgPool(x)), "head", 16, ClassCount));
        return graph.Build();
    }

    /// <summary>Writes the network as an ONNX model of another program: nothing says what it is but its graph.</summary>
    public static string WriteOnnx(string path)
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        var graph = Graph();
        OnnxWriter
            .Write(
                path,
                graph,
                GeneratedWeights.Parameters(graph, host, "graph"),
                [1, Side, Side, 3],
                new Dictionary<string, string>(),
                new OnnxModelNames("pixels", [new("scores/of classes", graph.Output)])
            )
            .Value();
        return path;
    }

    /// <summary>Writes the network with its norms as they are.</summary>
    public static string WritePqf(string path)
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        var graph = Graph();
        var architecture = GraphNetwork
            .Of(new GraphOptions("small", graph, Side, "pixels", [new("scores/of classes", graph.Output)]))
            .Value();
        Network
            .New(
                architecture,
                graph,
                GeneratedWeights.Parameters(graph, host, "graph"),
                new NetworkOverrides { Resize = Side, Crop = Side }
            )
            .Value()
            .Save(path)
            .Value();
        return path;
    }
}

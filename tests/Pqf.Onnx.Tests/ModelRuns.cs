using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Runs what is read of a model in all our ways, and the model in ONNX Runtime.</summary>
static class ModelRuns
{
    /// <summary>The largest difference from ONNX Runtime, in parts of the largest value, by interpreter.</summary>
    public sealed record Differences(double Plain, double Compiled, double Recorded)
    {
        /// <summary>Kinds of the network's layers, in its order.</summary>
        public IReadOnlyList<string> Layers { get; init; } = [];

        public double Largest => Math.Max(Plain, Math.Max(Compiled, Recorded));
    }

    /// <summary>Compares a model on two images, or as many as it fixes.</summary>
    public static Differences Compare(string path, Device device, OnnxReadOptions? options = null)
    {
        using var scope = device.BeginScope();
        using var file = TensorFiles.Open(path).ValueOrThrow();
        var network = OnnxReader.Read(file, options).ValueOrThrow();
        var parameters = StateDict.Load(network.Graph, network.Tensors, device).ValueOrThrow().Parameters;
        using var runtime = new OnnxRuntimeModel(path);
        int[] given = runtime.Session.InputMetadata[network.Input.Name].Dimensions;
        Shape shape = [given[0] > 0 ? given[0] : 2, .. network.Input.Shape.Skip(1)];
        var images = GeneratedWeights.Images(device, "model", [shape[0], shape[3], shape[1], shape[2]]);
        var expected = runtime.RunAll(network.Input.IsChannelsLast ? images : ChannelOrder.ToChannelsFirst(images));
        var plain = Forward.Outputs(network.Graph, parameters, images, []);
        var plan = InferencePlan.Compile(network.Graph, parameters, device, shape);
        var compiled = plan.RunAll(images);
        var recorded = Recorded(network.Graph, parameters, images, device);
        return new(Difference(network, expected, plain), Difference(network, expected, compiled), Difference(network, expected, recorded))
        {
            Layers = [.. network.Graph.Nodes.Select(node => node.Kind)],
        };
    }

    static double Difference(OnnxNetwork network, IReadOnlyDictionary<string, float[]> expected, IReadOnlyList<Tensor<float>> outputs)
    {
        double largest = 0;
        foreach (var output in network.Outputs)
        {
            var y = outputs[network.Graph.Outputs.IndexOf(output.Node)];
            float[] values = (y.Shape.Rank == 4 ? ChannelOrder.ToChannelsFirst(y) : y).ToArray();
            float[] wanted = expected[output.Name];
            Assert.Equal(wanted.Length, values.Length);
            double scale = Math.Max(1e-30, wanted.Max(Math.Abs));
            largest = Math.Max(largest, values.Zip(wanted, (a, b) => Math.Abs((double)a - b)).Max() / scale);
            Assert.True(values.All(float.IsFinite), $"{output.Name} has values that are not finite");
        }

        return largest;
    }

    static IReadOnlyList<Tensor<float>> Recorded(Graph graph, Parameters parameters, Tensor<float> images, Device device)
    {
        using var scope = device.BeginScope();
        var run = TrainingPlan
            .Create(graph, parameters, images.Shape)
            .Run(new Tape(scope), new Dictionary<string, Variable>(), images, NormMode.Running);
        return [.. run.Outputs.Select(output => scope.Keep(output.Value))];
    }
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;

namespace Pqf.Onnx.Tests;

/// <summary>What we promise of any network that is read from a model.</summary>
static class NetworkChecks
{
    // Each direction is tried at several lengths: long ones cross kinks of the network's functions, short ones drown in rounding.
    static readonly double[] Steps = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6];

    /// <summary>Differences, each as a part of the largest value.</summary>
    /// <param name="Gradient">Of the derivative along the gradient itself, from its length.</param>
    /// <param name="Permutation">Of the outputs after every channel group is permuted.</param>
    /// <param name="Runtime">Of ONNX Runtime's outputs of the compressed model, from ours.</param>
    /// <param name="Ratio">How many times smaller the compressed network is.</param>
    public sealed record Figures(double Gradient, double Permutation, double Runtime, double Ratio);

    /// <summary>Measures a model; throws where a file that was written is not read as the same network.</summary>
    public static Figures Of(string path, Device device, CancellationToken cancellation)
    {
        using var scope = device.BeginScope();
        var network = Network.Load(path, device).ValueOrThrow();
        var s = network.Preprocessing.InputShape(1);
        var images = GeneratedWeights.Images(device, "checks", [1, s[3], s[1], s[2]]);
        double gradient = GradientDifference(network.Graph, network.Parameters, images),
            permutation = PermutationDifference(network.Graph, network.Parameters, images);
        device.TrimPool();
        using var folder = new TemporaryFolder();
        var compressed = Compressed(network, cancellation);
        compressed.Save(folder.File("c.pqf"), ModelFormat.Pqf).ValueOrThrow();
        AssertSame(compressed, Network.Load(folder.File("c.pqf"), device).ValueOrThrow().Model);
        compressed.Save(folder.File("c.onnx"), ModelFormat.Onnx).ValueOrThrow();
        double runtime = RuntimeDifference(compressed, folder.File("c.onnx"), images);
        return new(gradient, permutation, runtime, Cost.Of(compressed.Graph, compressed.Parameters, s).Ratio);
    }

    static PqfModel Compressed(Network network, CancellationToken cancellation) =>
        CompressJob
            .Run(
                network,
                new CompressOptions
                {
                    Compression = new CompressionSpec { KMeansIterations = 1, KMeansType = KMeansType.KMeans },
                    Permutation = new PermutationSpec { Proposals = 20, Strategies = [PermutationStrategy.Stochastic] },
                },
                null,
                cancellation
            )
            .ValueOrThrow()
            .Model.AsStored();

    static void AssertSame(PqfModel expected, PqfModel actual)
    {
        foreach (var spec in ParameterSpecs.Of(expected.Graph))
        {
            var (wanted, got) = (expected.Parameters[spec.Name], actual.Parameters[spec.Name]);
            if (wanted.SizeBits != got.SizeBits || !wanted.Tensors().Zip(got.Tensors()).All(pair => AreSame(pair.First, pair.Second)))
                throw new PqfException(new PqfError.Layer(spec.Name, "is not read as it was written"));
        }
    }

    static bool AreSame(ITensor a, ITensor b) =>
        a is Tensor<float> x
            ? x.ToArray().SequenceEqual(((Tensor<float>)b).ToArray())
            : ((Tensor<ushort>)a).ToArray().SequenceEqual(((Tensor<ushort>)b).ToArray());

    /// <summary>The adjoint identity along the gradient g itself, in a random half of the parameters: the derivative of ⟨u, f⟩ along
    /// g / |g| is |g|. The best of several steps.</summary>
    static double GradientDifference(Graph graph, Parameters parameters, Tensor<float> images)
    {
        var key = RngKey.FromSeed(5);
        var device = images.Device;
        using var scope = device.BeginScope();
        var trainable = Trainable.Of(graph, parameters);
        var (seed, gradients) = Backward(graph, parameters, trainable, images, key);
        var direction = gradients
            .Where(pair => key.Fold(pair.Key).Below(2, 0) == 0 || gradients.Count == 1)
            .ToDictionary(pair => pair.Key, pair => pair.Value.ToArray());
        double length = Math.Sqrt(direction.Values.Sum(values => values.Sum(value => (double)value * value))),
            size = Math.Sqrt(direction.Keys.Sum(name => trainable[name].ToArray().Sum(value => (double)value * value)));
        double Value(double step)
        {
            using var inner = device.BeginScope();
            var moved = direction.Aggregate(
                parameters,
                (all, pair) =>
                {
                    float[] values = trainable[pair.Key].ToArray();
                    for (int i = 0; i < values.Length; i++)
                        values[i] = (float)(values[i] + (step * size / length * pair.Value[i]));
                    return all.With(pair.Key, new Weight.Dense(Tensor<float>.From(device, trainable[pair.Key].Shape, values)));
                }
            );
            float[] y = Forward.Outputs(graph, moved, images, [])[0].ToArray();
            return y.Zip(seed, (a, b) => (double)a * b).Sum();
        }

        return length == 0 ? 0 : Steps.Min(step => Math.Abs(((Value(step) - Value(-step)) / (2 * step * size) / length) - 1));
    }

    static (float[] Seed, ImmutableDictionary<string, Tensor<float>> Gradients) Backward(
        Graph graph,
        Parameters parameters,
        ImmutableDictionary<string, Tensor<float>> trainable,
        Tensor<float> images,
        RngKey key
    )
    {
        var device = images.Device;
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaves = trainable.ToDictionary(pair => pair.Key, pair => tape.Leaf(pair.Value));
        var run = TrainingPlan.Create(graph, parameters, images.Shape).Run(tape, leaves, images, NormMode.Running);
        var root = run.Outputs[0];
        float[] seed = [.. Enumerable.Range(0, root.Value.Shape.Count).Select(i => (float)key.Normal((ulong)i))];
        string[] names = [.. leaves.Keys];
        var found = tape.Backward(root, Tensor<float>.From(device, root.Value.Shape, seed), [.. names.Select(name => leaves[name])]);
        scope.KeepAll(found);
        return (seed, names.Zip(found).ToImmutableDictionary(pair => pair.First, pair => pair.Second));
    }

    static double PermutationDifference(Graph graph, Parameters parameters, Tensor<float> images)
    {
        using var scope = images.Device.BeginScope();
        var orders = ChannelGroups
            .Of(graph)
            .Select((group, i) => (group, RngKey.FromSeed(i).Permutation(group.ChannelCount).ToImmutableArray()));
        var reordered = ChannelGroup.Apply(parameters, orders);
        return Forward
            .Outputs(graph, parameters, images, [])
            .Zip(Forward.Outputs(graph, reordered, images, []))
            .Max(pair => Probe.Difference(pair.First.ToArray(), pair.Second.ToArray()));
    }

    static double RuntimeDifference(PqfModel model, string path, Tensor<float> images)
    {
        using var scope = images.Device.BeginScope();
        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(path));
        var theirs = runtime.RunAll(ChannelOrder.ToChannelsFirst(images));
        var ours = Forward.Outputs(model.Graph, model.Parameters, images, []).ToArray();
        // A known network has one output, a graph of its own has names.
        var named = model.Architecture.Options is GraphOptions own
            ? own.Outputs.Select(output => (output.Name, Value: ours[model.Graph.Outputs.IndexOf(output.Node)]))
            : [(Name: runtime.Session.OutputNames[0], Value: ours[0])];
        return named.Max(output =>
            Probe.Difference(
                theirs[output.Name],
                (output.Value.Shape.Rank == 4 ? ChannelOrder.ToChannelsFirst(output.Value) : output.Value).ToArray()
            )
        );
    }
}

using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;
using Pqf.Testing;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of gradients and of steps of training, on networks drawn at random.</summary>
public class TrainingProperties
{
    // As for values (NetworkProperties): sums in another order.
    const double Tolerance = 1e-4;

    [Property(MaxTest = 60)]
    public Property Gradients_of_a_permuted_network_are_the_permuted_gradients(byte[] pieces, byte tail, int seed)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var parameters = GeneratedWeights.Parameters(graph, device, "property");
        Evaluation<ImmutableArray<NormStatistics>> At(Parameters values, float scale) =>
            Gradients.Of(graph, values, Scale.Forward(RandomNetwork.Images(device, 2), scale), Target(graph, device), NormMode.Running);
        var expected = At(parameters, 1).Gradients;
        // Where a ReLU or a largest value changes within the reach of rounding, gradients jump.
        bool isSmooth = new[] { 1 - 2e-6f, 1 + 2e-6f }.All(scale =>
            expected.All(pair => Distance(pair.Value, At(parameters, scale).Gradients[pair.Key]) < Tolerance)
        );
        foreach (var group in isSmooth ? ChannelGroups.Of(graph) : [])
        {
            int[] order = RngKey.FromSeed(seed).Fold(group.Parents[0]).Permutation(group.ChannelCount);
            var permuted = group.Apply(
                new(
                    parameters.Values.SetItems(expected.Select(pair => KeyValuePair.Create(pair.Key, (Weight)new Weight.Dense(pair.Value))))
                ),
                order
            );
            var actual = At(group.Apply(parameters, order), 1).Gradients;
            foreach (string name in expected.Keys)
                Close.Check(permuted[name].Decode(), actual[name], 2 * Tolerance);
        }

        return true.When(isSmooth);
    }

    // Exactly, since the op sums the blocks of a code in rising order (DecodeCodes). The sum of all rows compared in double precision with that
    // of all blocks is no such law: of terms of one sign the roundings may all point one way, as they did once (the case below).
    [Property(MaxTest = 100)]
    public void A_codebooks_gradient_sums_the_weights_blocks_by_code_in_rising_order(byte[] pieces, byte tail, byte k) =>
        CheckCodebookGradients(pieces, tail, k);

    [Property(MaxTest = 1, Replay = "14952254887066420021,14356757259007758409,49")]
    public void A_codebook_of_one_code_sums_every_block(byte[] pieces, byte tail, byte k) => CheckCodebookGradients(pieces, tail, k);

    static void CheckCodebookGradients(byte[] pieces, byte tail, byte k)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = RandomNetwork.Of(pieces, tail);
        var quantised = Quantised(graph, GeneratedWeights.Parameters(graph, device, "property"), 1 + (k % 40));
        var dense = new Parameters(
            quantised.Values.ToImmutableDictionary(pair => pair.Key, pair => (Weight)new Weight.Dense(pair.Value.Decode()))
        );
        var images = RandomNetwork.Images(device, 2);
        var (codebooks, weights) = (
            Gradients.Of(graph, quantised, images, Target(graph, device)).Gradients,
            Gradients.Of(graph, dense, images, Target(graph, device)).Gradients
        );
        foreach (var (name, weight) in quantised.Values.Where(pair => pair.Value is Weight.Quantised))
        {
            var codes = (Weight.Quantised)weight;
            int d = codes.D;
            float[] blocks = weights[name].ToArray(),
                byCode = codebooks[name.Replace(".weight", ".codebook", StringComparison.Ordinal)].ToArray(),
                sums = new float[byCode.Length];
            foreach (var (block, code) in codes.Codes.ToArray().Index())
                for (int i = 0; i < d; i++)
                    sums[(code * d) + i] += blocks[(block * d) + i];
            Assert.Equal(sums, byCode);
        }
    }

    [Property(MaxTest = 40)]
    public void A_step_is_the_same_with_any_number_of_threads_and_changes_no_code(byte[] pieces, byte tail, byte k)
    {
        var graph = RandomNetwork.Of(pieces, tail);
        float[] Step(int threads)
        {
            using var device = new HostDevice(threads);
            using var scope = device.BeginScope();
            var parameters = Quantised(graph, GeneratedWeights.Parameters(graph, device, "property"), 1 + (k % 40));
            ushort[] Codes() =>
                [
                    .. parameters
                        .Values.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                        .Select(pair => pair.Value)
                        .OfType<Weight.Quantised>()
                        .SelectMany(weight => weight.Codes.ToArray()),
                ];
            ushort[] before = Codes();
            var result = Gradients.Of(graph, parameters, RandomNetwork.Images(device, 2), Target(graph, device));
            var (optimizer, trainable) = (new Optimizer.Adam(), Trainable.Of(graph, parameters));
            optimizer.Step(trainable, result.Gradients, optimizer.Start(trainable), 1e-2);
            Norms.Update(parameters, result.Extra);
            Assert.Equal(before, Codes());
            return
            [
                .. result.Loss.ToArray(),
                .. parameters.Values.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Decode().ToArray()),
            ];
        }

        int[] one = Bits(Step(1));
        Assert.Equal(one, Bits(Step(2)));
        Assert.Equal(one, Bits(Step(3)));
    }

    static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);

    /// <summary>Every weight of two axes and more cut into blocks of one kernel each, or of single values, with random codes.</summary>
    static Parameters Quantised(Graph graph, Parameters parameters, int k) =>
        TestGraphs.Quantise(
            graph,
            parameters,
            ParameterSpecs
                .Of(graph)
                .Where(spec => spec.Role == ParameterRole.Weight)
                .Select(spec => (spec.Layer, k, spec.Shape.Rank == 4 ? spec.Shape[2] * spec.Shape[3] : 1))
        );

    static Tensor<float> Target(Graph graph, Device device)
    {
        int classes = graph.Nodes[graph.Output] is LinearLayer last
            ? last.OutFeatures
            : throw new InvalidOperationException("a random network ends with a linear layer");
        return OneHot.Create(device, [1, classes - 1], classes, 0.1f);
    }

    /// <summary>The largest difference, as a part of the largest value.</summary>
    static double Distance(Tensor<float> a, Tensor<float> b)
    {
        float[] values = a.ToArray();
        double largest = values.Max(value => Math.Abs((double)value));
        return values.Zip(b.ToArray(), (x, y) => Math.Abs((double)x - y)).Max() / Math.Max(largest, double.Epsilon);
    }
}

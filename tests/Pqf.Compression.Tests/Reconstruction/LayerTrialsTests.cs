using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Reconstruction;

/// <summary>Layers that are tried one at a time.</summary>
public sealed class LayerTrialsTests : IDisposable
{
    static readonly RngKey Key = RngKey.FromSeed(4);
    static readonly ReconstructionOptions Options = new() { VaryBelow = 0 };

    readonly HostDevice host = new();
    readonly Scope scope;

    public LayerTrialsTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    /// <summary>In one pass each layer, and the norm or the bias behind it, gets the values that the step gives it if the layer alone is
    /// quantised.</summary>
    [Fact]
    public void Each_trial_is_what_the_step_makes_of_the_layer_alone()
    {
        var dense = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var layers = Blocks.Of(SmallNetwork.Graph, new CompressionSpec { K = 8, KMeansIterations = 5 }).ValueOrThrow();
        var starts = layers.Select(layer => Quantised(dense, layer)).ToArray();
        var visited = new List<int>();

        new LayerTrials(host, SmallNetwork.Graph, dense, Options, Key).ForEach(
            layers,
            Photographs,
            (number, trial) =>
            {
                visited.Add(number);
                var step = Reconstructed(starts[number], dense);
                // Twice: a trial leaves nothing behind.
                for (int i = 0; i < 2; i++)
                    trial(
                        layers[number],
                        () => (Weight.Quantised)starts[number].Parameters[layers[number].WeightName],
                        tried => AssertSame(step.Parameters, tried, dense)
                    );
            }
        );

        Assert.Equal(Enumerable.Range(0, layers.Length), visited.Order());
    }

    /// <summary>The weights are the dense ones, four times as large before a norm, which takes the factor back.</summary>
    [Fact]
    public void Without_reconstruction_norms_alone_are_matched()
    {
        const string Layer = "block.conv2",
            Norm = "block.bn2";
        var dense = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var layer = Blocks.Of(SmallNetwork.Graph, new CompressionSpec { K = 8 }).ValueOrThrow().Single(blocks => blocks.Layer == Layer);
        float[] values = dense[layer.WeightName].Decode().ToArray();
        int words = values.Length / layer.D;
        float[] want = Nets.Execution.Forward.Run(SmallNetwork.Graph, dense, Photographs.First()).ToArray();

        new LayerTrials(host, SmallNetwork.Graph, dense, null, Key).ForEach(
            [layer],
            Photographs,
            (_, trial) =>
                trial(
                    layer with
                    {
                        K = words,
                    },
                    () =>
                        new(
                            Tensor<float>.From(host, [words, layer.D], [.. values.Select(value => 4 * value)]),
                            Tensor<ushort>.From(host, [layer.Rows, layer.M], [.. Enumerable.Range(0, words).Select(word => (ushort)word)]),
                            layer.Weight
                        ),
                    tried =>
                    {
                        float[] got = Nets.Execution.Forward.Run(SmallNetwork.Graph, tried, Photographs.First()).ToArray();
                        Assert.All(want.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 1e-3f * want.Max(MathF.Abs)));
                        Assert.NotEqual(dense[$"{Norm}.running_var"].Decode().ToArray(), tried[$"{Norm}.running_var"].Decode().ToArray());
                        return 0;
                    }
                )
        );
    }

    static double AssertSame(Parameters wanted, Parameters got, Parameters dense)
    {
        string[] changed = [.. got.Values.Where(pair => !ReferenceEquals(pair.Value, dense[pair.Key])).Select(pair => pair.Key).Order()];
        Assert.True(changed is [_, _] or [_, _, _, _, _], string.Join(", ", changed)); // with its bias, or with the four vectors of a norm
        foreach (string name in changed)
            Assert.True(wanted[name].Decode().ToArray().AsSpan().SequenceEqual(got[name].Decode().ToArray()), name);
        return 0;
    }

    CompressionState Quantised(Parameters dense, LayerBlocks layer) =>
        Run(new QuantiseByColumns([layer], RngKey.FromSeed(3)), new(SmallNetwork.Graph, dense, host));

    static CompressionState Reconstructed(CompressionState quantised, Parameters dense) =>
        Run(
            new ReconstructLayers([.. quantised.Layers.Select(report => report.Blocks)], SmallPhotographs.Four, Key, Options),
            quantised with
            {
                Dense = dense,
            }
        );

    static CompressionState Run(ICompressionStep step, CompressionState state) =>
        Compress.ToEnd([step], state, cancellation: TestContext.Current.CancellationToken).ValueOrThrow();

    IEnumerable<Tensor<float>> Photographs =>
        Enumerable.Range(0, 4).Select(batch => Tensor<float>.From(host, SmallPhotographs.Shape, SmallPhotographs.Pixels(batch)));
}

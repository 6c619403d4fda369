using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Normalisation;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

public sealed class CalibrationTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public CalibrationTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Unfolding_leaves_the_function_unchanged(bool folded)
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        if (folded)
            parameters = Norms.Fold(SmallNetwork.Graph, parameters);
        var unfolded = Calibration.Unfold(SmallNetwork.Graph, parameters, [Images(1), Images(2)]);
        Assert.NotEqual(parameters["bn1.weight"].Decode().ToArray(), unfolded["bn1.weight"].Decode().ToArray());
        AssertSameFunction(parameters, unfolded, 1e-5f);
    }

    [Fact]
    public void Statistics_of_an_unfolded_norm_are_those_of_its_input()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(2));
        var images = Images(3);
        var unfolded = Calibration.Unfold(SmallNetwork.Graph, parameters, [images]);
        var input = Conv2d.Forward(images, parameters["conv1.weight"].Decode(), null, new Conv2dOptions { Padding = 1 });
        var (mean, variance) = Reduce.MeanAndVariance(input);
        AssertClose(mean.ToArray(), unfolded["bn1.running_mean"].Decode().ToArray());
        AssertClose(variance.ToArray(), unfolded["bn1.running_var"].Decode().ToArray());
    }

    [Fact]
    public void Pooled_statistics_of_two_equal_batches_are_those_of_their_union()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(3));
        Tensor<float> first = Images(4),
            second = Images(5);
        var both = Tensor<float>.From(host, [first.Shape[0] * 2, 6, 6, 3], [.. first.ToArray(), .. second.ToArray()]);
        var apart = Calibration.Unfold(SmallNetwork.Graph, parameters, [first, second]);
        var together = Calibration.Unfold(SmallNetwork.Graph, parameters, [both]);
        AssertClose(together["block.bn2.running_mean"].Decode().ToArray(), apart["block.bn2.running_mean"].Decode().ToArray());
        AssertClose(together["block.bn2.running_var"].Decode().ToArray(), apart["block.bn2.running_var"].Decode().ToArray());
    }

    /// <summary>Batches of any sizes: a smaller one counts as many images as it has.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Pooled_statistics_do_not_depend_on_how_images_are_cut_into_batches(int firstCount)
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(3));
        const int ImageLength = 6 * 6 * 3,
            Count = 6;
        float[] values = [.. Images(4).ToArray(), .. Images(5).ToArray(), .. Images(6).ToArray()];
        Tensor<float> Part(int start, int count) =>
            Tensor<float>.From(host, [count, 6, 6, 3], values.AsSpan(start * ImageLength, count * ImageLength).ToArray());
        var whole = Calibration.Unfold(SmallNetwork.Graph, parameters, [Part(0, Count)]);
        var cut = Calibration.Unfold(SmallNetwork.Graph, parameters, [Part(0, firstCount), Part(firstCount, Count - firstCount)]);
        AssertClose(whole["block.bn2.running_mean"].Decode().ToArray(), cut["block.bn2.running_mean"].Decode().ToArray());
        AssertClose(whole["block.bn2.running_var"].Decode().ToArray(), cut["block.bn2.running_var"].Decode().ToArray());
    }

    [Fact]
    public void Reestimated_statistics_are_averages_of_what_batches_give_in_training_mode()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(6));
        Tensor<float>[] batches = [Images(7), Images(8)];
        var estimated = Calibration.Reestimate(SmallNetwork.Graph, parameters, batches);
        var seen = batches
            .Select(batch =>
                Forward
                    .WithStatistics(SmallNetwork.Graph, parameters, batch, NormMode.Batch)
                    .Norms.Single(norm => norm.Layer == "block.bn3")
            )
            .ToArray();
        // 4 images of 3 × 3 pixels: PyTorch's running variance is that of 36 values, divided by 35.
        AssertClose(Average(seen[0].Variance, seen[1].Variance, 36f / 35), estimated["block.bn3.running_var"].Decode().ToArray());
        AssertClose(Average(seen[0].Mean, seen[1].Mean, 1), estimated["block.bn3.running_mean"].Decode().ToArray());
        Assert.Same(parameters["block.bn3.weight"], estimated["block.bn3.weight"]);
    }

    [Fact]
    public void Reestimation_after_unfolding_keeps_a_network_close_to_itself()
    {
        var parameters = Norms.Fold(SmallNetwork.Graph, SmallNetwork.Parameters(host, RngKey.FromSeed(9)));
        Tensor<float>[] batches = [.. Enumerable.Range(10, 20).Select(Images)];
        var estimated = Calibration.Reestimate(SmallNetwork.Graph, Calibration.Unfold(SmallNetwork.Graph, parameters, batches), batches);
        AssertSameFunction(parameters, estimated, 0.2f);
    }

    [Fact]
    public void Batches_made_on_the_way_leave_no_buffer_behind()
    {
        var parameters = SmallNetwork.Parameters(host, RngKey.FromSeed(11));
        int before = host.LiveBuffers;
        Calibration.Reestimate(SmallNetwork.Graph, parameters, Enumerable.Range(0, 3).Select(Images));
        Assert.Equal(before + 10, host.LiveBuffers); // two vectors for each of five norms
    }

    [Fact]
    public void No_batch_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            Calibration.Unfold(SmallNetwork.Graph, SmallNetwork.Parameters(host, RngKey.FromSeed(12)), [])
        );

    static float[] Average(Tensor<float> left, Tensor<float> right, float scale) =>
        [.. left.ToArray().Zip(right.ToArray(), (a, b) => (a + b) / 2 * scale)];

    static void AssertClose(float[] expected, float[] actual)
    {
        float largest = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f * largest);
    }

    void AssertSameFunction(Parameters expected, Parameters actual, float tolerance)
    {
        var images = Images(99);
        float[] before = Forward.Run(SmallNetwork.Graph, expected, images).ToArray(),
            after = Forward.Run(SmallNetwork.Graph, actual, images).ToArray();
        for (int i = 0; i < before.Length; i++)
            Assert.Equal(before[i], after[i], tolerance * before.Max(Math.Abs));
    }

    Tensor<float> Images(int seed) =>
        Tensor<float>.From(host, [4, 6, 6, 3], [.. Enumerable.Range(0, 432).Select(i => (float)RngKey.FromSeed(seed).Normal((ulong)i))]);
}

using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

/// <summary>The one rule of when norms are unfolded.</summary>
public sealed class UnfoldNormsTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public UnfoldNormsTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Theory]
    [InlineData(true)] // mean 0, variance 1, as published files hold them
    [InlineData(false)] // statistics of other images
    public void Norms_of_trained_networks_get_the_statistics_of_their_inputs(bool folded)
    {
        var trained = SmallNetwork.Parameters(host, RngKey.FromSeed(1));
        var parameters = folded ? Norms.Fold(SmallNetwork.Graph, trained) : trained;
        Assert.True(UnfoldNorms.IsNeeded(SmallNetwork.Graph, parameters));
        var unfolded = Unfold(parameters);
        var expected = Calibration.Unfold(
            SmallNetwork.Graph,
            parameters,
            [.. Pixels().Select(pixels => Tensor<float>.From(host, Shape, pixels))]
        );
        foreach (string vector in (string[])["weight", "bias", "running_mean", "running_var"])
            Assert.Equal(expected[$"block.bn2.{vector}"].Decode().ToArray(), unfolded[$"block.bn2.{vector}"].Decode().ToArray());
    }

    [Fact]
    public void Norms_of_random_networks_stay_as_they_are()
    {
        // Mean 0 and variance 1 are no statistics there: weights scaled by those of random features would change how training starts.
        var random = Initialise.Random(SmallNetwork.Graph, host, RngKey.FromSeed(2));
        Assert.False(UnfoldNorms.IsNeeded(SmallNetwork.Graph, random));
        Assert.Same(random, Unfold(random));
    }

    [Fact]
    public void Calibrating_after_unfolding_on_the_same_images_changes_little()
    {
        var parameters = Norms.Fold(SmallNetwork.Graph, SmallNetwork.Parameters(host, RngKey.FromSeed(3)));
        var images = Images();
        var state = Compress
            .ToEnd(
                [new UnfoldNorms(images), new Calibrate(images)],
                new CompressionState(SmallNetwork.Graph, parameters, host),
                cancellation: TestContext.Current.CancellationToken
            )
            .Value();
        var inputs = Tensor<float>.From(host, Shape, Pixels().First());
        float[] before = Forward.Run(SmallNetwork.Graph, parameters, inputs).ToArray(),
            after = Forward.Run(SmallNetwork.Graph, state.Parameters, inputs).ToArray();
        for (int i = 0; i < before.Length; i++)
            Assert.Equal(before[i], after[i], 0.3f * before.Max(Math.Abs));
    }

    [Fact]
    public void No_images_are_refused_before_anything_runs() =>
        Assert.Equal(
            "norms: expected one batch of images at least to estimate them on, got none",
            new UnfoldNorms(NormImages.OfShape(Shape, 0, () => []))
                .Check(new CompressionState(SmallNetwork.Graph, SmallNetwork.Parameters(host, RngKey.FromSeed(4)), host))
                .ErrorMessage()
        );

    static Shape Shape => [4, 6, 6, 3];

    static IEnumerable<float[]> Pixels() =>
        Enumerable
            .Range(10, 8)
            .Select(seed => Enumerable.Range(0, 432).Select(i => (float)RngKey.FromSeed(seed).Normal((ulong)i)).ToArray());

    static NormImages Images() =>
        NormImages.OfShape(
            Shape,
            8,
            () => Pixels().Select(pixels => (Result<ReadOnlyMemory<float>, PqfError>)(ReadOnlyMemory<float>)pixels)
        );

    Parameters Unfold(Parameters parameters) =>
        Compress
            .ToEnd(
                [new UnfoldNorms(Images())],
                new CompressionState(SmallNetwork.Graph, parameters, host),
                cancellation: TestContext.Current.CancellationToken
            )
            .Value()
            .Parameters;
}

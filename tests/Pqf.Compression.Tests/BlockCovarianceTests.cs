using Pqf.Compression.Permutation;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

public class BlockCovarianceTests
{
    [Theory]
    [InlineData("pointwise", "permutation", "logdet_d4", 4, 1)]
    [InlineData("pointwise", "permutation", "logdet_d8", 8, 1)]
    [InlineData("conv", "conv_permutation", "conv_logdet_d18", 18, 9)]
    public void Log_determinant_is_that_of_the_reference_case(string weight, string order, string expected, int d, int taps)
    {
        using var file = TensorFiles.Open(SharedData.Path("reference/permutation_objective.safetensors")).Value();
        var shape = file.ByName[weight].Shape;
        double[] values = Doubles(file.ByName[weight]),
            objectives = Doubles(file.ByName[expected]);
        using var host = new HostDevice();
        var gram = ChannelGram.Of(host, values, shape[0], shape[1], taps);
        Assert.Equal(objectives[0], new BlockCovariance(gram, d / taps, Identity(shape[1])).LogDet, 1e-9);
        Assert.Equal(objectives[1], new BlockCovariance(gram, d / taps, file.ByName[order].ToInt32s()).LogDet, 1e-9);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(9, 2)]
    [InlineData(2, 3)]
    public void An_exchange_gives_what_recomputation_gives(int taps, int channelsPerBlock)
    {
        const int Rows = 7,
            Channels = 12;
        using var host = new HostDevice();
        var gram = ChannelGram.Of(host, Random(RngKey.FromSeed(1), Rows * Channels * taps), Rows, Channels, taps);
        for (int x = 0; x < Channels; x++)
        for (int y = 0; y < Channels; y++)
        {
            var covariance = new BlockCovariance(gram, channelsPerBlock, Identity(Channels));
            double tried = covariance.Try(x, y);
            covariance.Accept();
            Assert.Equal(tried, covariance.LogDet);
            Assert.Equal(new BlockCovariance(gram, channelsPerBlock, covariance.Order).LogDet, tried, 1e-8);
        }
    }

    [Fact]
    public void Dead_channels_give_a_finite_objective_that_still_falls_with_the_others()
    {
        const int Rows = 32,
            Channels = 16;
        double[] weight = Random(RngKey.FromSeed(2), Rows * Channels);
        for (int i = 0; i < weight.Length; i++)
            weight[i] *= i % Channels is 3 or 7 or 11 or 15 ? 0 : 1 + (i % Channels);
        using var host = new HostDevice();
        var covariance = new BlockCovariance(ChannelGram.Of(host, weight, Rows, Channels, 1), 4, Identity(Channels));
        Assert.True(double.IsFinite(covariance.LogDet));
        Assert.True(covariance.Try(0, 13) < covariance.LogDet); // the smallest live channel and a large one, neither dead
    }

    [Fact]
    public void A_weight_of_zeros_has_a_finite_objective_that_no_exchange_changes()
    {
        using var host = new HostDevice();
        var covariance = new BlockCovariance(ChannelGram.Of(host, new double[64], 8, 8, 1), 4, Identity(8));
        Assert.True(double.IsFinite(covariance.LogDet));
        Assert.Equal(covariance.LogDet, covariance.Try(0, 5));
    }

    [Fact]
    public void A_large_common_offset_costs_no_precision()
    {
        double[] weight = Random(RngKey.FromSeed(3), 64 * 8);
        double[] offset = [.. weight.Select(value => value + 1e6)];
        using var host = new HostDevice();
        double plain = new BlockCovariance(ChannelGram.Of(host, weight, 64, 8, 1), 4, Identity(8)).LogDet;
        Assert.Equal(plain, new BlockCovariance(ChannelGram.Of(host, offset, 64, 8, 1), 4, Identity(8)).LogDet, 1e-7);
    }

    static int[] Identity(int count) => [.. Enumerable.Range(0, count)];

    static double[] Random(RngKey key, int count) => [.. Enumerable.Range(0, count).Select(i => key.Normal((ulong)i))];

    static double[] Doubles(StoredTensor tensor)
    {
        double[] values = new double[tensor.Shape.Count];
        tensor.ReadBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}

using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;
using ImageBatch = Pqf.Nets.Detection.ImageBatch;

namespace Pqf.Compression.Tests.Reconstruction;

/// <summary>A detector's layers, those that see boxes among them, are reconstructed on photographs of several sizes.</summary>
public sealed class DetectorReconstructionTests : IDisposable
{
    static readonly Architecture Small = new(
        MaskRcnn.Name,
        4,
        Photograph.Channels,
        4,
        new MaskRcnnOptions
        {
            FpnChannels = 8,
            RepresentationSize = 16,
            MaskChannels = 8,
            MinSize = 64,
            MaxSize = 96,
            RpnPreNmsTopNTest = 50,
            RpnPostNmsTopNTest = 40,
        }
    );

    readonly HostDevice host = new();
    readonly Scope scope;

    public DetectorReconstructionTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    [Fact]
    public void Every_layer_is_closer_to_the_dense_one_with_photographs_than_without()
    {
        var graph = MaskRcnn.Build(Small).ValueOrThrow();
        var dense = DetectorInitialise.Random(graph, host, RngKey.FromSeed(1));
        var network = Network.New(Small, graph, dense).ValueOrThrow();
        var unseen = ImageBatch.Of(host, [Photograph.Of(Noise(99, 60, 80))], MaskRcnnOptions.Of(Small)).Images;
        ImmutableArray<RoiBox> boxes = [new(0, new(3, 5, 60, 40)), new(0, new(10, 20, 30, 60)), new(0, new(0, 0, 80, 60))];
        float[][] wanted = Outputs(dense);

        var plain = Run(null);
        var fitted = Run(new());

        ImmutableArray<string> reconstructed =
        [
            .. fitted.State.Reconstructions.Where(report => report.After > 0).Select(report => report.Layer),
        ];
        Assert.Contains("rpn.head.conv", reconstructed);
        Assert.Contains("roi_heads.box_head.fc6", reconstructed);
        Assert.Contains("roi_heads.box_predictor.cls_score", reconstructed);
        Assert.Contains("roi_heads.mask_head.mask_fcn4", reconstructed);
        Assert.All(fitted.State.Reconstructions, report => Assert.True(report.After <= report.Before, report.ToString()));
        float[][] without = Outputs(plain.Model.Parameters),
            with = Outputs(fitted.Model.Parameters);
        // Objectness and coded boxes of the three levels with more than a few pixels; classes, coded boxes and masks of boxes that no
        // photograph proposed.
        Assert.All(
            [0, 1, 2, 3, 4, 5, 10, 11, 12],
            i => Assert.True(Error(wanted[i], with[i]) < 0.8 * Error(wanted[i], without[i]), $"output {i}")
        );

        Compressed Run(ReconstructionOptions? options) =>
            CompressJob
                .Run(
                    network,
                    new CompressOptions
                    {
                        Permutation = null,
                        Compression = new CompressionSpec { K = 8, KMeansIterations = 5 },
                        Images = new ImageSet.Photographs([.. Enumerable.Range(0, 6).Select(Photographed)], []),
                        Reconstruction = options,
                    },
                    null,
                    TestContext.Current.CancellationToken
                )
                .ValueOrThrow();

        float[][] Outputs(Parameters parameters) =>
            [.. Forward.Outputs(graph, parameters, unseen, boxes).Select(output => output.ToArray())];
    }

    static PixelImage Photographed(int number) => number % 2 == 0 ? Noise(number, 60, 80) : Noise(number, 90, 64);

    static PixelImage Noise(int seed, int height, int width)
    {
        var key = RngKey.FromSeed(seed);
        return new(height, width, 3, [.. Enumerable.Range(0, height * width * 3).Select(i => (byte)key.Below(256, (ulong)i))]);
    }

    static double Error(float[] want, float[] have) =>
        want.Zip(have, (a, b) => Math.Pow((double)a - b, 2)).Sum() / want.Sum(value => (double)value * value);
}

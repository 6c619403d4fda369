using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Detection;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Tests.Collectives;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Images;
using Pqf.Nets.Masks;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

/// <summary>Measurements by several ranks, which are threads here.</summary>
public sealed class RankEvaluationTests : IDisposable
{
    const int Count = 13,
        BatchSize = 4;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Any_number_of_ranks_measures_what_one_does()
    {
        var expected = Measure(Alone.Instance, Pictures(_ => false)).Value();
        Assert.InRange(expected.Mistakes.Length, 1, Count);
        // Seven ranks have fewer batches than there are ranks.
        foreach (int rankCount in (int[])[2, 3, 7])
            Assert.All(RankThreads.Run(rankCount, ranks => Measure(ranks, Pictures(_ => false)).Value()), own => AssertSame(expected, own));
    }

    [Fact]
    public void Images_that_are_left_out_are_counted_and_named_on_rank_0()
    {
        var (alone, together) = (new List<string>(), new List<string>());
        var expected = Measure(Alone.Instance, Pictures(IsBroken), new(error => alone.Add(error.Message))).Value();
        var measured = RankThreads.Run(
            3,
            ranks => Measure(ranks, Pictures(IsBroken), new(error => (ranks.Rank == 0 ? together : []).Add(error.Message))).Value()
        )[0];
        Assert.Equal(4, alone.Count);
        Assert.Equal(alone, together);
        AssertSame(expected, measured);
        static bool IsBroken(int image) => image is 1 or 10 or 11 or 12;
    }

    [Fact]
    public void An_image_that_cannot_be_decoded_ends_all_ranks() =>
        Assert.Equal(
            ["", "", "11.png: is broken"],
            RankThreads.Run(3, ranks => Measure(ranks, Pictures(image => image == 11)).Match(_ => "done", error => error.Message))
        );

    [Fact]
    public void Nothing_left_is_an_error_that_is_printed_once() =>
        Assert.Equal(
            ["13 of 13 photographs could not be decoded", ""],
            RankThreads.Run(2, ranks => Measure(ranks, Pictures(_ => true), new(_ => { })).Match(_ => "done", error => error.Message))
        );

    [Fact]
    public void Found_objects_come_back_from_a_message()
    {
        ImmutableArray<CocoDetection> found =
        [
            new(long.MaxValue, 3, 0.1 + 0.2, new CocoBox(1.5, -2, 3e-300, 4), new Rle(3, 4, [0, 5, 7])),
            new(-1, 90, double.Epsilon, null, null),
        ];
        Assert.Equal(found, DetectionBytes.Read(DetectionBytes.Of(found)));
        Assert.Empty(DetectionBytes.Read(DetectionBytes.Of([])));
    }

    static void AssertSame(Accuracy expected, Accuracy actual)
    {
        Assert.Equal((expected.Top1, expected.Top5), (actual.Top1, actual.Top5));
        Assert.Equal(expected.Mistakes, actual.Mistakes);
        Assert.Equal(expected.Confusion.Classes, actual.Confusion.Classes);
        Assert.Equal(expected.Confusion.Wrong, actual.Confusion.Wrong);
    }

    /// <summary>Pictures in two folders of classes; the reader fails for some.</summary>
    ImageReader Pictures(Func<int, bool> isBroken)
    {
        for (int image = 0; image < Count; image++)
        {
            // In the order of the set: classes first.
            string path = folder.File($"{(image < 7 ? "a" : "b")}/{image:00}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }

        return new(path =>
        {
            int image = int.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture);
            var key = RngKey.FromSeed(image);
            return isBroken(image)
                ? new PqfError.File($"{image}.png", "is broken")
                : new PixelImage(8, 8, 3, [.. Enumerable.Range(0, 8 * 8 * 3).Select(i => (byte)key.Below(256, (ulong)i))]);
        });
    }

    Result<Accuracy, PqfError> Measure(ICollective ranks, ImageReader reader, SkippedImages? skipped = null)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var architecture = new Architecture("resnet20", 2, 3, 4);
        var graph = Networks.Build(architecture).Value();
        var overrides = new NetworkOverrides
        {
            Resize = 8,
            Crop = 8,
            ClassNames = ["a", "b"],
        };
        var network = Network.New(architecture, graph, Initialise.Random(graph, device, RngKey.FromSeed(1)), overrides).Value();
        return ImageSet
            .Open(folder.File(""), network.Model, reader)
            .Bind(images =>
                EvaluateJob.Run(
                    network,
                    images,
                    new EvaluateOptions
                    {
                        BatchSize = BatchSize,
                        Ranks = ranks,
                        Skipped = skipped,
                    },
                    null,
                    TestContext.Current.CancellationToken
                )
            );
    }
}

using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Nets.Architectures;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Allocation;

/// <summary>The smallest size that loses little. Photographs are patches of random colours, and the network is small.</summary>
public sealed class LossSearchTests : IDisposable
{
    const int Count = 40;

    readonly HostDevice device = new(1);
    readonly Scope scope;

    public LossSearchTests() => scope = device.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        device.Dispose();
    }

    [Fact]
    public void A_larger_loss_never_gives_a_larger_file()
    {
        var images = Photographs(count: 200);
        (double Loss, long Bytes)[] found =
        [
            .. new[] { 0.025, 0.05, 0.1, 0.25, 1 }.Select(loss => (loss, Search(loss, images).Value().Search!.Taken.SizeBytes)),
        ];

        Assert.Equal(found.OrderByDescending(one => one.Bytes).Select(one => one.Loss), found.Select(one => one.Loss));
        Assert.True(found[0].Bytes > found[^1].Bytes, "the sizes differ");
    }

    [Fact]
    public void The_agreement_that_is_reported_is_that_of_the_network_in_the_file()
    {
        var dense = SmallPhotographs.Network(device);
        using var folder = new TemporaryFolder();
        var compressed = Search(0.4).Value();
        compressed.Model.AsStored().Save(folder.File("x.pqf"), ModelFormat.Pqf).Value();
        var read = Model.Network.Load(folder.File("x.pqf"), device).Value();
        var (seen, heldBack) = LossSearch.Split(Photographs(), Options.Key);

        var measured = CompareJob.Run(dense, read, heldBack, false, new(), null, TestContext.Current.CancellationToken).Value();

        var taken = compressed.Search!.Taken;
        Assert.Equal(measured.Agreement, taken.Agreement);
        Assert.InRange(taken.Agreement.Value, 0.6, 1);
        Assert.Equal(new FileInfo(folder.File("x.pqf")).Length, taken.SizeBytes);
        Assert.Equal((32, 8, 8), (seen.Count, heldBack.Count, compressed.Search.HeldBack));
        Assert.InRange(compressed.Search.Trials.Length, 1, 7);
    }

    [Fact]
    public void What_is_held_back_is_never_calibrated_on()
    {
        var (seen, heldBack) = LossSearch.Split(Photographs(), Options.Key);
        int[] places = ((ImageSet.Part)heldBack).Places.ToArray();
        Assert.Equal(Enumerable.Range(0, Count), ((ImageSet.Part)seen).Places.Concat(places).Order());

        // Any answers are enough, so that what they are decides nothing.
        float[] own = SmallPhotographs.Values(Search(1).Value()),
            others = SmallPhotographs.Values(Search(1, Photographs(i => places.Contains(i) ? 1000 + i : i)).Value());
        Assert.Equal(own, others);
        Assert.NotEqual(own, SmallPhotographs.Values(Search(1, Photographs(i => places.Contains(i) ? i : 1000 + i)).Value()));
    }

    [Fact]
    public void Sizes_are_tried_and_reported_one_by_one()
    {
        var notes = new List<string>();
        var search = Search(0.4, progress: new CollectedNotes(notes)).Value().Search!;

        Assert.Equal(
            "8 of 40 photographs are held back from calibration: on them the first answers are compared with the dense network's, and 3 at "
                + "most may differ",
            notes[0]
        );
        string[] verdicts = [.. notes.Where(note => note.Contains("first answers are the dense network's", StringComparison.Ordinal))];
        Assert.Equal(search.Trials.Length, verdicts.Length);
        Assert.All(
            search.Trials.Zip(verdicts),
            pair => Assert.EndsWith(pair.First.Passes ? "60.00 % wanted): enough" : "60.00 % wanted): too few", pair.Second)
        );
    }

    [Fact]
    public void A_loss_that_no_size_keeps_to_is_refused_with_what_the_largest_reaches()
    {
        // Of so many photographs some have two answers that are nearly equal.
        var images = Photographs(count: 1000);
        string refused = Search(0, images).ErrorMessage();

        Assert.Matches(
            @"^max_loss: neither the middle nor the largest size keeps that many answers: [0-9,]+ bytes and [0-9,]+ bytes give the dense "
                + @"network's first answer for 1?[0-9]{2} and 1?[0-9]{2} of 200 photographs held back, and 100.00 % are wanted; "
                + @"expected [0-9.]+ or more, got 0$",
            refused
        );
        string possible = refused[(refused.IndexOf("expected ", StringComparison.Ordinal) + 9)..].Split(' ')[0];
        Search(double.Parse(possible, System.Globalization.CultureInfo.InvariantCulture) / 100, images).Value();
    }

    /// <summary>The loss that is expected is that of the best size, rounded up, but not where it needs no rounding.</summary>
    [Theory]
    [InlineData(0.9, 0, 0, 6, "10.00 % are wanted; calibrate on more photographs")]
    [InlineData(0, 18, 19, 20, "100.00 % are wanted; expected 5.0 or more, got 0")]
    [InlineData(0.025, 19, 18, 20, "97.50 % are wanted; expected 5.0 or more, got 2.5")]
    [InlineData(0.1, 5, 5, 6, "90.00 % are wanted; expected 16.7 or more, got 10")]
    public void A_loss_that_is_refused_is_told_what_is_possible(double maxLoss, int middle, int largest, int count, string end) =>
        Assert.Equal(
            "max_loss: neither the middle nor the largest size keeps that many answers: 1,234 bytes and 5,678 bytes give the dense "
                + $"network's first answer for {middle} and {largest} of {count} photographs held back, and {end}",
            LossSearch.Refused(maxLoss, [new(1234, new(middle, count), false), new(5678, new(largest, count), false)]).Message
        );

    [Fact]
    public void A_loss_that_is_refused_for_one_network_alone_names_one_size() =>
        Assert.Equal(
            "max_loss: not even the largest size keeps that many answers: 5,678 bytes gives the dense network's first answer for 18 of 20 "
                + "photographs held back, and 95.00 % are wanted; expected 10.0 or more, got 5",
            LossSearch.Refused(0.05, [new(5678, new(18, 20), false)]).Message
        );

    [Theory]
    [InlineData(0, "expected photographs to calibrate on, some of which are held back to measure the loss, got none")]
    [InlineData(1, "expected two photographs at least, one to calibrate on and one to measure on, got 1")]
    public void Too_few_photographs_are_refused(int count, string expected)
    {
        var images = count == 0 ? null : new ImageSet.Part(Photographs(), [0]);
        var result = CompressJob.Run(
            SmallPhotographs.Network(device),
            Options with
            {
                MaxLoss = 0.5,
                Images = images,
            },
            null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal($"command line: max_loss: {expected}", result.ErrorMessage());
    }

    [Fact]
    public void Two_photographs_are_enough_to_run()
    {
        var search = Search(1, new ImageSet.Part(Photographs(), [0, 1])).Value().Search!;
        Assert.Equal(1, search.HeldBack);
    }

    [Fact]
    public void A_network_of_other_values_than_classes_is_refused()
    {
        var detector = TestGraphs.NarrowDetector;
        var graph = Networks.Build(detector).Value();
        var network = Model.Network.New(detector, graph, Nets.Weights.Initialise.Random(graph, device, new RngKey(1))).Value();
        string refused = CompressJob
            .Run(network, Options with { MaxLoss = 0.5, Images = Photographs() }, null, TestContext.Current.CancellationToken)
            .ErrorMessage();
        Assert.StartsWith("command line: max_loss: expected a network that classifies images, ", refused);
    }

    Result<Compressed, PqfError> Search(double loss, ImageSet? images = null, IProgress<JobProgress>? progress = null) =>
        CompressJob.Run(
            SmallPhotographs.Network(device),
            Options with
            {
                MaxLoss = loss,
                Images = images ?? Photographs(),
            },
            progress,
            TestContext.Current.CancellationToken
        );

    static CompressOptions Options { get; } =
        new()
        {
            Permutation = null,
            Reconstruction = new ReconstructionOptions { VaryBelow = 0 }, // varied photographs make even the smallest size good enough
            ToolVersion = "1.0",
            BatchSize = 8,
            Compression = new() { KMeansIterations = 1 },
        };

    static ImageSet.Photographs Photographs(Func<int, int>? numbers = null, int count = Count) =>
        SmallPhotographs.Of(Enumerable.Range(0, count).Select(i => numbers?.Invoke(i) ?? i));
}

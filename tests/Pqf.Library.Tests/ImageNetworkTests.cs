using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Library.Tests;

public sealed class ImageNetworkTests : IDisposable
{
    readonly TestFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void A_network_names_what_a_photograph_shows()
    {
        using var network = ImageNetwork.Load(files.Dense, 1);
        var guesses = network.Classify(files.Photograph);
        Assert.Equal(TestFiles.Classes, guesses.Select(guess => guess.Name).Order());
        Assert.All(guesses, guess => Assert.Equal(guess.Name, network.ClassNames[guess.Label]));
        Assert.Equal(1, guesses.Sum(guess => guess.Probability), 1e-12);
        Assert.Equal(guesses.OrderByDescending(guess => guess.Probability), guesses);
        Assert.Equal(guesses[0], Assert.Single(network.Classify(File.ReadAllBytes(files.Photograph), top: 1)));
    }

    [Theory]
    [InlineData("classify")]
    [InlineData("compress")]
    [InlineData("train")]
    public void A_network_of_seven_channels_gets_no_photographs(string call)
    {
        TestFiles.WriteDense(files["seven.pqf"], 7);
        using var network = ImageNetwork.Load(files["seven.pqf"], 1);

        var refused = Assert.Throws<PqfException>(() =>
        {
            if (call == "classify")
                network.Classify(files.Photograph);
            else if (call == "compress")
                network.Compress(Quick with { Images = files["data/train"] }, cancellation: Cancellation);
            else
                ImageNetwork.Train(files["seven.pqf"], files["data"], new() { Output = files["out"] }, cancellation: Cancellation);
        });

        Assert.StartsWith($"{files["seven.pqf"]}: has 7 input channels; expected 1 (grey) or 3 (colour)", refused.Message);
    }

    [Fact]
    public void A_network_is_compressed_saved_and_loaded_again()
    {
        var reports = new Reports();
        using var dense = ImageNetwork.Load(files.Dense, 1);
        using var small = dense.Compress(Quick with { Images = files["data/train"] }, reports, Cancellation);
        Assert.Equal((false, true), (dense.IsCompressed, small.IsCompressed));
        Assert.Equal(1, dense.Ratio);
        Assert.True(small.Ratio > 2 && small.SizeBytes < dense.SizeBytes / 2, $"{small.Ratio}, {small.SizeBytes}");
        Assert.Contains(reports.All, report => report is { Stage: "permuting", Unit: "groups" } && report.Done == report.Total);

        small.Save(files["small.pqf"]);
        using var read = ImageNetwork.Load(files["small.pqf"], 1);
        Assert.Equal(small.Classify(files.Photograph), read.Classify(files.Photograph));
        read.Save(files["again.pqf"]);
        Assert.Equal(File.ReadAllBytes(files["small.pqf"]), File.ReadAllBytes(files["again.pqf"]));
    }

    [Fact]
    public void A_compressed_network_outlives_the_dense_one()
    {
        ImageNetwork small;
        using (var dense = ImageNetwork.Load(files.Dense, 1))
            small = dense.Compress(Quick, cancellation: Cancellation);
        using (small)
            Assert.Equal(3, small.Classify(files.Photograph).Length);
    }

    [Fact]
    public void A_target_is_reached()
    {
        using var dense = ImageNetwork.Load(files.Dense, 1);
        using var small = dense.Compress(Quick with { TargetRatio = 8 }, cancellation: Cancellation);
        Assert.True(small.Ratio >= 8, $"{small.Ratio}");
        var both = Assert.Throws<PqfException>(() =>
            dense.Compress(Quick with { TargetRatio = 8, TargetBytes = 1000 }, cancellation: Cancellation)
        );
        Assert.Contains("expected TargetBytes or TargetRatio, got both", both.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_smallest_network_that_loses_little_is_found()
    {
        using var dense = ImageNetwork.Load(files.Dense, 1);
        using var any = dense.Compress(Quick with { Images = files["data/train"], MaxLoss = 1 }, cancellation: Cancellation);
        using var none = dense.Compress(Quick with { Images = files["data/train"], MaxLoss = 0 }, cancellation: Cancellation);
        using var plain = dense.Compress(Quick, cancellation: Cancellation);
        Assert.True(any.Ratio > plain.Ratio, $"{any.Ratio}, {plain.Ratio}");
        Assert.True(any.Ratio >= none.Ratio, $"{any.Ratio}, {none.Ratio}");
    }

    public static TheoryData<CompressSettings, string> WrongLosses =>
        new()
        {
            {
                new() { MaxLoss = 0.1 },
                "expected Images, a folder of photographs, some of which are held back to measure the loss, got null"
            },
            {
                new() { MaxLoss = 5, Images = "photographs" },
                "expected a share from 0 to 1, got 5"
            },
            {
                new() { MaxLoss = double.NaN, Images = "photographs" },
                "expected a share from 0 to 1, got NaN"
            },
            {
                new()
                {
                    MaxLoss = 0.1,
                    Images = "photographs",
                    TargetRatio = 8,
                },
                "expected no TargetBytes or TargetRatio beside it, got both"
            },
        };

    [Theory]
    [MemberData(nameof(WrongLosses))]
    public void A_loss_that_cannot_be_looked_for_is_refused(CompressSettings settings, string problem)
    {
        using var dense = ImageNetwork.Load(files.Dense, 1);
        var error = Assert.Throws<PqfException>(() => dense.Compress(settings, cancellation: Cancellation));
        Assert.Contains("MaxLoss", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_looks_for_no_smallest_size()
    {
        var settings = new TrainSettings
        {
            Output = files["none"],
            Compress = new() { MaxLoss = 0.1, Images = files["data/train"] },
        };
        var error = Assert.Throws<PqfException>(() => ImageNetwork.Train(files.Dense, files["data"], settings, cancellation: Cancellation));
        Assert.EndsWith(
            "expected TargetBytes or TargetRatio: only ImageNetwork.Compress looks for the smallest size that loses little",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_network_is_trained_on_a_folder_and_resumed()
    {
        var reports = new Reports();
        var settings = new TrainSettings
        {
            Output = files["run"],
            Epochs = 1,
            BatchSize = 4,
            Compress = Quick,
            ThreadCount = 1,
        };
        var trained = ImageNetwork.Train(files.Dense, files["data"], settings, reports, Cancellation);
        Assert.Equal(1, trained.Epoch);
        Assert.InRange(trained.Accuracy, 0, 1);
        Assert.Contains(reports.All, report => report.Note?.StartsWith("epoch 1: accuracy", StringComparison.Ordinal) == true);
        using (var network = ImageNetwork.Load(trained.Path, 1))
            Assert.True(network.IsCompressed);
        var resumed = ImageNetwork.Train(
            files.Dense,
            files["data"],
            settings with
            {
                Epochs = 2,
                Resumes = true,
            },
            cancellation: Cancellation
        );
        Assert.InRange(resumed.Epoch, 1, 2);
        Assert.True(File.Exists(files["run/trained_models/2.pqf"]));
    }

    [Fact]
    public void Calls_in_a_loop_leave_no_memory_behind()
    {
        using var network = ImageNetwork.Load(files.Dense, 1);
        network.Classify(files.Photograph);
        long before = GC.GetTotalMemory(true),
            working = Environment.WorkingSet;
        for (int i = 0; i < 500; i++)
            network.Classify(files.Photograph);
        Assert.InRange(GC.GetTotalMemory(true) - before, long.MinValue, 200_000);
        // Memory of the device is not the collector's. Each call that kept its tensors would keep 30 kB at least.
        Assert.InRange(Environment.WorkingSet - working, long.MinValue, 12_000_000);
    }

    [Fact]
    public void What_cannot_be_used_is_named()
    {
        var missing = Assert.Throws<PqfException>(() => ImageNetwork.Load(files["none.pqf"]));
        Assert.Equal($"{files["none.pqf"]}: not found", missing.Message);
        using var network = ImageNetwork.Load(files.Dense, 1);
        Assert.StartsWith("image: is", Assert.Throws<PqfException>(() => network.Classify([1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Contains(
            "expected a network that finds objects",
            Assert.Throws<PqfException>(() => network.Detect(files.Photograph)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Classify(files.Photograph, 0));
    }

    [Fact]
    public void A_call_during_a_call_is_refused()
    {
        using var network = ImageNetwork.Load(files.Dense, 1);
        var pixels = new PixelImage(1, 1, 3, [1, 2, 3]);
        InvalidOperationException? refused = null;
        using var small = network.Compress(
            Quick,
            new Reports { Then = () => refused ??= Assert.Throws<InvalidOperationException>(() => network.Classify(pixels)) },
            Cancellation
        );
        Assert.Contains("one call at a time", refused?.Message, StringComparison.Ordinal);
        network.Dispose();
        Assert.Throws<ObjectDisposedException>(() => network.Classify(pixels));
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static CompressSettings Quick { get; } =
        new()
        {
            CodebookSize = 16,
            ClusteringIterations = 2,
            PermutationProposals = 50,
        };

    sealed class Reports : IProgress<WorkProgress>
    {
        public List<WorkProgress> All { get; } = [];

        public Action Then { get; init; } = () => { };

        public void Report(WorkProgress value)
        {
            All.Add(value);
            Then();
        }
    }
}

using Pqf.Compression.Allocation;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Compression.Tests.Collectives;
using Pqf.Nets.Architectures;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Steps;

/// <summary>Compressions by several ranks, which are threads here.</summary>
public sealed class RankCompressionTests
{
    public static TheoryData<string> Kinds { get; } = [.. AllKinds.Keys];

    static Dictionary<string, CompressOptions> AllKinds =>
        new()
        {
            ["plain"] = Options,
            ["norms"] = Options with { Images = Pictures },
            ["layers"] = Options with { Images = Pictures, Reconstruction = new ReconstructionOptions() },
            ["size"] = Options with { Target = new SizeTarget.Ratio(14) },
            ["size on pictures"] = Options with { Target = new SizeTarget.Ratio(14), Images = Pictures },
            ["loss"] = Options with { MaxLoss = 0.9, Images = Pictures },
            ["own memory"] = Options with { OwnsNetwork = true },
        };

    static CompressOptions Options =>
        new()
        {
            Permutation = new PermutationSpec { Proposals = 60 },
            Compression = new CompressionSpec { K = 8, KMeansIterations = 3 },
            Seed = 5,
        };

    static ImageSet.Synthetic Pictures => new(6, 8, RngKey.FromSeed(2));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_number_of_ranks_gives_the_network_of_one(string kind)
    {
        byte[] expected = Compress(Alone.Instance, AllKinds[kind]).Value();
        // There are fewer groups of channels than 16.
        foreach (int rankCount in (int[])(kind == "plain" ? [2, 3, 16] : [3]))
            Assert.Equal(expected, RankThreads.Run(rankCount, ranks => Compress(ranks, AllKinds[kind]).Value())[0]);
    }

    [Fact]
    public void All_ranks_have_the_codes_of_one()
    {
        byte[][] files = RankThreads.Run(3, ranks => Compress(ranks, AllKinds["layers"]).Value());
        Assert.All(files, file => Assert.Equal(files[0], file));
    }

    [Fact]
    public void An_error_of_rank_0_ends_all_ranks_and_is_printed_once()
    {
        var options = Options with { BeforeWork = () => new PqfError.File("out", "is read-only") };
        Assert.Equal(["out: is read-only", "", ""], Errors(3, _ => options));
    }

    [Fact]
    public void An_error_of_all_ranks_is_printed_once() =>
        Assert.Equal(
            ["no size", "", ""],
            Errors(3, _ => Options with { Target = new SizeTarget.Ratio(1000) }).Select(text => text.Length > 0 ? "no size" : "")
        );

    [Fact]
    public void A_cancelled_rank_ends_all_ranks()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.All(
            RankThreads.Run(
                3,
                ranks =>
                    Assert.Throws<RanksStoppedException>(() =>
                        CompressUntil(ranks, Options, ranks.Rank == 1 ? cancelled.Token : TestContext.Current.CancellationToken)
                    )
            ),
            Assert.NotNull
        );
    }

    [Fact]
    public void Reports_hold_the_figures_of_all_ranks()
    {
        var expected = State(Alone.Instance, Options);
        var timed = Options with { Clock = TimeProvider.System };
        var state = RankThreads.Run(2, ranks => State(ranks, timed))[0];
        Assert.Equal(expected.Layers, state.Layers.Select(report => report with { Seconds = 0 }));
        Assert.All(state.Layers, report => Assert.True(report.Seconds > 0));
        Assert.All(state.Groups, report => Assert.True(report.Seconds > 0));
        Assert.Equal(
            expected.Groups.Select(report => (report.Layer, report.Before, report.Greedy, report.After, report.Proposals, report.Accepted)),
            state.Groups.Select(report => (report.Layer, report.Before, report.Greedy, report.After, report.Proposals, report.Accepted))
        );
        Assert.All(expected.Groups.Zip(state.Groups), pair => Assert.Equal(pair.First.Order, pair.Second.Order));
    }

    static string[] Errors(int rankCount, Func<int, CompressOptions> options) =>
        RankThreads.Run(rankCount, ranks => Compress(ranks, options(ranks.Rank)).Match(_ => "done", error => error.Message));

    static Result<byte[], PqfError> Compress(ICollective ranks, CompressOptions options) =>
        CompressUntil(ranks, options, TestContext.Current.CancellationToken);

    static Result<byte[], PqfError> CompressUntil(ICollective ranks, CompressOptions options, CancellationToken cancellation) =>
        Run(ranks, options, compressed => FileOf(compressed.Model.AsStored()), cancellation);

    static CompressionState State(ICollective ranks, CompressOptions options) =>
        Run(ranks, options, compressed => compressed.State, TestContext.Current.CancellationToken).Value();

    static byte[] FileOf(PqfModel model)
    {
        using var folder = new TemporaryFolder();
        model.Save(folder.File("network.pqf"), ModelFormat.Pqf).Value();
        return File.ReadAllBytes(folder.File("network.pqf"));
    }

    static Result<T, PqfError> Run<T>(ICollective ranks, CompressOptions options, Func<Compressed, T> use, CancellationToken cancellation)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var overrides = new NetworkOverrides { Resize = 8, Crop = 8 };
        var architecture = new Architecture("resnet20", 4, 3, 8);
        var graph = Networks.Build(architecture).Value();
        var network = Network.New(architecture, graph, Initialise.Random(graph, device, RngKey.FromSeed(1)), overrides).Value();
        return CompressJob.Run(network, options with { Ranks = ranks }, null, cancellation).Map(use);
    }
}

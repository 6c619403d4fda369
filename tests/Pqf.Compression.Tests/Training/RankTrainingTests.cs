using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Tests.Collectives;
using Pqf.Compression.Training;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class RankTrainingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    // 22 images in batches of 8: the last step has two micro-batches of 4, one of them of 2 images.
    public RankTrainingTests() => IdxFiles.Write(folder.File("idx"), 22, 13);

    public void Dispose() => folder.Dispose();

    // Bytes of gradients that are exchanged early: all of them after the way back, and buckets of a layer or several.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6_000)]
    public void One_seed_gives_the_same_files_for_any_number_of_ranks(int bucketBytes)
    {
        Train("one", 1, Options);
        foreach (int rankCount in (int[])[2, 4])
        {
            Train($"{rankCount}", rankCount, Options with { BucketBytes = bucketBytes });
            AssertSame("one", $"{rankCount}");
        }
    }

    [Fact]
    public void A_network_that_is_compressed_first_is_the_same_for_any_number_of_ranks()
    {
        Train("dense", 1, Options with { Epochs = 1 });
        var options = Options with
        {
            Epochs = 1,
            Compression = new CompressOptions
            {
                Compression = new CompressionSpec { K = 8, KMeansIterations = 2 },
                Permutation = new PermutationSpec { Proposals = 20 },
            },
        };
        string weights = folder.File("dense/trained_models/best.pqf");
        Run("one", options, weights: weights).Value();
        RankThreads.Run(2, ranks => Run("two", options with { Ranks = ranks }, weights: weights).Value());
        Assert.Equal(Best("one"), Best("two"));
        Assert.Equal(File.ReadAllBytes(folder.File("one/results.txt")), File.ReadAllBytes(folder.File("two/results.txt")));
    }

    [Fact]
    public void A_run_resumes_with_another_number_of_ranks()
    {
        Train("whole", 1, Options);
        Train("parts", 4, Options);
        foreach (string name in (string[])["2.state", "1.state"])
            File.Delete(folder.File($"parts/states/{name}"));
        Train("parts", 2, Options with { Resume = "" });
        AssertSame("whole", "parts");
    }

    [Fact]
    public void A_micro_batch_of_the_whole_batch_changes_nothing()
    {
        Train("without", 1, Options with { MicroBatch = null });
        Train("with", 1, Options with { MicroBatch = 8 });
        Train("other", 1, Options with { MicroBatch = 4 });
        AssertSame("without", "with");
        Assert.NotEqual(Best("without"), Best("other"));
    }

    [Fact]
    public void Ranks_without_a_micro_batch_are_refused() =>
        Assert.Equal(
            [
                "configuration: dataloader.micro_batch: expected a micro-batch for each of the 3 ranks: batches of 8 images in "
                    + "micro-batches of 4 are 2",
                "",
                "",
            ],
            Errors(3, Options with { MicroBatch = 4 })
        );

    [Fact]
    public void A_micro_batch_that_does_not_divide_the_batch_is_refused() =>
        Assert.Equal(
            ["configuration: dataloader.micro_batch: expected a divisor of dataloader.batch_size (8), got 3", ""],
            Errors(2, Options with { MicroBatch = 3 })
        );

    [Fact]
    public void Ranks_of_other_settings_are_refused()
    {
        string[] errors = RankThreads.Run(
            2,
            ranks => Run("x", Options with { Ranks = ranks, Seed = ranks.Rank }).Match(_ => "done", error => error.Message)
        );
        Assert.Equal(["", "configuration: rank 1: expected what rank 0 has (seed: 0), got seed: 1"], errors);
    }

    [Fact]
    public void Ranks_of_other_buckets_are_refused()
    {
        string[] errors = RankThreads.Run(
            2,
            ranks => Run("x", Options with { Ranks = ranks, BucketBytes = ranks.Rank }).Match(_ => "done", error => error.Message)
        );
        Assert.Equal(
            [
                "",
                "configuration: rank 1: expected what rank 0 has (gradients exchanged together: 0 bytes), got gradients exchanged together: "
                    + "1 bytes",
            ],
            errors
        );
    }

    [Fact]
    public void A_rank_without_the_data_set_ends_all()
    {
        string[] errors = RankThreads.Run(
            2,
            ranks =>
                Run("x", Options with { Ranks = ranks }, ranks.Rank == 0 ? "idx" : "nowhere").Match(_ => "done", error => error.Message)
        );
        Assert.Equal("", errors[0]);
        Assert.Contains("nowhere", errors[1], StringComparison.Ordinal);
    }

    static TrainOptions Options =>
        new()
        {
            Folder = "",
            Epochs = 3,
            BatchSize = 8,
            MicroBatch = 2,
            LearningRate = 0.01,
        };

    string[] Errors(int rankCount, TrainOptions options) =>
        RankThreads.Run(rankCount, ranks => Run("x", options with { Ranks = ranks }).Match(_ => "done", error => error.Message));

    void Train(string name, int rankCount, TrainOptions options)
    {
        if (rankCount == 1)
            Run(name, options).Value();
        else
            RankThreads.Run(rankCount, ranks => Run(name, options with { Ranks = ranks }).Value());
    }

    Result<TrainResult, PqfError> Run(string name, TrainOptions options, string idx = "idx", string? weights = null)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var training = new ClassifierTraining
        {
            Images = () =>
                TrainingImages.Open(
                    new ImageSource { IdxFolder = folder.File(idx) },
                    new ImageReader(path => new PqfError.File(path, "is no image"))
                ),
            Weights = weights,
            Overrides = new NetworkOverrides
            {
                Arch = "resnet20",
                Width = 4,
                Resize = 8,
                Crop = 8,
            },
            Augmentation = new Augmentation { Padding = 1, RandomFlip = true },
        };
        return TrainJob.Run(
            options with
            {
                Folder = folder.File(name),
            },
            training.Open,
            device,
            null,
            TestContext.Current.CancellationToken
        );
    }

    byte[] Best(string name) => File.ReadAllBytes(folder.File($"{name}/trained_models/best.pqf"));

    void AssertSame(string expected, string actual)
    {
        foreach (string file in (string[])["trained_models/best.pqf", "states/3.state", "metrics.csv", "results.txt"])
            Assert.Equal(File.ReadAllBytes(folder.File($"{expected}/{file}")), File.ReadAllBytes(folder.File($"{actual}/{file}")));
    }
}

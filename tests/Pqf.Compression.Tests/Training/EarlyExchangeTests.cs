using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Compression.Tests.Collectives;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

/// <summary>Steps whose gradients are exchanged during the way back.</summary>
public sealed class EarlyExchangeTests
{
    const int BucketBytes = 20_000,
        MicroBatch = 3,
        BatchSize = 24;

    // Buckets that every rank gets whole, and such that are cut into segments, of one gradient or several.
    static readonly ImmutableArray<(string Name, int Count)> parameters =
    [
        ("a", 5_001),
        ("b", 7),
        ("c", 17_003),
        ("d", 300),
        ("e", 2_500),
        ("f", 2_499),
        ("g", 1),
    ];

    [Theory]
    [InlineData(72)]
    [InlineData(64)] // the last step has 6 micro-batches, one of them of 1 image
    [InlineData(52)] // the last step has 2 micro-batches: not one for each rank
    public void The_order_in_which_buckets_are_ready_does_not_change_a_bit(int imageCount)
    {
        long[] expected = new Steps(imageCount, 0).Run(Alone.Instance).Value();
        foreach (int rankCount in (int[])[2, 3, 4, 5])
            for (int seed = 0; seed < 4; seed++)
            {
                var steps = new Steps(imageCount, BucketBytes) { Order = Drawn(RngKey.FromSeed(seed)) };
                Assert.All(RankThreads.Run(rankCount, ranks => steps.Run(ranks).Value()), own => Assert.Equal(expected, own));
            }
    }

    [Fact]
    public void A_bucket_is_exchanged_while_gradients_are_still_to_come()
    {
        // The first bucket is full with the first gradient.
        Assert.All(
            RankThreads.Run(
                2,
                ranks =>
                {
                    using var watched = new WatchedRanks(ranks);
                    int early = 0;
                    var steps = new Steps(72, BucketBytes)
                    {
                        Before = (step, micro, name) =>
                        {
                            if (step > 0 && micro % 4 == 3 && name == "b" && watched.WaitForOther())
                                early++;
                            return null;
                        },
                    };
                    steps.Run(watched).Value();
                    return early;
                }
            ),
            early => Assert.Equal(2, early)
        );
    }

    // Off, of one bucket alone, and ranks that are bound to a thread.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1_000_000, true)]
    [InlineData(BucketBytes, false)]
    public void Otherwise_one_thread_makes_all_exchanges(int bucketBytes, bool allowsOtherThreads) =>
        Assert.All(
            RankThreads.Run(
                2,
                ranks =>
                {
                    using var watched = new WatchedRanks(ranks) { AllowsOtherThreads = allowsOtherThreads };
                    new Steps(72, bucketBytes).Run(watched).Value();
                    return watched.HasOther;
                }
            ),
            Assert.False
        );

    // How many gradients of its last micro-batch in the second step the rank has given away.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void A_rank_that_fails_between_two_buckets_ends_all(int givenCount) =>
        Assert.Equal(
            ["", "w: broken", ""],
            RankThreads.Run(
                3,
                ranks => Failing(ranks, givenCount, () => new PqfError.File("w", "broken")).Match(_ => "done", error => error.Message)
            )
        );

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_rank_that_is_cancelled_between_two_buckets_stops_all(int givenCount) =>
        Assert.All(
            RankThreads.Run(3, ranks => Record.Exception(() => Failing(ranks, givenCount, () => throw new OperationCanceledException()))),
            error => Assert.IsType<RanksStoppedException>(error)
        );

    // In the counts of the first bucket, in its values, and in those of the second.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Ranks_that_are_missing_on_the_way_back_end_the_step_without_another_wait(int exchange) =>
        Assert.All(
            RankThreads.Run(
                2,
                ranks =>
                {
                    using var watched = new WatchedRanks(ranks) { MissingIn = exchange };
                    var error = Record.Exception(() => new Steps(72, BucketBytes).Run(watched));
                    return (error as RanksMissingException)?.Message + $", then {watched.CountAfterMissing}";
                }
            ),
            own => Assert.Equal("rank 7 has not come, then 0", own)
        );

    static Result<long[], PqfError> Failing(ICollective ranks, int givenCount, Func<PqfError> fail)
    {
        string at = parameters[givenCount].Name;
        return new Steps(72, BucketBytes)
        {
            Before = (step, micro, name) => step == 1 && ranks.Rank == 1 && micro == 4 && name == at ? fail() : null,
        }.Run(ranks);
    }

    /// <summary>Some gradients in an order of each micro-batch's own; the others come with the evaluation.</summary>
    static Func<int, IEnumerable<string>> Drawn(RngKey key) =>
        number =>
        {
            var own = key.Fold((ulong)number);
            return own.Permutation(parameters.Length)
                .Take(own.Fold("count").Below(parameters.Length + 1, 0))
                .Select(i => parameters[i].Name);
        };

    /// <summary>Steps of one epoch.</summary>
    sealed record Steps(int ImageCount, int BucketBytes)
    {
        /// <summary>Which gradients are given away early, and in which order, by the number of the micro-batch in the epoch.</summary>
        public Func<int, IEnumerable<string>> Order { get; init; } = _ => parameters.Select(parameter => parameter.Name);

        /// <summary>Called before a gradient is given away, with step, number of the micro-batch in it, and name; an error ends the
        /// evaluation.</summary>
        public Func<int, int, string, PqfError?> Before { get; init; } = (_, _, _) => null;

        /// <summary>The bits of all steps.</summary>
        public Result<long[], PqfError> Run(ICollective ranks)
        {
            using var device = new HostDevice(1);
            using var scope = device.BeginScope();
            var cut = new StepCut(ImageCount, BatchSize, MicroBatch, ranks.Rank, ranks.Size);
            var task = new TrainingTask<(int Step, int Micro)>
            {
                Trainable = parameters.ToImmutableDictionary(own => own.Name, own => Tensor<float>.Zeros(device, [own.Count])),
                Epoch = (_, _) =>
                    from step in Enumerable.Range(0, cut.StepCount)
                    let part = cut.PartOf(step, ranks.Rank)
                    from micro in Enumerable.Range(part.First, part.Count)
                    select (Result<(int, int), PqfError>)(step, micro),
                Cut = cut,
                Evaluate = (place, final) => Evaluate(device, place, final),
                Validate = _ => Metrics.None,
                Score = Metrics.Loss,
            };
            var steps = new StepSum<(int, int)>(task, device, ranks, BucketBytes);
            var bits = new List<long>();
            using var batches = task.Epoch(0, 0).GetEnumerator();
            for (
                int step = 0;
                steps.Next(batches, step, result => result.Map(Bits), TestContext.Current.CancellationToken) is { } own;
                step++
            )
            {
                Assert.Equal(parameters.Length, device.LiveBuffers);
                if (own is Result<long[], PqfError>.Error error)
                    return error.Value;
                bits.AddRange(own.Value());
            }

            return bits.ToArray();
        }

        Result<Evaluation<StepResult>, PqfError> Evaluate(Device device, (int Step, int Micro) place, Action<FinalGradient> final)
        {
            int number = (place.Step * (BatchSize / MicroBatch)) + place.Micro,
                count = Math.Min(MicroBatch, ImageCount - (number * MicroBatch));
            var gradients = parameters.ToImmutableDictionary(
                own => own.Name,
                own => Tensor<float>.From(device, [own.Count], Draw(RngKey.FromSeed(number).Fold(own.Name), own.Count))
            );
            foreach (string name in Order(number))
            {
                if (Before(place.Step, place.Micro, name) is { } error)
                    return error;
                final(new(name, gradients[name], count));
            }

            float[] seen = Draw(RngKey.FromSeed(number).Fold("norm"), 4);
            return new Evaluation<StepResult>(
                Tensor<float>.From(device, new Shape(), [number]),
                gradients,
                new(
                    new(count, [new(Metrics.Loss, number)]),
                    [
                        new(
                            "bn",
                            Tensor<float>.From(device, [2], seen.AsSpan(0, 2)),
                            Tensor<float>.From(device, [2], seen.AsSpan(2, 2)),
                            5 * count
                        ),
                    ]
                )
            );
        }

        static float[] Draw(RngKey key, int count) => [.. Enumerable.Range(0, count).Select(i => (float)key.Uniform((ulong)i) - 0.25f)];

        static long[] Bits(Evaluation<StepResult> step) =>
            [
                .. parameters
                    .SelectMany(own => step.Gradients[own.Name].ToArray())
                    .Concat(step.Extra.Norms[0].Mean.ToArray())
                    .Concat(step.Extra.Norms[0].Variance.ToArray())
                    .Concat(step.Loss.ToArray())
                    .Select(value => (long)BitConverter.SingleToUInt32Bits(value)),
                .. step.Extra.Metrics.Means.Select(mean => BitConverter.DoubleToInt64Bits(mean.Value)),
                step.Extra.Norms[0].Count,
                step.Extra.Norms[0].BatchCount,
            ];
    }
}

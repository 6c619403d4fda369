using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Compression.Tests.Collectives;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class StepSumTests
{
    const int MicroBatch = 3;

    // Messages that every rank gets whole, and such that are cut into segments.
    public static TheoryData<int, int> Sizes { get; } =
        new()
        {
            { 7, 24 },
            { 7, 23 },
            { 7, 4 },
            { 9_001, 24 },
            { 9_001, 16 },
        };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Any_number_of_ranks_gives_the_same_bits(int valueCount, int imageCount)
    {
        var expected = Step(Alone.Instance, valueCount, imageCount);
        foreach (int rankCount in (int[])[2, 3, 4, 5])
            Assert.All(
                RankThreads.Run(rankCount, ranks => Step(ranks, valueCount, imageCount)),
                own => Assert.Equal(expected.Bits, own.Bits)
            );
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_step_is_the_average_over_its_images(int valueCount, int imageCount)
    {
        var step = Step(Alone.Instance, valueCount, imageCount);
        double[] expected = new double[valueCount];
        for (int micro = 0; micro * MicroBatch < imageCount; micro++)
        {
            double share = (double)CountOf(micro, imageCount) / imageCount;
            float[] own = Draw(micro, valueCount);
            for (int i = 0; i < valueCount; i++)
                expected[i] += share * own[i];
        }

        // Three roundings of values below 4 for each of at most four levels.
        for (int i = 0; i < valueCount; i++)
            Assert.Equal(expected[i], step.Gradient[i], 12 * 4 * Math.Pow(2, -24));
        Assert.Equal(imageCount, step.Metrics.Count);
        Assert.Equal(
            Enumerable.Range(0, (imageCount + 2) / 3).Sum(micro => micro * (double)CountOf(micro, imageCount) / imageCount),
            step.Metrics[Metrics.Loss],
            1e-12
        );
        Assert.Equal((5 * imageCount, (imageCount + 2) / 3), step.NormCounts);
    }

    static int CountOf(int micro, int imageCount) => Math.Min(MicroBatch, imageCount - (micro * MicroBatch));

    static float[] Draw(int micro, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (float)RngKey.FromSeed(micro).Uniform((ulong)i) - 0.25f)];

    static StepValues Step(ICollective ranks, int valueCount, int imageCount)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var weight = Tensor<float>.Zeros(device, [valueCount]);
        var cut = new StepCut(imageCount, imageCount, MicroBatch, ranks.Rank, ranks.Size);
        var (first, count) = cut.PartOf(0, ranks.Rank);
        var task = new TrainingTask<int>
        {
            Trainable = ImmutableDictionary<string, Tensor<float>>.Empty.Add("w", weight),
            Epoch = (_, _) => Enumerable.Range(first, count).Select(micro => (Result<int, PqfError>)micro),
            Cut = cut,
            Evaluate = (micro, _) => Evaluate(device, micro, valueCount, CountOf(micro, imageCount)),
            Validate = _ => Metrics.None,
            Score = Metrics.Loss,
        };
        using var batches = task.Epoch(0, 0).GetEnumerator();
        var values = new StepSum<int>(task, device, ranks, 0).Next(
            batches,
            0,
            result => result.Match(StepValues.Of, error => throw new InvalidOperationException(error.Message)),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(1, device.LiveBuffers);
        return values!;
    }

    static Result<Evaluation<StepResult>, PqfError> Evaluate(Device device, int micro, int valueCount, int count)
    {
        float[] own = Draw(micro, valueCount);
        return new Evaluation<StepResult>(
            Tensor<float>.From(device, new Shape(), [micro]),
            ImmutableDictionary<string, Tensor<float>>.Empty.Add("w", Tensor<float>.From(device, [valueCount], own)),
            new(
                new(count, [new(Metrics.Loss, micro)]),
                [new("bn", Tensor<float>.From(device, [2], own.AsSpan(0, 2)), Tensor<float>.From(device, [2], own.AsSpan(2, 2)), 5 * count)]
            )
        );
    }

    sealed record StepValues(float[] Gradient, float[] Mean, float[] Variance, float Loss, Metrics Metrics, (int, int) NormCounts)
    {
        public static StepValues Of(Evaluation<StepResult> step) =>
            new(
                step.Gradients["w"].ToArray(),
                step.Extra.Norms[0].Mean.ToArray(),
                step.Extra.Norms[0].Variance.ToArray(),
                step.Loss.ToArray()[0],
                step.Extra.Metrics,
                (step.Extra.Norms[0].Count, step.Extra.Norms[0].BatchCount)
            );

        public long[] Bits =>
            [
                .. Gradient.Concat(Mean).Concat(Variance).Append(Loss).Select(value => (long)BitConverter.SingleToUInt32Bits(value)),
                .. Metrics.Means.Select(mean => BitConverter.DoubleToInt64Bits(mean.Value)),
                NormCounts.Item1,
                NormCounts.Item2,
            ];
    }
}

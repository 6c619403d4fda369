using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Reconstruction;

/// <summary>Photographs of all kinds: few, alike, grey, black; more than memory holds.</summary>
public sealed class PhotographsTests : IDisposable
{
    const int ImageCount = 6 * 6 * 3;

    readonly HostDevice host = new();
    readonly Scope scope;

    public PhotographsTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    /// <summary>Photographs that tell little or nothing; each gives a network whose values are all finite.</summary>
    public static TheoryData<string, int, int> Odd =>
        new()
        {
            { "one", 1, 1 },
            { "three", 3, 1 },
            { "fifteen", 5, 3 },
            { "alike", 8, 4 },
            { "grey", 8, 4 },
            { "black", 8, 4 },
            { "white noise of 1e6", 8, 4 },
        };

    [Theory]
    [MemberData(nameof(Odd))]
    public void Any_photographs_give_finite_values(string kind, int batchSize, int batchCount)
    {
        var state = Run(Photographs(kind, batchSize, batchCount), new());

        Assert.All(
            state.Parameters.Values.Values,
            weight => Assert.All(weight.Decode().ToArray(), value => Assert.True(float.IsFinite(value)))
        );
        Assert.All(
            state.Layers,
            layer =>
            {
                Assert.True(double.IsFinite(layer.RelativeError));
                Assert.True(double.IsFinite(layer.Effect!.Value));
            }
        );
    }

    [Fact]
    public void Photographs_beyond_the_memory_limit_are_left_out_with_a_line()
    {
        var events = new List<CompressionEvent>();
        var few = Run(Photographs("noise", 8, 2), new() { VaryBelow = 0 });
        var same = NetworkReconstruction.SameNodes(SmallNetwork.Graph, few.Parameters, few.Dense!);
        long perImage = NetworkValues.BytesPerImage(SmallNetwork.Graph, [1, 6, 6, 3], node => same[node])[0];

        var limited = Run(Photographs("noise", 8, 4), new() { VaryBelow = 0, MemoryLimit = (perImage * 8 * 3) - 1 }, new Collect(events));

        Assert.Equal(Bytes(few), Bytes(limited));
        Assert.StartsWith(
            "layers are reconstructed on 16 of the 32 photographs that are there to calibrate: ",
            events.OfType<CompressionEvent.Noted>().Single().Text
        );
    }

    [Fact]
    public void Mirror_images_are_used_where_there_are_few_photographs()
    {
        var mirrored = Run(Photographs("noise", 8, 2), Uncorrected with { VaryBelow = 32 });
        var both = Run(Photographs("noise, then mirror images", 8, 4), Uncorrected);

        Assert.NotEqual(Bytes(Run(Photographs("noise", 8, 2), Uncorrected)), Bytes(mirrored));
        Assert.Equal(Bytes(both), Bytes(mirrored));
    }

    [Fact]
    public void Photographs_that_can_be_varied_are_used_several_times()
    {
        var all = Photographs("noise", 8, 10);
        var varied = Varied(Photographs("noise", 8, 2), all);
        float[] Of(NormImages images, ReconstructionOptions options) => Bytes(Run(images, options));

        Assert.Equal(Of(First(all, 6), Uncorrected), Of(varied, Uncorrected with { VaryBelow = 48 }));
        Assert.Equal(Of(First(all, 5), Uncorrected), Of(varied, Uncorrected with { VaryBelow = 47 }));
        Assert.Equal(Of(First(all, 4), Uncorrected), Of(varied, Uncorrected with { VaryBelow = 640, MostVariations = 1 }));
        Assert.Equal(Of(First(all, 2), Uncorrected), Of(varied, Uncorrected with { VaryBelow = 16 }));
    }

    [Fact]
    public void Variations_join_at_the_first_layer_from_which_they_fit_in_memory()
    {
        var all = Photographs("noise", 8, 6);
        var varied = Varied(First(all, 2), all);
        var plain = Run(varied, Uncorrected);
        var full = Run(varied, Uncorrected with { VaryBelow = 48 });
        var same = NetworkReconstruction.SameNodes(SmallNetwork.Graph, plain.Parameters, plain.Dense!);
        var bytes = NetworkValues.BytesPerImage(SmallNetwork.Graph, [1, 6, 6, 3], node => same[node]);
        long least = bytes[^1] * 8 * 3,
            most = bytes[0] * 8 * 6;

        Assert.Equal(Bytes(plain), Bytes(Run(varied, Uncorrected with { VaryBelow = 48, VariedMemoryLimit = least - 1 })));
        Assert.Equal(Bytes(full), Bytes(Run(varied, Uncorrected with { VaryBelow = 48, VariedMemoryLimit = most })));
        var late = Run(varied, Uncorrected with { VaryBelow = 48, VariedMemoryLimit = least });
        Assert.Equal(Codes(plain, "block.conv1"), Codes(late, "block.conv1"));
        Assert.NotEqual(Codes(plain, "fc"), Codes(late, "fc"));
    }

    [Fact]
    public void A_batch_that_joins_late_has_the_values_of_one_that_was_there_from_the_start()
    {
        var graph = SmallNetwork.Graph;
        var (dense, quantised) = (SmallNetwork.Parameters(host, new(1)), SmallNetwork.Parameters(host, new(2)));
        quantised = quantised.With("conv1.weight", dense["conv1.weight"]);
        var same = NetworkReconstruction.SameNodes(graph, quantised, dense);
        LoadedBatch Batch() => new(Tensor<float>.From(host, [2, 6, 6, 3], [.. Enumerable.Range(0, 216).Select(i => Noise(0, i))]), [], 0);
        var first = new NetworkValues(host, graph);
        first.Join(Batch(), 0, dense, quantised, same);
        for (int node = 0; node < graph.Nodes.Length; node++)
        {
            var late = new NetworkValues(host, graph);
            late.Join(Batch(), node, dense, quantised, same);
            foreach (int known in Enumerable.Range(0, node))
            {
                Assert.Equal(first.Has(known), late.Has(known));
                if (!first.Has(known))
                    continue;
                Assert.Equal(first.AreSame(known), late.AreSame(known));
                Assert.Equal(first.Dense(known, 0).ToArray(), late.Dense(known, 0).ToArray());
                Assert.Equal(first.Quantised(known, 0).ToArray(), late.Quantised(known, 0).ToArray());
            }

            first.Compute(node, 0, dense, quantised, same[node]);
        }

        Assert.Equal(Forward.Run(graph, dense, Batch().Images).ToArray(), first.Dense(graph.Output, 0).ToArray());
        Assert.Equal(Forward.Run(graph, quantised, Batch().Images).ToArray(), first.Quantised(graph.Output, 0).ToArray());
    }

    [Fact]
    public void Variations_are_held_back_with_their_photographs()
    {
        // Of two batches the second chooses the corrections, and its copies with it: copies in the first would make any correction good.
        var own = Photographs("noise", 12, 2);
        var copies = own with { Varied = _ => own.Batches() };
        var options = new ReconstructionOptions { VaryBelow = 0, Corrections = [1e-3f] };

        var chosen = Run(own, options).Reconstructions.Select(report => report.Correction).ToArray();

        Assert.Contains(null, chosen.Skip(1));
        Assert.Equal(chosen, Run(copies, options with { VaryBelow = 120 }).Reconstructions.Select(report => report.Correction));
    }

    [Fact]
    public void A_mirror_image_has_its_pixels_from_right_to_left()
    {
        var input = new InputBatch([1, 2, 3, 2], new float[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 });

        Assert.Equal([5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8], input.Mirrored().Pixels.ToArray());
    }

    [Fact]
    public void A_mirror_image_keeps_its_padding_on_the_right_and_its_boxes_on_their_objects()
    {
        var input = new InputBatch([1, 1, 4, 1], new float[] { 1, 2, 3, 0 })
        {
            Width = 3,
            Boxes =
            [
                [new(0, new(0, 0, 1, 1)), new(0, new(1, 0, 3, 1))],
            ],
        };

        var mirrored = input.Mirrored();

        Assert.Equal([3, 2, 1, 0], mirrored.Pixels.ToArray());
        Assert.Equal([new(2, 0, 3, 1), new(0, 0, 2, 1)], mirrored.Boxes[0].Select(box => box.Box));
    }

    [Fact]
    public void Reports_are_of_the_codes_as_they_are_in_the_end()
    {
        var state = Run(Photographs("noise", 8, 4), new());

        foreach (var report in state.Layers)
        {
            float[] want = state.Dense![report.Blocks.WeightName].Decode().ToArray(),
                have = (report.RowScales?.Undone(state.Parameters[report.Blocks.WeightName]) ?? state.Parameters["fc.weight"])
                    .Decode()
                    .ToArray();
            double error = want.Zip(have, (a, b) => Math.Pow((double)a - b, 2)).Sum() / want.Sum(value => (double)value * value);
            Assert.Equal(error, report.RelativeError, 1e-6);
            Assert.InRange(report.OutputError!.Value, 0, 1);
            Assert.True(report.Effect > 0);
        }
    }

    /// <summary>Photographs as they are, without corrections: for these some batches are held back.</summary>
    static ReconstructionOptions Uncorrected { get; } = new() { VaryBelow = 0, Corrections = [] };

    static NormImages First(NormImages images, int count) =>
        images with
        {
            BatchCount = count,
            ImageCount = 8 * count,
            Batches = () => images.Batches().Take(count),
        };

    /// <summary>Two batches, whose variations are the batches of other photographs from the third on.</summary>
    static NormImages Varied(NormImages two, NormImages all) => two with { Varied = view => all.Batches().Skip(2 + (2 * view)).Take(2) };

    static ushort[] Codes(CompressionState state, string layer) => ((Weight.Quantised)state.Parameters[$"{layer}.weight"]).Codes.ToArray();

    CompressionState Run(NormImages images, ReconstructionOptions options, IProgress<CompressionEvent>? progress = null)
    {
        var graph = SmallNetwork.Graph;
        var layers = Blocks.Of(graph, new CompressionSpec { K = 8, KMeansIterations = 5 }).ValueOrThrow();
        var key = RngKey.FromSeed(1);
        return Compress
            .ToEnd(
                [new QuantiseByColumns(layers, key), new ReconstructLayers(layers, images, key, options), new MeasureEffects(images)],
                new CompressionState(graph, SmallNetwork.Parameters(host, RngKey.FromSeed(2)), host),
                progress,
                TestContext.Current.CancellationToken
            )
            .ValueOrThrow();
    }

    static NormImages Photographs(string kind, int batchSize, int batchCount)
    {
        float[][] batches =
        [
            .. Enumerable
                .Range(0, batchCount)
                .Select(batch => Enumerable.Range(0, batchSize * ImageCount).Select(i => Value(kind, batch, i)).ToArray()),
        ];
        return NormImages.OfShape(
            [batchSize, 6, 6, 3],
            batchCount,
            () => batches.Select(batch => (Result<ReadOnlyMemory<float>, PqfError>)(ReadOnlyMemory<float>)batch)
        );
    }

    static float Value(string kind, int batch, int i) =>
        kind switch
        {
            "black" => 0,
            "alike" => Noise(0, i % ImageCount),
            "grey" => Noise(batch, i / 3),
            "white noise of 1e6" => 1e6f * Noise(batch, i),
            "noise, then mirror images" => Noise(batch % 2, batch < 2 ? i : Mirrored(i)),
            _ => Noise(batch, i),
        };

    static int Mirrored(int i)
    {
        int column = i / 3 % 6;
        return i + (3 * (5 - (2 * column)));
    }

    static float Noise(int batch, int i) => (float)RngKey.FromSeed(3).Fold((ulong)batch).Normal((ulong)i);

    static float[] Bytes(CompressionState state) =>
        [.. state.Parameters.Values.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Decode().ToArray())];

    sealed class Collect(List<CompressionEvent> events) : IProgress<CompressionEvent>
    {
        public void Report(CompressionEvent value) => events.Add(value);
    }
}

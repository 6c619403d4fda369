using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of a detector and of the functions between its graphs.</summary>
public class DetectorProperties
{
    static readonly Arbitrary<int> Seed = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Property(MaxTest = 5)]
    public Property Reordering_any_group_leaves_what_every_head_gives() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                using var device = new HostDevice(1);
                using var scope = device.BeginScope();
                var key = RngKey.FromSeed(seed);
                var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
                var parameters = GeneratedWeights.Parameters(graph, device, "narrow");
                var images = GeneratedWeights.Images(device, $"photo {seed}", [1, 3, 64, 96]);
                RoiBox[] boxes = [.. Enumerable.Range(0, 3).Select(i => new RoiBox(0, BoxOf(key.Fold("box").Fold((ulong)i), 60)))];
                var expected = Forward.Outputs(graph, parameters, images, [.. boxes]);
                foreach (var group in ChannelGroups.Of(graph))
                {
                    using var inner = device.BeginScope();
                    var reordered = group.Apply(parameters, key.Fold(group.Parents[0]).Permutation(group.ChannelCount));
                    foreach (var (before, after) in expected.Zip(Forward.Outputs(graph, reordered, images, [.. boxes])))
                        Close.Check(before, after, 1e-5);
                }
            }
        );

    [Property(MaxTest = 300)]
    public Property Decoding_a_box_s_code_gives_the_box() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                Box box = BoxOf(key.Fold("box"), 1000),
                    against = BoxOf(key.Fold("against"), 1000);
                foreach (var coder in (BoxCoder[])[BoxCoder.OfProposals(new()), BoxCoder.OfDetections(new())])
                {
                    var decoded = coder.Decode(coder.Encode(box, against), against);
                    // Sides of at least 17 pixels, so that none is more than 1000/16 times another's and is cut; coordinates below 2100 are
                    // rounded to 1.2e-4.
                    Assert.All(
                        ((float[])[box.X1, box.Y1, box.X2, box.Y2]).Zip((float[])[decoded.X1, decoded.Y1, decoded.X2, decoded.Y2]),
                        pair => Assert.Equal(pair.First, pair.Second, 2e-3)
                    );
                }
            }
        );

    [Property(MaxTest = 300)]
    public Property A_balanced_sample_has_as_many_of_both_kinds_as_its_rule_says() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                int share = key.Below(10, 0),
                    count = key.Below(60, 1);
                float fraction = key.Below(9, 2) / 8f;
                int[] matches =
                [
                    .. Enumerable
                        .Range(0, key.Below(200, 3))
                        .Select(i =>
                            key.Fold("match").Below(10, (ulong)i) < share ? key.Fold("object").Below(5, (ulong)i)
                            : key.Fold("kind").Below(2, (ulong)i) == 0 ? Matcher.Background
                            : Matcher.Between
                        ),
                ];
                var (positive, negative) = new BalancedSampler(count, fraction).Draw(matches, key);
                Assert.Equal(Math.Min(matches.Count(match => match >= 0), (int)Math.Floor(count * fraction)), positive.Length);
                Assert.Equal(Math.Min(matches.Count(match => match == Matcher.Background), count - positive.Length), negative.Length);
                Assert.All(positive, i => Assert.True(matches[i] >= 0));
                Assert.All(negative, i => Assert.Equal(Matcher.Background, matches[i]));
                Assert.Equal(positive.Distinct().Order(), positive);
                Assert.Equal(negative.Distinct().Order(), negative);
            }
        );

    [Property(MaxTest = 300)]
    public Property Matches_are_those_of_the_whole_table_of_overlaps() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                ImmutableArray<Box> objects = Whole(key.Fold("objects"), key.Below(5, 0)),
                    boxes = Whole(key.Fold("boxes"), key.Below(40, 1));
                float low = key.Below(8, 2) / 10f,
                    high = low + (key.Below(3, 3) / 10f);
                bool lowQuality = key.Below(2, 4) == 1;
                float[][] overlaps = [.. boxes.Select(box => objects.Select(item => IoU(item, box)).ToArray())];
                float[] most = [.. objects.Select((_, j) => overlaps.Select(row => row[j]).DefaultIfEmpty().Max())];
                var expected = overlaps.Select(row =>
                {
                    float best = row.DefaultIfEmpty().Max();
                    int nearest = Array.IndexOf(row, best);
                    bool isSomeonesBest = lowQuality && row.Where((overlap, j) => overlap > 0 && overlap == most[j]).Any();
                    return objects.IsEmpty ? Matcher.Background
                        : best >= high || isSomeonesBest ? nearest
                        : best < low ? Matcher.Background
                        : Matcher.Between;
                });
                Assert.Equal(expected, new Matcher(high, low, lowQuality).Match(objects, boxes));
            }
        );

    [Property(MaxTest = 100)]
    public Property What_is_found_lies_in_the_image_by_falling_score_and_apart_from_others_of_its_class() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                ImmutableArray<Box> proposals = Whole(key.Fold("proposals"), key.Below(40, 0));
                const int Classes = 4;
                float[] Some(string name, int count, double scale) =>
                    [.. Enumerable.Range(0, count).Select(i => (float)(scale * key.Fold(name).Normal((ulong)i)))];
                float[] logits = Some("logits", proposals.Length * Classes, 3),
                    codes = Some("codes", proposals.Length * Classes * 4, 2);
                var options = new MaskRcnnOptions { BoxDetectionsPerImg = 1 + key.Below(30, 1), BoxNmsThresh = key.Below(10, 2) / 10f };
                using var device = new HostDevice(1);
                var found = DetectionFilter.Of(proposals, logits, codes, new(50, 60), options, device);
                Assert.True(found.Length <= options.BoxDetectionsPerImg);
                Assert.Equal(found.OrderByDescending(item => item.Score), found);
                Assert.All(
                    found,
                    item =>
                        Assert.True(
                            item
                                is {
                                    Label: >= 1 and < Classes,
                                    Score: > 0.05f and <= 1,
                                    Box: { X1: >= 0, Y1: >= 0, X2: <= 60, Y2: <= 50, Width: >= 0.01f, Height: >= 0.01f }
                                },
                            $"{item}"
                        )
                );
                for (int i = 0; i < found.Length; i++)
                for (int j = 0; j < i; j++)
                    Assert.True(
                        found[i].Label != found[j].Label || IoU(found[i].Box, found[j].Box) <= options.BoxNmsThresh + 1e-6,
                        $"{found[i]} and {found[j]}"
                    );
            }
        );

    [Property(MaxTest = 200)]
    public Property A_mask_and_the_rest_of_its_image_fill_every_cell() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var (mask, box, side) = Masked(RngKey.FromSeed(seed));
                var rest = new BinaryMask(mask.Height, mask.Width, [.. mask.Values.Select(value => (byte)(1 - value))]);
                Assert.All(Cells(mask, box, side).Zip(Cells(rest, box, side)), pair => Assert.Equal(1, pair.First + pair.Second, 1e-5));
            }
        );

    [Property(MaxTest = 200)]
    public Property Cells_in_the_mirror_are_the_mirrors_cells() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var (mask, box, side) = Masked(RngKey.FromSeed(seed));
                // As torchvision, cells take a pixel's value at its upper left corner, not at its middle: the mirror stands half a pixel
                // further left.
                float[] cells = Cells(HorizontalFlip.Of(mask), HorizontalFlip.Of(box, mask.Width - 1), side);
                Assert.All(
                    Cells(mask, box, side).Chunk(side).SelectMany(row => row.Reverse()).Zip(cells),
                    pair => Assert.Equal(pair.First, pair.Second, 1e-4)
                );
            }
        );

    [Property(MaxTest = 200)]
    public Property Pasting_is_linear_and_keeps_probabilities() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                var (image, box, side) = Masked(key);
                float[] mask = [.. Enumerable.Range(0, side * side).Select(i => (float)key.Fold("mask").Uniform((ulong)i))];
                float[] Paste(IEnumerable<float> cells) =>
                    MaskPasting.Probabilities(new(box, 1, 1, cells.ToArray()), image.Height, image.Width);
                float[] pasted = Paste(mask),
                    rest = Paste(mask.Select(cell => 1 - cell)),
                    whole = Paste(mask.Select(_ => 1f));
                Assert.All(pasted.Zip(rest, whole), triple => Assert.Equal(triple.Third, triple.First + triple.Second, 1e-5));
                Assert.All(whole, value => Assert.InRange(value, 0, 1 + 1e-6f));
            }
        );

    /// <summary>A box of sides from 0.017 to 1.017 of an extent, whose corner lies in it.</summary>
    static Box BoxOf(RngKey key, float extent)
    {
        float[] u = [.. Enumerable.Range(0, 4).Select(i => extent * (float)key.Uniform((ulong)i))];
        return new(u[0], u[1], u[0] + u[2] + (0.017f * extent), u[1] + u[3] + (0.017f * extent));
    }

    static Box At(float x, float y, float width, float height) => new(x, y, x + width, y + height);

    /// <summary>Boxes of whole pixels within 60 columns and 50 rows, some of them equal.</summary>
    static ImmutableArray<Box> Whole(RngKey key, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    key.Fold((ulong)i) is var its
                        ? At(2 * its.Below(20, 0), 2 * its.Below(15, 1), 2 * (1 + its.Below(10, 2)), 2 * (1 + its.Below(10, 3)))
                        : default
                ),
        ];

    static float IoU(Box a, Box b)
    {
        float width = Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1),
            height = Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1);
        float common = width > 0 && height > 0 ? width * height : 0;
        return common / (((a.X2 - a.X1) * (a.Y2 - a.Y1)) + ((b.X2 - b.X1) * (b.Y2 - b.Y1)) - common);
    }

    /// <summary>A mask, a box that lies at least half a pixel within its image, and how many cells a side to look at.</summary>
    static (BinaryMask Mask, Box Box, int Side) Masked(RngKey key)
    {
        int height = 4 + key.Below(30, 0),
            width = 4 + key.Below(30, 1);
        float x = (float)(0.5 + (key.Uniform(2) * (width - 3))),
            y = (float)(0.5 + (key.Uniform(3) * (height - 3)));
        var box = At(x, y, (float)(1 + (key.Uniform(4) * (width - 1.5 - x))), (float)(1 + (key.Uniform(5) * (height - 1.5 - y))));
        return (
            new(height, width, [.. Enumerable.Range(0, height * width).Select(i => (byte)key.Fold("pixels").Below(2, (ulong)i))]),
            box,
            1 + key.Below(28, 6)
        );
    }

    static float[] Cells(BinaryMask mask, Box box, int side)
    {
        float[] cells = new float[side * side];
        MaskTargets.Project(mask, new(mask.Height, mask.Width), box, side, cells);
        return cells;
    }
}

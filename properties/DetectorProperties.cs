using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets;
using Pqf.Nets.Detection;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;
using Box = Pqf.Nets.Detection.Box;

namespace Pqf.Properties;

/// <summary>Laws of a detector and of the functions between its graphs.</summary>
public class DetectorProperties
{
    static readonly Arbitrary<int> Seed = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Property(MaxTest = 5)]
    public Property Reordering_any_group_leaves_what_every_head_gives() => Prop.ForAll(Seed, seed =>
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var key = RngKey.FromSeed(seed);
        var graph = Graphs.Build(Graphs.NarrowDetector);
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
    });

    [Property(MaxTest = 300)]
    public Property Decoding_a_box_s_code_gives_the_box() => Prop.ForAll(Seed, seed =>
    {
        var key = RngKey.FromSeed(seed);
        Box box = BoxOf(key.Fold("box"), 1000), against = BoxOf(key.Fold("against"), 1000);
        foreach (var coder in (BoxCoder[])[BoxCoder.OfProposals(new()), BoxCoder.OfDetections(new())])
        {
            var decoded = coder.Decode(coder.Encode(box, against), against);
            // Sides of at least 17 pixels, so that none is more than 1000/16 times another's and is cut; coordinates below 2100 are rounded to 1.2e-4.
            Assert.All(((float[])[box.X1, box.Y1, box.X2, box.Y2]).Zip((float[])[decoded.X1, decoded.Y1, decoded.X2, decoded.Y2]), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
        }
    });

    [Property(MaxTest = 300)]
    public Property A_balanced_sample_has_as_many_of_both_kinds_as_its_rule_says() => Prop.ForAll(Seed, seed =>
    {
        var key = RngKey.FromSeed(seed);
        int share = key.Below(10, 0), count = key.Below(60, 1);
        float fraction = key.Below(9, 2) / 8f;
        int[] matches = [.. Enumerable.Range(0, key.Below(200, 3)).Select(i => key.Fold("match").Below(10, (ulong)i) < share
            ? key.Fold("object").Below(5, (ulong)i)
            : key.Fold("kind").Below(2, (ulong)i) == 0 ? Matcher.Background : Matcher.Between)];
        var (positive, negative) = new BalancedSampler(count, fraction).Draw(matches, key);
        Assert.Equal(Math.Min(matches.Count(match => match >= 0), (int)Math.Floor(count * fraction)), positive.Length);
        Assert.Equal(Math.Min(matches.Count(match => match == Matcher.Background), count - positive.Length), negative.Length);
        Assert.All(positive, i => Assert.True(matches[i] >= 0));
        Assert.All(negative, i => Assert.Equal(Matcher.Background, matches[i]));
        Assert.Equal(positive.Distinct().Order(), positive);
        Assert.Equal(negative.Distinct().Order(), negative);
    });

    /// <summary>A box of sides from 0.017 to 1.017 of an extent, whose corner lies in it.</summary>
    static Box BoxOf(RngKey key, float extent)
    {
        float[] u = [.. Enumerable.Range(0, 4).Select(i => extent * (float)key.Uniform((ulong)i))];
        return new(u[0], u[1], u[0] + u[2] + (0.017f * extent), u[1] + u[3] + (0.017f * extent));
    }
}

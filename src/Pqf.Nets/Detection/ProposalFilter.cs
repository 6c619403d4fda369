using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>What the proposal head said of one level.</summary>
/// <param name="Anchors">Of one image, as the class of that name lists them.</param>
/// <param name="Objectness">[N, anchors]: logits.</param>
/// <param name="Codes">[N, anchors, 4].</param>
public sealed record LevelProposals(ImmutableArray<Box> Anchors, float[] Objectness, float[] Codes)
{
    /// <summary>Of what the proposal head gave.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="level">Shape of the level, [N, H, W, C].</param>
    /// <param name="anchorSize">Of the level.</param>
    /// <param name="options">Aspect ratios.</param>
    /// <param name="objectness">[N, H, W, A].</param>
    /// <param name="codes">[N, H, W, 4A].</param>
    internal static LevelProposals Of(
        ImageBatch batch,
        Shape level,
        float anchorSize,
        MaskRcnnOptions options,
        Tensor<float> objectness,
        Tensor<float> codes
    ) =>
        new(
            Nets.Detection.Anchors.Of(
                new(batch.Images.Shape[1], batch.Images.Shape[2]),
                new(level[1], level[2]),
                anchorSize,
                options.AspectRatios
            ),
            objectness.ToArray(),
            codes.ToArray()
        );

    /// <summary>Logits of an image.</summary>
    public ReadOnlySpan<float> ObjectnessOf(int image) => Objectness.AsSpan(image * Anchors.Length, Anchors.Length);

    /// <summary>Codes of an image.</summary>
    public ReadOnlySpan<BoxCode> CodesOf(int image) =>
        MemoryMarshal.Cast<float, BoxCode>(Codes.AsSpan()).Slice(image * Anchors.Length, Anchors.Length);
}

/// <summary>Chooses the boxes that the heads look at (Ren et al. 2015, section 3.3).</summary>
/// <param name="Options">Thresholds.</param>
/// <param name="PreNmsCount">Boxes of each level that go into suppression.</param>
/// <param name="PostNmsCount">Boxes of an image after it.</param>
public sealed record ProposalFilter(MaskRcnnOptions Options, int PreNmsCount, int PostNmsCount)
{
    /// <summary>Proposals of one image, by falling objectness.</summary>
    /// <param name="levels">From the finest.</param>
    /// <param name="image">Which image of the batch.</param>
    /// <param name="size">Of its resized image, to which boxes are cut.</param>
    /// <param name="device">Where boxes are suppressed.</param>
    public ImmutableArray<Box> Of(ImmutableArray<LevelProposals> levels, int image, ImageSize size, Device device)
    {
        var found = new List<Candidate>();
        for (int level = 0; level < levels.Length; level++)
            AddLevel(found, levels[level], level, image, size);
        return [.. Suppression.Keep(found, Options.RpnNmsThresh, PostNmsCount, device).Select(kept => kept.Box)];
    }

    void AddLevel(List<Candidate> found, LevelProposals level, int number, int image, ImageSize size)
    {
        var coder = BoxCoder.OfProposals(Options);
        float[] objectness = level.ObjectnessOf(image).ToArray();
        foreach (int i in Largest(objectness, PreNmsCount))
        {
            var box = coder.Decode(level.CodesOf(image)[i], level.Anchors[i]).Clip(size.Height, size.Width);
            float score = 1 / (1 + MathF.Exp(-objectness[i]));
            if (box.Width >= Options.RpnMinBoxSize && box.Height >= Options.RpnMinBoxSize && score >= Options.RpnScoreThresh)
                found.Add(new(box, score, number));
        }
    }

    /// <summary>Numbers of the largest values, by falling value; of equal ones the first.</summary>
    static int[] Largest(float[] values, int count)
    {
        int[] numbers = [.. Enumerable.Range(0, values.Length)];
        float[] keys = Array.ConvertAll(values, value => -value);
        if (count < values.Length)
        {
            // Only those that can be among the largest are sorted.
            float[] sorted = [.. keys];
            Array.Sort(sorted);
            numbers = [.. numbers.Where(i => keys[i] <= sorted[count - 1])];
            keys = [.. numbers.Select(i => keys[i])];
        }

        return [.. numbers.Zip(keys).OrderBy(pair => pair.Second).Take(count).Select(pair => pair.First)];
    }
}

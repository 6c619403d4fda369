using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Nets.Execution;

/// <summary>The first steps of a plan, if they run for some images of the batch at a time, pass by pass, because their values for the whole
/// batch are larger than the cache that the threads share.</summary>
/// <remarks>Results do not change: the values of an image do not depend on how many are beside it. The last of these steps is the only one
/// whose value the others read.</remarks>
/// <param name="StepCount">How many steps; 0 for none.</param>
/// <param name="Images">Most images of a pass.</param>
readonly record struct FirstPasses(int StepCount, int Images)
{
    // What a step may read and write: a third of a usual cache of 32 MB, so that the next step finds it there. Measured with 4 to 32 images
    // of ResNet-18: bench/notes.md.
    const int CacheSizeBytes = 9 << 20;

    // Steps of which as many images fit into the cache gain less than what their small products lose.
    const int EnoughImages = 8;

    // With fewer, small layers take longer for an image than the cache gains.
    const int LeastImages = 4;

    // Where the least images of a pass take so much, they find nothing in the cache: ResNet-50 (29 MB) at batch 32 takes 0.95 to 0.97 of
    // the time without passes, ResNet-18 (10 MB) 1.05.
    const int MostSizeBytes = 2 * CacheSizeBytes;

    // Parts of values begin at whole lines of 64 bytes.
    const int LineFloats = 16;

    /// <summary>All steps run for the whole batch.</summary>
    public static FirstPasses None { get; } = new(0, 0);

    /// <summary>Chooses the steps.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="fusion">Its steps and views.</param>
    /// <param name="device">Where they run.</param>
    /// <param name="inputShape">[N, H, W, C], the largest batch.</param>
    /// <param name="shapes">By node number, for that batch.</param>
    public static FirstPasses Of(Graph graph, Fusion fusion, Device device, Shape inputShape, ImmutableArray<Shape> shapes)
    {
        if (device is not HostDevice || inputShape[0] <= LeastImages)
            return None;
        var roots = fusion.Roots(graph);
        ImmutableArray<long> sizes =
        [
            .. fusion.Steps.Select(step => Values(graph, roots, step).Sum(i => (long)shapes[i].Count) * sizeof(float) / inputShape[0]),
        ];
        int large = LastLarge(sizes, Math.Min(EnoughImages, inputShape[0])),
            count = large < 0 ? 0 : End(graph, fusion, large);
        long largest = count == 0 ? 0 : sizes.Take(count).Max();
        if (count == 0 || largest * LeastImages > MostSizeBytes)
            return None;
        int fit = Math.Max(LeastImages, (int)(CacheSizeBytes / largest)),
            images = Division.Ceil(inputShape[0], Division.Ceil(inputShape[0], fit));
        var passes = new FirstPasses(count, images);
        return images < inputShape[0] && passes.IsByImage(graph, fusion, roots, inputShape, shapes) ? passes : None;
    }

    /// <summary>The last step of which fewer images than enough fit into the cache, or −1.</summary>
    static int LastLarge(ImmutableArray<long> sizes, int enough)
    {
        int last = sizes.Length - 1;
        while (last >= 0 && sizes[last] * enough <= CacheSizeBytes)
            last--;
        return last;
    }

    /// <summary>Numbers of the nodes whose memory a step reads or writes.</summary>
    static IEnumerable<int> Values(Graph graph, ImmutableArray<int> roots, FusedStep step) =>
        step.Inputs(graph).Select(i => roots[i]).Append(step.Output).Distinct();

    /// <summary>How many steps there are up to a large one and on to the first whose value alone is read later; 0 where there is no such
    /// step.</summary>
    static int End(Graph graph, Fusion fusion, int large)
    {
        var last = fusion.LastReaders(graph);
        int reach = graph.Nodes.Select((node, i) => node.IsInput ? last[i] : -1).Max(); // of the images and of all values so far
        for (int s = 0; s < fusion.Steps.Length; s++)
        {
            int own = last[fusion.Steps[s].Output];
            if (s >= large && reach <= s && own < fusion.Steps.Length)
                return s + 1;
            reach = Math.Max(reach, own);
        }

        return 0;
    }

    /// <summary>Whether every value of the first steps is one of images side by side, and parts of those that are read or kept for
    /// the whole batch begin where memory may.</summary>
    bool IsByImage(Graph graph, Fusion fusion, ImmutableArray<int> roots, Shape inputShape, ImmutableArray<Shape> all)
    {
        var some = GraphShapes.Of(graph, [Images, .. inputShape.Skip(1)]);
        int batch = inputShape[0],
            images = Images;
        bool IsPart(int i) =>
            all[i].Rank > 0 && all[i][0] == batch && some[i][0] == images && (long)all[i].Count * images == (long)some[i].Count * batch;
        bool IsWhole(int i) => all[i].Count / batch % LineFloats == 0;
        ImmutableHashSet<int> values = [.. fusion.Steps[..StepCount].SelectMany(step => Values(graph, roots, step))];
        return values.All(IsPart) && IsWhole(fusion.Steps[StepCount - 1].Output) && values.Where(i => graph.Nodes[i].IsInput).All(IsWhole);
    }
}

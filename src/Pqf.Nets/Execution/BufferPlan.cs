using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Execution;

/// <summary>Which values share memory: each takes a slot from its step until its last reader's, and slots are used again.</summary>
/// <param name="Slot">By node number: the slot of its value, or −1 for the images, the results, and what is never computed.</param>
/// <param name="Counts">Elements of each slot.</param>
/// <param name="Roots">By node number: the node whose memory it uses, itself unless it is a view.</param>
sealed record BufferPlan(ImmutableArray<int> Slot, ImmutableArray<int> Counts, ImmutableArray<int> Roots)
{
    /// <summary>Plans slots for values of the given shapes.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="fusion">Its steps and views.</param>
    /// <param name="shapes">By node number; of what the first steps compute, for the images of a pass.</param>
    /// <param name="passes">Which of the first steps run for some images at a time.</param>
    public static BufferPlan Of(Graph graph, Fusion fusion, ImmutableArray<Shape> shapes, FirstPasses passes)
    {
        ImmutableArray<int> roots = fusion.Roots(graph);
        int[] slot = [.. Enumerable.Repeat(-1, graph.Nodes.Length)];
        var (counts, free) = (new List<int>(), new List<int>());
        var lastStep = fusion.LastReaders(graph);
        ImmutableHashSet<int> results = [.. graph.Outputs.Select(output => roots[output])];
        for (int s = 0; s < fusion.Steps.Length; s++)
        {
            var step = fusion.Steps[s];
            ImmutableArray<int> dying =
            [
                .. step.Inputs(graph).Select(i => roots[i]).Distinct().Where(i => lastStep[i] == s && slot[i] >= 0),
            ];
            if (!results.Contains(step.Output))
            {
                // Over the value that is added or mapped, where nobody else wants it; else in a slot of its own.
                // What the passes end with has a slot of its own, because the steps before it run again for the next images.
                bool isOwn = s == passes.StepCount - 1;
                int over = dying.FirstOrDefault(
                    i => !isOwn && Overwrites(graph, step, roots, i) && shapes[i].Count == shapes[step.Output].Count,
                    -1
                );
                slot[step.Output] = over >= 0 ? slot[over] : Take(counts, isOwn ? [] : free, shapes[step.Output].Count);
                dying = dying.Remove(over);
            }

            free.AddRange(dying.Select(i => slot[i]));
        }

        return new([.. slot], [.. counts], roots);
    }

    /// <summary>Whether a step may write over one of its inputs: over the residual, unless the layer reads it too; any operand of a layer
    /// that works in place.</summary>
    static bool Overwrites(Graph graph, FusedStep step, ImmutableArray<int> roots, int input) =>
        graph.Nodes[step.Head].IsInPlace
        || (step.Residual is { } residual && roots[residual] == input && !step.Operands(graph).Any(operand => roots[operand] == input));

    /// <summary>The smallest free slot that is large enough, or the largest made larger, or a new one.</summary>
    static int Take(List<int> counts, List<int> free, int count)
    {
        if (free.Count == 0)
        {
            counts.Add(count);
            return counts.Count - 1;
        }

        var fitting = free.Where(i => counts[i] >= count).ToList();
        int best = fitting.Count > 0 ? fitting.MinBy(i => counts[i]) : free.MaxBy(i => counts[i]);
        counts[best] = Math.Max(counts[best], count);
        free.Remove(best);
        return best;
    }
}

using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Compression.Collectives;

/// <summary>A node of the binary tree over numbered leaves: it covers the leaves from Index · 2^Level on, 2^Level of them
/// or what is left.</summary>
/// <param name="Level">0 for a leaf.</param>
/// <param name="Index">Counted from 0 in its level.</param>
public readonly record struct TreeNode(int Level, int Index)
{
    /// <summary>The node above.</summary>
    public TreeNode Parent => new(Level + 1, Index / 2);
}

/// <summary>Sums values in the order of a binary tree that their count alone fixes: rounding does not depend on who sums which part. A node
/// without a sibling is its own parent.</summary>
/// <param name="leafCount">Leaves of the whole tree, at least 1.</param>
/// <param name="combine">Sums the values of two neighbours, the left one first. The right one was added later.</param>
public sealed class SumTree<T>(int leafCount, Func<T, T, T> combine)
{
    readonly List<(TreeNode Place, T Value)> nodes = [];

    /// <summary>What was added so far, as few nodes as the tree's order allows, from left to right. The root alone once all leaves are
    /// there.</summary>
    public IReadOnlyList<(TreeNode Place, T Value)> Nodes => nodes;

    /// <summary>Adds a node on the right of all that were added before.</summary>
    public void Add(TreeNode place, T value)
    {
        nodes.Add((place, value));
        while (Climbs()) { }
    }

    bool Climbs()
    {
        var (place, value) = nodes[^1];
        if (place.Index % 2 == 0)
        {
            bool hasRight = (long)(place.Index + 1) << place.Level < leafCount,
                isRoot = place.Index == 0 && 1L << place.Level >= leafCount;
            if (hasRight || isRoot)
                return false;
            nodes[^1] = (place.Parent, value);
            return true;
        }

        if (nodes.Count < 2 || nodes[^2].Place != new TreeNode(place.Level, place.Index - 1))
            return false;
        var sum = combine(nodes[^2].Value, value);
        nodes.RemoveAt(nodes.Count - 1);
        nodes[^1] = (place.Parent, sum);
        return true;
    }
}

/// <summary>Trees without values.</summary>
public static class SumTree
{
    /// <summary>The nodes that a contiguous part of the leaves makes.</summary>
    /// <param name="leafCount">Leaves of the whole tree.</param>
    /// <param name="first">First leaf of the part.</param>
    /// <param name="count">Leaves of the part.</param>
    public static ImmutableArray<TreeNode> NodesOf(int leafCount, int first, int count)
    {
        var tree = new SumTree<Unit>(leafCount, (left, _) => left);
        for (int leaf = first; leaf < first + count; leaf++)
            tree.Add(new(0, leaf), default);
        return [.. tree.Nodes.Select(node => node.Place)];
    }
}

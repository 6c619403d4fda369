using System.Collections.Immutable;
using System.Text.Json;
using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Training;

/// <summary>Sums what the micro-batches of all ranks gave, in the order of one tree.</summary>
/// <param name="ranks">The run, of two ranks at least.</param>
/// <param name="device">Where sums are computed.</param>
/// <param name="trainable">What there are gradients of.</param>
sealed class RankExchange(ICollective ranks, Device device, ImmutableDictionary<string, Tensor<float>> trainable)
{
    /// <summary>Values of a rank up to which every rank gets all of them and sums alone: 64 KiB take 50 µs on 10 Gbit/s, as long as the
    /// second message of the other way would take to begin.</summary>
    const int SmallCount = 16_384;

    /// <summary>Bytes that this rank sent to others in the latest step.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Sums a step.</summary>
    /// <param name="cut">Whose micro-batches are whose.</param>
    /// <param name="step">Number of the step in its epoch.</param>
    /// <param name="known">What steps give; null on a rank that had no micro-batch yet.</param>
    /// <param name="own">This rank's part.</param>
    /// <param name="scopes">Open ones; takes that of the sum.</param>
    /// <returns>The form, and the whole tree.</returns>
    public (StepForm Form, SumTree<StepPart> Whole) Sum(StepCut cut, int step, StepForm? known, SumTree<StepPart> own, Stack<Scope> scopes)
    {
        SentBytes = 0;
        ImmutableArray<ImmutableArray<TreeNode>> nodes =
        [
            .. Enumerable
                .Range(0, ranks.Size)
                .Select(rank => cut.PartOf(step, rank))
                .Select(part => SumTree.NodesOf(cut.MicroCount(step), part.First, part.Count)),
        ];
        var form = ShareForm(known, nodes);
        var shapes = form.Shapes(trainable);
        int slotCount = nodes.Max(part => part.Length),
            valueCount = shapes.Sum(shape => shape.Count);
        double[] heads = Heads(own, slotCount, form.Metrics.Length);
        float[] values = Flat(own, slotCount, valueCount);
        bool isSmall = slotCount * valueCount <= SmallCount;
        var (sum, head) = Combined(
            new(cut.MicroCount(step), nodes, heads, slotCount),
            isSmall ? Gather(values) : Scatter(values, slotCount, valueCount),
            isSmall ? valueCount : Segment(valueCount)
        );
        scopes.Push(device.BeginScope());
        var whole = Whole(isSmall ? sum : Gather(sum), shapes, head, scopes.Peek());
        var tree = new SumTree<StepPart>(1, (left, _) => left);
        tree.Add(new(0, 0), whole);
        return (form, tree);
    }

    int Segment(int valueCount) => Division.Ceil(valueCount, ranks.Size);

    /// <summary>A rank without a micro-batch may not know what steps give: the first one that has some tells it.</summary>
    StepForm ShareForm(StepForm? known, ImmutableArray<ImmutableArray<TreeNode>> nodes)
    {
        if (nodes.All(part => !part.IsEmpty))
            return known!;
        int root = nodes.IndexOf(nodes.First(part => !part.IsEmpty));
        byte[] text = ranks.Rank == root ? JsonSerializer.SerializeToUtf8Bytes(known!, StepFormJson.Default.StepForm) : [];
        text = ranks.Share(text, root);
        return known ?? JsonSerializer.Deserialize(text, StepFormJson.Default.StepForm)!;
    }

    /// <summary>Counts and metrics of all ranks' nodes.</summary>
    double[] Heads(SumTree<StepPart> own, int slotCount, int metricCount)
    {
        double[] mine = new double[slotCount * (2 + metricCount)];
        for (int slot = 0; slot < own.Nodes.Count; slot++)
        {
            var part = own.Nodes[slot].Value;
            double[] head = [part.ImageCount, part.BatchCount, .. part.Means];
            head.CopyTo(mine, slot * head.Length);
        }

        return Gather(mine);
    }

    static float[] Flat(SumTree<StepPart> own, int slotCount, int valueCount)
    {
        float[] flat = new float[slotCount * valueCount];
        for (int slot = 0; slot < own.Nodes.Count; slot++)
        {
            int first = slot * valueCount;
            foreach (var tensor in own.Nodes[slot].Value.Values)
            {
                tensor.CopyTo(flat.AsSpan(first, tensor.Shape.Count));
                first += tensor.Shape.Count;
            }
        }

        return flat;
    }

    T[] Gather<T>(T[] mine)
        where T : unmanaged
    {
        var all = new T[mine.Length * ranks.Size];
        var bytes = Agreement.AsBytes(mine);
        ranks.AllGather(bytes, Agreement.AsBytes(all));
        SentBytes += (long)bytes.Length * (ranks.Size - 1);
        return all;
    }

    /// <summary>This rank's segment of every rank's nodes.</summary>
    float[] Scatter(float[] values, int slotCount, int valueCount)
    {
        int segment = Segment(valueCount);
        float[] parts = new float[ranks.Size * slotCount * segment],
            received = new float[parts.Length];
        for (int rank = 0; rank < ranks.Size; rank++)
        for (int slot = 0; slot < slotCount; slot++)
        {
            int first = Math.Min(valueCount, rank * segment),
                count = Math.Min(segment, valueCount - first);
            values.AsSpan((slot * valueCount) + first, count).CopyTo(parts.AsSpan(((rank * slotCount) + slot) * segment));
        }

        var bytes = Agreement.AsBytes(parts);
        ranks.AllToAll(bytes, Agreement.AsBytes(received));
        SentBytes += bytes.Length / ranks.Size * (ranks.Size - 1);
        return received;
    }

    /// <summary>Sums the nodes of all ranks, or a segment of them.</summary>
    (float[] Sum, StepPart Head) Combined(RankNodes all, float[] received, int length)
    {
        var (microCount, nodes, heads, slotCount) = all;
        int headLength = heads.Length / (ranks.Size * slotCount);
        var tree = new SumTree<StepPart>(microCount, StepPart.Combine);
        for (int rank = 0; rank < ranks.Size; rank++)
        for (int slot = 0; slot < nodes[rank].Length; slot++)
        {
            int number = (rank * slotCount) + slot;
            var head = heads.AsSpan(number * headLength, headLength);
            var inner = device.BeginScope();
            var values = Tensor<float>.From(device, [length], received.AsSpan(number * length, length));
            tree.Add(nodes[rank][slot], new((int)head[0], (int)head[1], [values], [.. head[2..]], inner));
        }

        var root = tree.Nodes[0].Value;
        float[] sum = root.Values[0].ToArray();
        root.Scope.Dispose();
        return (sum, root);
    }

    StepPart Whole(float[] sum, ImmutableArray<Shape> shapes, StepPart head, Scope scope)
    {
        var values = ImmutableArray.CreateBuilder<Tensor<float>>(shapes.Length);
        int first = 0;
        foreach (var shape in shapes)
        {
            values.Add(Tensor<float>.From(device, shape, sum.AsSpan(first, shape.Count)));
            first += shape.Count;
        }

        return head with
        {
            Values = values.MoveToImmutable(),
            Scope = scope,
        };
    }

    /// <summary>The nodes of all ranks.</summary>
    /// <param name="MicroCount">Leaves of their tree.</param>
    /// <param name="Nodes">By rank.</param>
    /// <param name="Heads">Counts and metrics, slot by slot.</param>
    /// <param name="SlotCount">Most nodes of a rank.</param>
    sealed record RankNodes(int MicroCount, ImmutableArray<ImmutableArray<TreeNode>> Nodes, double[] Heads, int SlotCount);
}

using System.Collections.Immutable;
using System.Text.Json;
using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Training;

/// <summary>Sums what the micro-batches of all ranks gave, in the order of one tree.</summary>
/// <param name="ranks">The run.</param>
/// <param name="device">Where sums are computed.</param>
/// <param name="trainable">What there are gradients of.</param>
/// <param name="bucketBytes">As <see cref="TrainingOptions.BucketBytes"/>.</param>
sealed class RankExchange(ICollective ranks, Device device, ImmutableDictionary<string, Tensor<float>> trainable, int bucketBytes)
{
    /// <summary>Values of a rank up to which every rank gets all of them and sums alone: 64 KiB take 50 µs on 10 Gbit/s, as long as the
    /// second message of the other way would take to begin.</summary>
    const int SmallCount = 16_384;

    readonly List<string> seen = [];
    BucketPlan? plan;
    ICollective? beside;
    EarlyExchange? latest;

    /// <summary>Bytes that this rank sent to others in the latest step.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Starts a step.</summary>
    /// <param name="nodes">Whose nodes are whose.</param>
    /// <returns>The exchange of gradients during the way back; null where all are exchanged after it: where one bucket holds them, and in
    /// the first step, which finds out their order.</returns>
    public EarlyExchange? Start(RankNodes nodes)
    {
        SentBytes = 0;
        seen.Clear();
        latest = plan is { Buckets.Length: > 1 }
            ? new EarlyExchange(plan, nodes, ranks.Rank, trainable, (whose, mine, onDevice) => Sum(beside!, whose, mine, onDevice))
            : null;
        return latest;
    }

    /// <summary>Receives the gradients of a step that are not exchanged early.</summary>
    public void Take(FinalGradient gradient)
    {
        if (plan is null && ranks.Size > 1)
            seen.Add(gradient.Name);
    }

    /// <summary>Sums a step.</summary>
    /// <param name="nodes">Whose nodes are whose.</param>
    /// <param name="known">What steps give; null on a rank that had no micro-batch yet.</param>
    /// <param name="own">This rank's part.</param>
    /// <param name="early">Has the sums of the gradients; null where they are still to be exchanged.</param>
    /// <param name="scopes">Open ones; takes that of the sum.</param>
    /// <returns>The form, and the whole step.</returns>
    public (StepForm Form, StepPart Whole) Sum(
        RankNodes nodes,
        StepForm? known,
        SumTree<StepPart> own,
        EarlyExchange? early,
        Stack<Scope> scopes
    )
    {
        var form = ShareForm(known, nodes.Nodes);
        var shapes = form.Shapes(early is null ? trainable : trainable.Clear());
        int valueCount = shapes.Sum(shape => shape.Count);
        var mine = new NodeValues(
            Heads(own, nodes.SlotCount, form.Metrics.Length),
            Flat(own, nodes.SlotCount, valueCount, shapes.Length),
            valueCount
        );
        var (sums, whole) = Sum(ranks, nodes, mine, compute => compute());
        scopes.Push(device.BeginScope());
        ImmutableArray<Tensor<float>> values = [.. Cut(sums, shapes)];
        if (early is not null)
            values =
            [
                .. values,
                .. StepForm.Names(trainable).Select(name => Tensor<float>.From(device, trainable[name].Shape, early[name])),
            ];
        else if (plan is null && bucketBytes > 0 && nodes.Nodes.All(part => !part.IsEmpty))
        {
            beside ??= ranks.BesideWork(() => latest?.IsComputing is true);
            if (beside is not null)
                plan = BucketPlan.Share(ranks, seen, trainable, bucketBytes);
        }

        return (form, whole with { Values = values, Scope = scopes.Peek() });
    }

    /// <summary>Sums values over all ranks.</summary>
    /// <param name="through">Exchanges: the ranks, or the same beside the step's thread.</param>
    /// <param name="nodes">Whose nodes are whose.</param>
    /// <param name="mine">Of this rank.</param>
    /// <param name="onDevice">Does the additions, where the device may be used.</param>
    RankSum Sum(ICollective through, RankNodes nodes, NodeValues mine, Func<Func<RankSum>, RankSum> onDevice)
    {
        double[] heads = Gather(through, mine.Heads);
        bool isSmall = nodes.SlotCount * mine.Count <= SmallCount;
        float[] received = isSmall ? Gather(through, mine.Values) : Scatter(through, mine.Values, nodes.SlotCount, mine.Count);
        var sum = onDevice(() => Combined(nodes, heads, received, isSmall ? mine.Count : Segment(mine.Count)));
        return isSmall ? sum : sum with { Values = Gather(through, sum.Values) };
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

    /// <summary>Counts and metrics of this rank's nodes.</summary>
    static double[] Heads(SumTree<StepPart> own, int slotCount, int metricCount)
    {
        double[] heads = new double[slotCount * (NodeValues.CountsLength + metricCount)];
        for (int slot = 0; slot < own.Nodes.Count; slot++)
        {
            var part = own.Nodes[slot].Value;
            double[] head = [part.ImageCount, part.BatchCount, .. part.Means];
            head.CopyTo(heads, slot * head.Length);
        }

        return heads;
    }

    /// <summary>The first tensors of each node.</summary>
    static float[] Flat(SumTree<StepPart> own, int slotCount, int valueCount, int tensorCount)
    {
        float[] flat = new float[slotCount * valueCount];
        for (int slot = 0; slot < own.Nodes.Count; slot++)
        {
            int first = slot * valueCount;
            foreach (var tensor in own.Nodes[slot].Value.Values.AsSpan(0, tensorCount))
            {
                tensor.CopyTo(flat.AsSpan(first, tensor.Shape.Count));
                first += tensor.Shape.Count;
            }
        }

        return flat;
    }

    T[] Gather<T>(ICollective through, T[] mine)
        where T : unmanaged
    {
        var all = new T[mine.Length * ranks.Size];
        var bytes = Agreement.AsBytes(mine);
        through.AllGather(bytes, Agreement.AsBytes(all));
        SentBytes += (long)bytes.Length * (ranks.Size - 1);
        return all;
    }

    /// <summary>This rank's segment of every rank's nodes.</summary>
    float[] Scatter(ICollective through, float[] values, int slotCount, int valueCount)
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
        through.AllToAll(bytes, Agreement.AsBytes(received));
        SentBytes += bytes.Length / ranks.Size * (ranks.Size - 1);
        return received;
    }

    /// <summary>Sums the nodes of all ranks, or a segment of them.</summary>
    RankSum Combined(RankNodes all, double[] heads, float[] received, int length)
    {
        int headLength = heads.Length / (ranks.Size * all.SlotCount);
        var tree = new SumTree<StepPart>(all.MicroCount, StepPart.Combine);
        for (int rank = 0; rank < ranks.Size; rank++)
        for (int slot = 0; slot < all.Nodes[rank].Length; slot++)
        {
            int number = (rank * all.SlotCount) + slot;
            var head = heads.AsSpan(number * headLength, headLength);
            var inner = device.BeginScope();
            var values = Tensor<float>.From(device, [length], received.AsSpan(number * length, length));
            tree.Add(all.Nodes[rank][slot], new((int)head[0], (int)head[1], [values], [.. head[NodeValues.CountsLength..]], inner));
        }

        var root = tree.Nodes[0].Value;
        float[] sum = root.Values[0].ToArray();
        root.Scope.Dispose();
        return new(sum, root with { Values = [] });
    }

    IEnumerable<Tensor<float>> Cut(float[] values, ImmutableArray<Shape> shapes)
    {
        int first = 0;
        foreach (var shape in shapes)
        {
            yield return Tensor<float>.From(device, shape, values.AsSpan(first, shape.Count));
            first += shape.Count;
        }
    }
}

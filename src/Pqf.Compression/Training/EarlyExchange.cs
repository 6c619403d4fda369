using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>The exchange of a step's gradients during the way back of this rank's last micro-batch: bucket by bucket, in the order of the
/// plan, each as soon as its gradients are final.</summary>
/// <remarks>
/// A thread of its own sends and receives; the step's thread calls no member of the ranks until <see cref="Finish"/> has returned. The
/// step's thread alone uses the device: it does the additions whenever it brings a gradient, and while it waits in the end. All ranks
/// exchange all buckets: one that fails sends what it has, and after that all ranks agree whether the step counts.
/// </remarks>
sealed class EarlyExchange : IDisposable
{
    readonly RankNodes nodes;
    readonly int kept;
    readonly Func<RankNodes, NodeValues, Func<Func<RankSum>, RankSum>, RankSum> sum;
    readonly ImmutableArray<Bucket> buckets;
    readonly Dictionary<string, Place> places = [];
    readonly Task exchange;

    // The lock on it guards the rest, and whether buckets are full.
    readonly object gate = new();
    Func<RankSum>? wanted;
    RankSum? computed;
    bool isClosed,
        isOver;

    /// <summary>Starts the exchange of a step.</summary>
    /// <param name="plan">Buckets.</param>
    /// <param name="nodes">Whose nodes are whose.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="trainable">What there are gradients of.</param>
    /// <param name="sum">Sums values over all ranks; its last argument has the additions done.</param>
    public EarlyExchange(
        BucketPlan plan,
        RankNodes nodes,
        int rank,
        ImmutableDictionary<string, Tensor<float>> trainable,
        Func<RankNodes, NodeValues, Func<Func<RankSum>, RankSum>, RankSum> sum
    )
    {
        (this.nodes, this.sum) = (nodes, sum);
        kept = nodes.Nodes[rank].Length - 1;
        var numbers = StepForm.Names(trainable).Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
        buckets =
        [
            .. plan.Buckets.Select(names => new Bucket(names.Length, names.Sum(name => trainable[name].Shape.Count), nodes.SlotCount)),
        ];
        for (int i = 0; i < buckets.Length; i++)
        {
            int first = 0;
            foreach (string name in plan.Buckets[i])
            {
                int count = trainable[name].Shape.Count;
                places[name] = new(buckets[i], first, count, numbers.Count - numbers[name]);
                first += count;
            }
        }

        exchange = Task.Factory.StartNew(Exchange, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Whether the step's thread has work of its own and does not wait for the exchange yet.</summary>
    public bool IsComputing => !Volatile.Read(ref isClosed);

    /// <summary>The average gradient of a parameter over the whole step, once <see cref="Finish"/> has returned.</summary>
    public ReadOnlySpan<float> this[string name] => places[name].Bucket.Sum.AsSpan(places[name].First, places[name].Count);

    /// <summary>Takes a gradient of this rank's last micro-batch; one that was taken before is left alone.</summary>
    /// <param name="own">The nodes of the micro-batches before it, over which gradients are averaged in place.</param>
    /// <param name="gradient">Is not overwritten.</param>
    public void Take(SumTree<StepPart> own, FinalGradient gradient)
    {
        var place = places[gradient.Name];
        if (place.Bucket.Missing == 0 || !place.Bucket.Taken.Add(gradient.Name))
            return;
        // The last leaf climbs over all nodes on its left but those that this rank keeps.
        var (value, imageCount) = (gradient.Value, gradient.ImageCount);
        for (int node = own.Nodes.Count - 1; node >= kept; node--)
        {
            var left = own.Nodes[node].Value;
            StepPart.Average(left.Values[^place.FromEnd], left.ImageCount, value, imageCount);
            (value, imageCount) = (left.Values[^place.FromEnd], imageCount + left.ImageCount);
        }

        for (int slot = 0; slot < kept; slot++)
            place.Put(slot, own.Nodes[slot].Value.Values[^place.FromEnd], own.Nodes[slot].Value.ImageCount);
        place.Put(kept, value, imageCount);
        lock (gate)
        {
            place.Bucket.Missing--;
            Monitor.PulseAll(gate);
        }

        Compute();
    }

    /// <summary>Waits until all buckets are exchanged. What was not taken is sent as zeros.</summary>
    /// <exception cref="RanksMissingException">Some ranks have not come.</exception>
    public void Finish()
    {
        Close();
        exchange.GetAwaiter().GetResult();
    }

    /// <summary>As <see cref="Finish"/>, without its errors: for a step that has failed.</summary>
    public void Dispose() => Close();

    void Close()
    {
        lock (gate)
        {
            Volatile.Write(ref isClosed, true);
            Monitor.PulseAll(gate);
        }

        while (IsWanted())
            Compute();
    }

    /// <summary>Waits for additions to do; false once the exchange is over.</summary>
    bool IsWanted()
    {
        lock (gate)
        {
            while (wanted is null && !isOver)
                Monitor.Wait(gate);
            return wanted is not null;
        }
    }

    /// <summary>Does additions on the step's thread, if there are any.</summary>
    void Compute()
    {
        Func<RankSum>? compute;
        lock (gate)
            compute = wanted;
        if (compute is null)
            return;
        RankSum? result = null;
        try
        {
            result = compute();
        }
        finally
        {
            lock (gate)
            {
                (wanted, computed) = (null, result);
                Monitor.PulseAll(gate);
            }
        }
    }

    /// <summary>The thread that sends and receives.</summary>
    void Exchange()
    {
        try
        {
            foreach (var bucket in buckets)
            {
                lock (gate)
                    while (bucket.Missing > 0 && !isClosed)
                        Monitor.Wait(gate);
                bucket.Sum = sum(nodes, bucket.Values, Computed).Values;
            }
        }
        finally
        {
            lock (gate)
            {
                isOver = true;
                Monitor.PulseAll(gate);
            }
        }
    }

    /// <summary>Has additions done on the step's thread.</summary>
    RankSum Computed(Func<RankSum> compute)
    {
        lock (gate)
        {
            wanted = compute;
            Monitor.PulseAll(gate);
            while (wanted is not null)
                Monitor.Wait(gate);
            return computed ?? throw new InvalidOperationException("EarlyExchange: expected a sum, got none");
        }
    }

    /// <summary>Gradients that are exchanged together.</summary>
    sealed class Bucket(int nameCount, int count, int slotCount)
    {
        public NodeValues Values { get; } = new(new double[slotCount * NodeValues.CountsLength], new float[slotCount * count], count);

        public HashSet<string> Taken { get; } = new(StringComparer.Ordinal);

        public int Missing { get; set; } = nameCount;

        public float[]? Sum { get; set; }
    }

    /// <summary>Where a gradient is.</summary>
    /// <param name="Bucket">Its bucket.</param>
    /// <param name="First">Its first value there.</param>
    /// <param name="Count">Values.</param>
    /// <param name="FromEnd">Its place in <see cref="StepPart.Values"/>, counted from the end.</param>
    sealed record Place(Bucket Bucket, int First, int Count, int FromEnd)
    {
        public void Put(int slot, Tensor<float> value, int imageCount)
        {
            var (heads, values, count) = Bucket.Values;
            heads[slot * NodeValues.CountsLength] = imageCount;
            value.CopyTo(values.AsSpan((slot * count) + First, Count));
        }
    }
}

using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Clustering;

/// <summary>Clusters the blocks of one weight: Lloyd's k-means, or its stochastic relaxation (paper, section 3.3).</summary>
/// <remarks>
/// An iteration assigns the data, then moves each of the k centroids to the mean of its blocks; <c>src</c> adds noise of the data's own
/// deviation times
/// (1 − i/n)^½ at iterations i = 0 … n. The noise is drawn per centroid, N(0, σ²(1 − i/n)/n_c) for n_c blocks: assignments see clean data,
/// so the mean has
/// the distribution that noise on every block would give. A centroid without blocks moves into the costliest cluster (published: to zero),
/// which
/// can only lower the error. Between calls the state is on the host; tensors live in a scope of each call.
/// </remarks>
sealed class BlockClustering
{
    /// <summary>Noise on the data points that the centroids start from (published settings).</summary>
    const double StartDeviation = 1e-5;

    readonly IBlockAssignment assignment;
    readonly KMeansType type;
    readonly int iterationCount,
        n,
        k,
        d;
    readonly RngKey key;
    readonly double[] deviation;
    readonly double squares;
    readonly float[] codebook;
    readonly ClusterTotals totals;
    readonly Reseeding reseeding;
    bool settled;

    /// <param name="assignment">The blocks, and how far they are from centroids.</param>
    /// <param name="d">Block length; divides the weight's count into n blocks.</param>
    /// <param name="k">Centroids, from 1 to n.</param>
    /// <param name="type">Which algorithm.</param>
    /// <param name="iterationCount">n of the paper; <c>src</c> runs one more.</param>
    /// <param name="key">The layer's own randomness.</param>
    public BlockClustering(IBlockAssignment assignment, int d, int k, KMeansType type, int iterationCount, RngKey key)
        : this(assignment, d, new float[k * d], type, iterationCount, key)
    {
        Start();
    }

    /// <summary>A clustering by squared distance.</summary>
    public BlockClustering(Weight weight, int d, int k, KMeansType type, int iterationCount, RngKey key)
        : this(new PlainAssignment(weight, d), d, k, type, iterationCount, key) { }

    BlockClustering(IBlockAssignment assignment, int d, float[] start, KMeansType type, int iterationCount, RngKey key)
    {
        (this.assignment, this.d, this.type, this.iterationCount, this.key) = (assignment, d, type, iterationCount, key);
        (n, k) = (assignment.Blocks.Length / d, start.Length / d);
        (codebook, totals) = (start, new ClusterTotals(k, d));
        deviation = Deviation(assignment, d);
        squares = SumOfSquares(assignment);
        reseeding = new Reseeding(assignment, k, d);
    }

    /// <summary>A clustering by squared distance from given centroids [k, d].</summary>
    public static BlockClustering From(Weight weight, int d, ReadOnlySpan<float> start, KMeansType type, int iterationCount, RngKey key) =>
        new(new PlainAssignment(weight, d), d, start.ToArray(), type, iterationCount, key);

    /// <summary>Iterations to run in all.</summary>
    public int Total => type == KMeansType.Src ? iterationCount + 1 : iterationCount;

    /// <summary>Iterations run.</summary>
    public int Iteration { get; private set; }

    /// <summary>Whether all iterations have run, or k-means has settled.</summary>
    public bool IsDone => settled || Iteration >= Total;

    /// <summary>Mean over the blocks of the squared distance to the centroid, at the last assignment; null before the first.</summary>
    public double? Error { get; private set; }

    /// <summary>The centroids, [k, d].</summary>
    public ReadOnlySpan<float> Codebook => codebook;

    /// <summary>Runs at most that many iterations.</summary>
    public void Advance(int count)
    {
        using var scope = Device.BeginScope();
        assignment.Begin(k);
        for (int i = 0; i < count && !IsDone; i++)
        {
            assignment.Assign(codebook, totals);
            Error = ErrorOfAssignment();
            if (totals.Counts.AsSpan().Contains(0))
                reseeding.Prepare(codebook, totals);
            Update();
            Iteration++;
        }
    }

    /// <summary>The codebook as it is stored, rounded to half precision, and the nearest row of it for every block.</summary>
    /// <returns>A weight of the innermost scope; codes [rows, m]. Published codes are those of the last assignment, one update older than
    /// the codebook.</returns>
    public Weight.Quantised Finish()
    {
        using var scope = Device.BeginScope();
        var shape = assignment.Weight.Shape;
        var rounded = Tensor<float>.From(Device, [k, d], [.. codebook.Select(value => (float)(Half)value)]);
        var codes = assignment.CodesOf(rounded);
        return new(scope.Keep(rounded), scope.Keep(codes).Reshape([shape[0], n / shape[0]]), shape);
    }

    Device Device => assignment.Weight.Tensors().First().Device;

    /// <summary>Error from the sums alone: Σh|x|² − 2 Σ c·Σhx + Σ |c|²Σh.</summary>
    double ErrorOfAssignment()
    {
        double total = squares;
        for (int at = 0; at < codebook.Length; at++)
            total += codebook[at] * ((totals.Weights[at] * (double)codebook[at]) - (2.0 * totals.Sums[at]));
        return Math.Max(0, total / n);
    }

    void Update()
    {
        double scale = type == KMeansType.Src ? Math.Sqrt(1 - ((double)Iteration / Math.Max(1, iterationCount))) : 0;
        RngKey noise = key.Fold((ulong)Iteration),
            moves = noise.Fold("empty");
        bool changed = false;
        for (int j = 0; j < k; j++)
        {
            var moved = totals.Counts[j] == 0 ? reseeding.Next(totals.Counts, moves.Bits((ulong)j)) : [];
            for (int at = j * d, q = 0; q < d; at++, q++)
            {
                float value = (float)(moved.IsEmpty ? Mean(at, q, scale, noise) : moved[q]);
                changed |= value != codebook[at];
                codebook[at] = value;
            }
        }

        settled = type == KMeansType.KMeans && !changed;
    }

    /// <summary>The weighted mean of a cluster's values at place q, with noise as if on each block: n_c = (Σh)² / Σh² of them count. It
    /// stays
    /// where no block has weight.</summary>
    double Mean(int at, int q, double scale, RngKey noise)
    {
        double weights = totals.Weights[at];
        if (weights == 0)
            return codebook[at];
        double mean = totals.Sums[at] / weights,
            spread = scale / Math.Sqrt(weights * weights / totals.SquaredWeights[at]);
        return spread == 0 ? mean : mean + (spread * deviation[q] * noise.Normal((ulong)at));
    }

    /// <summary>k distinct blocks, drawn without replacement (Fisher and Yates), each with a little noise.</summary>
    void Start()
    {
        var data = assignment.Blocks;
        RngKey draw = key.Fold("start"),
            noise = key.Fold("start noise");
        var moved = new Dictionary<int, int>(); // blocks that are not at their own place in the order drawn from
        for (int j = 0; j < k; j++)
        {
            int pick = j + draw.Below(n - j, (ulong)j),
                block = moved.GetValueOrDefault(pick, pick);
            moved[pick] = moved.GetValueOrDefault(j, j);
            for (int q = 0; q < d; q++)
                codebook[(j * d) + q] = data[(block * d) + q] + (float)(StartDeviation * noise.Normal((ulong)((j * d) + q)));
        }
    }

    static double SumOfSquares(IBlockAssignment assignment)
    {
        var data = assignment.Blocks;
        double sum = 0;
        for (int i = 0; i < data.Length; i++)
            sum += assignment.WeightOf(i) * data[i] * data[i];
        return sum;
    }

    /// <summary>Weighted deviation of the values at each place of a block.</summary>
    static double[] Deviation(IBlockAssignment assignment, int d)
    {
        var data = assignment.Blocks;
        double[] weights = new double[d],
            mean = new double[d],
            square = new double[d];
        for (int i = 0; i < data.Length; i++)
            weights[i % d] += assignment.WeightOf(i);
        for (int i = 0; i < data.Length; i++)
            mean[i % d] += Share(i, data[i]);
        for (int i = 0; i < data.Length; i++)
            square[i % d] += Share(i, (data[i] - mean[i % d]) * (data[i] - mean[i % d]));
        return [.. square.Select(Math.Sqrt)];

        double Share(int i, double value) => weights[i % d] == 0 ? 0 : assignment.WeightOf(i) * value / weights[i % d];
    }
}

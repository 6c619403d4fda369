using Pqf.Nets.Coco;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Quantisation;

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

    readonly Weight weight;
    readonly Device device;
    readonly float[] data;
    readonly KMeansType type;
    readonly int iterationCount,
        n,
        k,
        d;
    readonly RngKey key;
    readonly double[] deviation;
    readonly double squares;
    readonly float[] codebook,
        sums;
    readonly int[] counts;
    readonly Reseeding reseeding;
    bool settled;

    /// <param name="weight">Finite; must outlive the clustering.</param>
    /// <param name="d">Block length; divides the weight's count into n blocks.</param>
    /// <param name="k">Centroids, from 1 to n.</param>
    /// <param name="type">Which algorithm.</param>
    /// <param name="iterationCount">n of the paper; <c>src</c> runs one more.</param>
    /// <param name="key">The layer's own randomness.</param>
    public BlockClustering(Weight weight, int d, int k, KMeansType type, int iterationCount, RngKey key)
        : this(weight, d, new float[k * d], type, iterationCount, key)
    {
        Start();
    }

    BlockClustering(Weight weight, int d, float[] start, KMeansType type, int iterationCount, RngKey key)
    {
        (this.weight, this.d, this.type, this.iterationCount, this.key) = (weight, d, type, iterationCount, key);
        (n, k) = (weight.Shape.Count / d, start.Length / d);
        device = weight.Tensors().First().Device;
        using var scope = device.BeginScope();
        data = weight.Decode().ToArray();
        (codebook, sums, counts) = (start, new float[k * d], new int[k]);
        deviation = Deviation(data, d);
        squares = SumOfSquares(data);
        reseeding = new Reseeding(data, k, d);
    }

    /// <summary>A clustering from given centroids [k, d].</summary>
    public static BlockClustering From(Weight weight, int d, ReadOnlySpan<float> start, KMeansType type, int iterationCount, RngKey key) =>
        new(weight, d, start.ToArray(), type, iterationCount, key);

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
        using var scope = device.BeginScope();
        var blocks = weight.Decode().Reshape([n, d]);
        var centroids = Tensor<float>.Rent(device, [k, d]);
        var assigned = new ClusterSums(Tensor<ushort>.Rent(device, [n]), Tensor<float>.Rent(device, [k, d]), Tensor<int>.Rent(device, [k]));
        for (int i = 0; i < count && !IsDone; i++)
        {
            centroids.Overwrite(codebook);
            NearestCentroid.WithSumsInto(blocks, centroids, assigned);
            assigned.Sums.CopyTo(sums);
            assigned.Counts.CopyTo(counts);
            Error = ErrorOfAssignment();
            if (counts.AsSpan().Contains(0))
                reseeding.Prepare(codebook, assigned.Codes, sums, counts);
            Update();
            Iteration++;
        }
    }

    /// <summary>The codebook as it is stored, rounded to half precision, and the nearest row of it for every block.</summary>
    /// <returns>A weight of the innermost scope; codes [rows, m]. Published codes are those of the last assignment, one update older than
    /// the codebook.</returns>
    public Weight.Quantised Finish()
    {
        using var scope = device.BeginScope();
        var rounded = Tensor<float>.From(device, [k, d], [.. codebook.Select(value => (float)(Half)value)]);
        var codes = NearestCentroid.Forward(weight.Decode().Reshape([n, d]), rounded);
        return new(scope.Keep(rounded), scope.Keep(codes).Reshape([weight.Shape[0], n / weight.Shape[0]]), weight.Shape);
    }

    /// <summary>Error from the sums alone: Σ|x|² − 2 Σ c·s + Σ n_c|c|².</summary>
    double ErrorOfAssignment()
    {
        double total = squares;
        for (int j = 0; j < k; j++)
        for (int q = j * d; q < (j + 1) * d; q++)
            total += codebook[q] * ((counts[j] * (double)codebook[q]) - (2.0 * sums[q]));
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
            bool empty = counts[j] == 0;
            var moved = empty ? reseeding.Next(counts, moves.Bits((ulong)j)) : [];
            double spread = empty ? 0 : scale / Math.Sqrt(counts[j]);
            for (int at = j * d, q = 0; q < d; at++, q++)
            {
                double mean = empty ? moved[q] : sums[at] / (double)counts[j];
                float value = (float)(spread == 0 ? mean : mean + (spread * deviation[q] * noise.Normal((ulong)at)));
                changed |= value != codebook[at];
                codebook[at] = value;
            }
        }

        settled = type == KMeansType.KMeans && !changed;
    }

    /// <summary>k distinct blocks, drawn without replacement (Fisher and Yates), each with a little noise.</summary>
    void Start()
    {
        RngKey draw = key.Fold("start"),
            noise = key.Fold("start noise");
        int[] order = [.. Enumerable.Range(0, n)];
        for (int j = 0; j < k; j++)
        {
            int pick = j + draw.Below(n - j, (ulong)j);
            (order[j], order[pick]) = (order[pick], order[j]);
            for (int q = 0; q < d; q++)
                codebook[(j * d) + q] = data[(order[j] * d) + q] + (float)(StartDeviation * noise.Normal((ulong)((j * d) + q)));
        }
    }

    static double SumOfSquares(ReadOnlySpan<float> data)
    {
        double sum = 0;
        foreach (float value in data)
            sum += (double)value * value;
        return sum;
    }

    static double[] Deviation(ReadOnlySpan<float> data, int d)
    {
        double[] mean = new double[d],
            square = new double[d];
        int n = data.Length / d;
        for (int i = 0; i < data.Length; i++)
            mean[i % d] += (double)data[i] / n;
        for (int i = 0; i < data.Length; i++)
            square[i % d] += (data[i] - mean[i % d]) * (data[i] - mean[i % d]) / n;
        return [.. square.Select(Math.Sqrt)];
    }
}

using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Compression;
using Pqf.Compression.Clustering;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Quantisation;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of blocks, codes and clustering.</summary>
public class CompressionProperties
{
    sealed record Case(int Rows, int M, int D, int K, long Seed)
    {
        public Shape Shape => [Rows, M * D];

        public RngKey Key => RngKey.FromSeed(Seed);

        public float[] Values() => [.. Enumerable.Range(0, Rows * M * D).Select(i => (float)Key.Normal((ulong)i) * (1 + (i % 3)))];
    }

    static Arbitrary<Case> Cases() =>
        (
            from rows in Gen.Choose(1, 24)
            from m in Gen.Choose(1, 12)
            from d in Gen.Choose(1, 18)
            from k in Gen.Choose(1, 40)
            from seed in Gen.Choose(0, int.MaxValue)
            select new Case(rows, m, d, Math.Min(k, rows * m), seed)
        ).ToArbitrary();

    [Property(MaxTest = 50)]
    public Property A_weight_is_its_blocks_each_coded_by_its_own_number() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(1);
                using var scope = host.BeginScope();
                float[] values = c.Values();
                var blocks = Tensor<float>.From(host, [c.Rows * c.M, c.D], values);
                var codes = Tensor<ushort>.From(host, [c.Rows, c.M], [.. Enumerable.Range(0, c.Rows * c.M).Select(i => (ushort)i)]);
                Assert.Equal(values, new Weight.Quantised(blocks, codes, c.Shape).Decode().ToArray());
            }
        );

    [Property(MaxTest = 50)]
    public Property Decoding_nearest_codes_is_idempotent() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(1);
                using var scope = host.BeginScope();
                var once = Clustered(host, c, KMeansType.KMeans, 3).Finish();
                var decoded = once.Decode();
                var again = NearestCentroid.Forward(decoded.Reshape([c.Rows * c.M, c.D]), once.Codebook);
                Assert.Equal(decoded.ToArray(), DecodeCodes.Forward(once.Codebook, again, c.Shape).ToArray());
            }
        );

    [Property(MaxTest = 50)]
    public Property Error_of_kmeans_never_rises() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(1);
                using var scope = host.BeginScope();
                var clustering = Clustered(host, c, KMeansType.KMeans, 0, iterations: 15);
                double scale = c.Values().Sum(value => (double)value * value) / (c.Rows * c.M),
                    last = double.PositiveInfinity;
                while (!clustering.IsDone)
                {
                    clustering.Advance(1);
                    Assert.True(clustering.Error <= last + (1e-6 * scale), $"{clustering.Error} after {last}");
                    last = clustering.Error!.Value;
                }
            }
        );

    [Property(MaxTest = 50)]
    public Property One_centroid_more_never_raises_the_error_of_the_assignment() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(1);
                using var scope = host.BeginScope();
                float[] values = c.Values(),
                    codebook = Clustered(host, c, KMeansType.Src, 4).Codebook.ToArray();
                float[] larger = [.. codebook, .. Enumerable.Range(0, c.D).Select(q => 2 * (float)c.Key.Fold("more").Normal((ulong)q))];
                double scale = values.Sum(value => (double)value * value);
                Assert.True(Error(host, values, larger, c.D) <= Error(host, values, codebook, c.D) + (1e-6 * scale));
            }
        );

    [Property(MaxTest = 50)]
    public Property Clustering_does_not_depend_on_threads_or_on_the_calls_it_is_cut_into() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using HostDevice one = new(1),
                    three = new(3);
                using Scope scope = one.BeginScope(),
                    its = three.BeginScope();
                var atOnce = Clustered(one, c, KMeansType.Src, 8);
                var byOne = Clustered(three, c, KMeansType.Src, 0);
                for (int i = 0; i < 8; i++)
                    byOne.Advance(1);
                Assert.Equal(atOnce.Codebook.ToArray(), byOne.Codebook.ToArray());
            }
        );

    [Property]
    public Property Bits_counted_are_bits_written_and_codes_come_back() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                using var host = new HostDevice(1);
                using var scope = host.BeginScope();
                ushort[] codes = [.. Enumerable.Range(0, c.Rows * c.M).Select(i => (ushort)c.Key.Below(c.K, (ulong)i))];
                var weight = new Weight.Quantised(
                    Tensor<float>.Zeros(host, [c.K, c.D]),
                    Tensor<ushort>.From(host, [c.Rows, c.M], codes),
                    c.Shape
                )
                {
                    CodebookForm = c.Rows % 2 == 0 ? ValueForm.Half : ValueForm.Scaled8,
                };
                var packed = ModelTensors.Codes("x", weight);
                long written = 8 * (packed.SizeBytes + ModelTensors.Codebook("x", weight).Sum(tensor => tensor.SizeBytes));
                Assert.InRange(written - weight.SizeBits, 0, 7); // whole bytes
                byte[] bytes = new byte[packed.SizeBytes];
                packed.ReadBytes(bytes);
                ushort[] unpacked = new ushort[codes.Length];
                CodePacking.Unpack(bytes, unpacked, Cost.BitsPerCode(c.K));
                Assert.Equal(codes, unpacked);
            }
        );

    static BlockClustering Clustered(HostDevice host, Case c, KMeansType type, int advance, int iterations = 10)
    {
        var weight = new Weight.Dense(Tensor<float>.From(host, c.Shape, c.Values()));
        var clustering = new BlockClustering(weight, c.D, c.K, type, iterations, c.Key.Fold("clustering"));
        clustering.Advance(advance);
        return clustering;
    }

    static double Error(HostDevice host, float[] values, float[] codebook, int d)
    {
        var centroids = Tensor<float>.From(host, [codebook.Length / d, d], codebook);
        var codes = NearestCentroid.Forward(Tensor<float>.From(host, [values.Length / d, d], values), centroids);
        float[] decoded = DecodeCodes.Forward(centroids, codes, [values.Length]).ToArray();
        return values.Zip(decoded, (x, y) => ((double)x - y) * ((double)x - y)).Sum();
    }
}

using Pqf.Tensors.Ops.Normalisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class ReduceTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(13);

    // 128 rows are one part of the GPU's sums: parts of parts begin at 16,385.
    static readonly int[][] Filled =
    [
        [1, 1],
        [1, 17],
        [7, 9],
        [2, 3, 5, 8],
        [127, 16],
        [128, 15],
        [129, 3],
        [257, 2],
        [16385, 1],
        [20000, 3],
    ];

    public static MatrixTheoryData<DeviceKind, int[]> Shapes =>
        new(
            DeviceKinds.All,
            [
                [0, 5],
                [5, 0],
                .. Filled,
            ]
        );

    public static MatrixTheoryData<DeviceKind, int[]> FilledShapes => new(DeviceKinds.All, Filled);

    [Theory, MemberData(nameof(Shapes))]
    public void SumRows_agrees_with_double_loops(DeviceKind kind, int[] shape)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key, new Shape(shape));
        Reference.SumRows(x).Check(Reduce.SumRows(x.On(device)));
    }

    [Theory, MemberData(nameof(FilledShapes))]
    public void MeanAndVariance_agree_with_double_loops(DeviceKind kind, int[] shape)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key, new Shape(shape));
        var expected = Reference.MeanAndVariance(x);
        var (mean, variance) = Reduce.MeanAndVariance(x.On(device));
        expected.Mean.Check(mean);
        expected.Variance.Check(variance);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Variance_far_from_zero_does_not_cancel(DeviceKind kind)
    {
        var x = new Numbers([2, 1], [100000f, 100002f]);
        var (mean, variance) = Reduce.MeanAndVariance(x.On(Use(kind)));
        Assert.Equal([100001f], mean.ToArray());
        Assert.Equal([1f], variance.ToArray());
    }

    [Fact]
    public void Statistics_of_no_rows_are_refused()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [0, 3]);
        Assert.Equal(
            "MeanAndVariance: expected at least one row, got [0, 3]",
            Assert.Throws<ShapeException>(() => Reduce.MeanAndVariance(x)).Message
        );
    }
}

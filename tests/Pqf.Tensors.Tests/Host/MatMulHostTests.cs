using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class MatMulHostTests
{
    // Around the tiles of 14 × 32 and 6 × 16, the run of 16 terms, the block of 512 and the 2,048 terms packed at a time.
    static readonly (int M, int N, int K)[] Sizes =
    [
        (1, 1, 1),
        (1, 33, 5),
        (2, 8, 16),
        (3, 31, 17),
        (5, 16, 15),
        (6, 17, 33),
        (7, 32, 31),
        (13, 64, 16),
        (14, 32, 32),
        (15, 65, 48),
        (29, 100, 511),
        (64, 64, 513),
        (97, 47, 129),
        (200, 33, 1025),
        (10, 40, 2047),
        (17, 33, 2049),
        (20, 70, 4200),
        (400, 1, 20),
        (1, 1000, 512),
    ];

    public static TheoryData<string, Transpose> Cases()
    {
        var cases = new TheoryData<string, Transpose>();
        foreach (string width in Enum.GetNames<VectorWidth>())
        foreach (var transpose in new[] { Transpose.None, Transpose.A, Transpose.B, Transpose.A | Transpose.B })
            cases.Add(width, transpose);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_the_double_loops(string width, Transpose transpose)
    {
        foreach (var (m, n, k) in Sizes)
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    var (a, b) = Operands(device, m, n, k, transpose);
                    AssertProduct(a, b, MatMul.Forward(a, b, transpose).ToArray(), m, n, k, transpose);
                    return 0;
                }
            );
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Does_not_depend_on_the_number_of_threads(string width, Transpose transpose)
    {
        foreach (var (m, n, k) in Sizes)
            HostCases.AssertThreadsDoNotMatter(
                HostCases.Width(width),
                device =>
                {
                    var (a, b) = Operands(device, m, n, k, transpose);
                    return MatMul.Forward(a, b, transpose).ToArray();
                }
            );
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Of_empty_inner_dimension_is_zero(string width) =>
        Assert.Equal(
            new float[6],
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    Tensor<float>.From(device, [2, 3], [1, 2, 3, 4, 5, 6]);
                    return MatMul.Forward(Tensor<float>.Zeros(device, [2, 0]), Tensor<float>.Zeros(device, [0, 3])).ToArray();
                }
            )
        );

    [Fact]
    public void Allocates_little_once_warm() =>
        HostCases.With(
            2,
            VectorWidth.Bits512,
            device =>
            {
                var (a, b) = Operands(device, 100, 100, 100, Transpose.None);
                long Run()
                {
                    using var scope = device.BeginScope();
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    MatMul.Forward(a, b);
                    return GC.GetAllocatedBytesForCurrentThread() - before;
                }

                Run();
                Assert.InRange(Run(), 0, 512); // the result's records: tensor, storage, shape
                return 0;
            }
        );

    static (Tensor<float> A, Tensor<float> B) Operands(Device device, int m, int n, int k, Transpose transpose) =>
        (
            HostCases.Tensor(device, transpose.HasFlag(Transpose.A) ? [k, m] : [m, k], 1),
            HostCases.Tensor(device, transpose.HasFlag(Transpose.B) ? [n, k] : [k, n], 2)
        );

    static void AssertProduct(Tensor<float> left, Tensor<float> right, float[] actual, int m, int n, int k, Transpose transpose)
    {
        float[] a = left.ToArray(),
            b = right.ToArray();
        for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
        {
            double sum = 0,
                magnitude = 0;
            for (int t = 0; t < k; t++)
            {
                double product =
                    (double)a[transpose.HasFlag(Transpose.A) ? (t * m) + i : (i * k) + t]
                    * b[transpose.HasFlag(Transpose.B) ? (j * k) + t : (t * n) + j];
                sum += product;
                magnitude += Math.Abs(product);
            }

            HostCases.AssertSum(sum, magnitude, k, actual[(i * n) + j]);
        }
    }
}

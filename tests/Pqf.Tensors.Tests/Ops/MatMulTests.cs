using Pqf.Autodiff;
using Pqf.Tensors.Ops.Products;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class MatMulTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(4);

    /// <summary>[m, k] x [k, n].</summary>
    public sealed record Sizes(int M, int N, int K);

    static readonly Sizes[] AllSizes =
    [
        new(0, 3, 4),
        new(3, 0, 4),
        new(3, 4, 0),
        new(1, 1, 1),
        new(7, 8, 9),
        new(8, 16, 8),
        new(9, 15, 17),
        new(13, 33, 5),
        new(14, 32, 16),
        new(15, 31, 33),
        new(29, 65, 3),
        new(1, 64, 100),
        new(64, 1, 100),
        new(57, 66, 130),
    ];

    public static MatrixTheoryData<DeviceKind, Sizes, Transpose> Cases =>
        new(DeviceKinds.All, AllSizes, [Transpose.None, Transpose.A, Transpose.B, Transpose.A | Transpose.B]);

    [Theory, MemberData(nameof(Cases))]
    public void MatMul_agrees_with_double_loops(DeviceKind kind, Sizes s, Transpose transpose)
    {
        var device = Use(kind, s.M * s.N);
        var a = Numbers.Normal(Key.Fold("a"), transpose.HasFlag(Transpose.A) ? [s.K, s.M] : [s.M, s.K]);
        var b = Numbers.Normal(Key.Fold("b"), transpose.HasFlag(Transpose.B) ? [s.N, s.K] : [s.K, s.N]);
        Reference.MatMul(a, b, transpose).Check(MatMul.Forward(a.On(device), b.On(device), transpose));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void MatMul_of_empty_inner_dimension_is_zero(DeviceKind kind)
    {
        var device = Use(kind);
        using (device.BeginScope())
            Tensor<float>.From(device, [2, 3], [1, 2, 3, 4, 5, 6]); // leaves values in the pool for the result to overwrite
        Assert.Equal(new float[6], MatMul.Forward(Tensor<float>.Zeros(device, [2, 0]), Tensor<float>.Zeros(device, [0, 3])).ToArray());
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void MatMul_carries_NaN_to_its_row_and_column_only(DeviceKind kind)
    {
        var device = Use(kind);
        var a = Tensor<float>.From(device, [2, 2], [1, float.NaN, 3, 4]);
        var b = Tensor<float>.From(device, [2, 2], [1, 2, 3, 4]);
        Assert.Equal([float.NaN, float.NaN, 15f, 22f], MatMul.Forward(a, b).ToArray());
    }

    [Theory]
    [InlineData(Transpose.None, "MatMul: expected [m, k] x [k, n], got [32, 16] x [32, 16]")]
    [InlineData(Transpose.A | Transpose.B, "MatMul: expected [k, m] x [n, k], got [32, 16] x [32, 16]")]
    public void Inner_lengths_that_differ_are_named(Transpose transpose, string message)
    {
        var a = Tensor<float>.Zeros(Use(DeviceKind.Host), [32, 16]);
        Assert.Equal(message, Assert.Throws<ShapeException>(() => MatMul.Forward(a, a, transpose)).Message);
    }

    [Fact]
    public void Tensors_of_two_devices_are_refused()
    {
        var a = Tensor<float>.Zeros(Use(DeviceKind.Host), [1, 1]);
        var b = Tensor<float>.Zeros(Use(DeviceKind.Simulator), [1, 1]);
        var e = Assert.Throws<ArgumentException>(() => MatMul.Forward(a, b));
        Assert.Equal($"MatMul: expected all tensors on {a.Device.Name}, got one on {b.Device.Name}", e.Message);
    }
}

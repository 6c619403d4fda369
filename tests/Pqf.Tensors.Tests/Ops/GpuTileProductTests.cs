using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>Products cut into tiles of each shape, whatever the rule would choose for their size.</summary>
public class TileProductTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(21);

    public static MatrixTheoryData<DeviceKind, string, Transpose> Cases =>
        new(GroupKernelKinds, Enum.GetNames<TileShape>(), [Transpose.None, Transpose.A, Transpose.B, Transpose.A | Transpose.B]);

    static DeviceKind[] GroupKernelKinds => [.. DeviceKinds.All.Where(kind => kind != DeviceKind.Host)];

    [Theory, MemberData(nameof(Cases))]
    public void Tiles_of_every_shape_agree_with_double_loops(DeviceKind kind, string shape, Transpose transpose)
    {
        // Rows of whole quads, a few values over a tile
        Check(kind, new TileChoice(Enum.Parse<TileShape>(shape), 1), transpose, 132, 136, 40);
        Check(kind, new TileChoice(Enum.Parse<TileShape>(shape), 1), transpose, 129, 67, 27);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Sums_in_parts_agree_with_double_loops(DeviceKind kind, string shape, Transpose transpose)
    {
        Check(kind, new TileChoice(Enum.Parse<TileShape>(shape), 4), transpose, 12, 20, 60); // the last part is shorter
        Check(kind, new TileChoice(Enum.Parse<TileShape>(shape), 16), transpose, 5, 3, 11); // fewer panels than parts
    }

    void Check(DeviceKind kind, TileChoice choice, Transpose transpose, int m, int n, int k)
    {
        var gpu = (GpuDevice)Use(kind);
        var a = Numbers.Normal(Key.Fold("a"), transpose.HasFlag(Transpose.A) ? [k, m] : [m, k]);
        var b = Numbers.Normal(Key.Fold("b"), transpose.HasFlag(Transpose.B) ? [n, k] : [k, n]);
        var c = Tensor<float>.Rent(gpu, [m, n]);
        MatMul.Gpu(gpu, choice, a.On(gpu), b.On(gpu), transpose, new ProductSize(m, n, 1, k), c);
        Reference.MatMul(a, b, transpose).Check(c);
    }
}

using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution.Gathered;

namespace Pqf.Tensors.Ops.Products;

public static partial class MatMul
{
    static void Gpu(GpuDevice gpu, Tensor<float> a, Tensor<float> b, Transpose transpose, int m, int n, int k, Tensor<float> c)
    {
        var size = new ProductSize(m, n, 1, k);
        Gpu(gpu, size.Choice, a, b, transpose, size, c);
    }

    /// <summary>As above, cut as given.</summary>
    internal static void Gpu(
        GpuDevice gpu,
        TileChoice choice,
        Tensor<float> a,
        Tensor<float> b,
        Transpose transpose,
        ProductSize size,
        Tensor<float> c
    )
    {
        var (m, n, k) = (size.Rows, size.Columns, size.Terms);
        bool isWhole = a.Shape.Last % 4 == 0 && b.Shape.Last % 4 == 0 && n % 4 == 0;
        var output = new TileOutput(c.View, c.View, c.View, m, n, n, Epilogue.None, 0f, 0f);
        GatheredRows rows = new(a.View, TapRuns.Of(m, k)),
            columns = new(b.View, TapRuns.Of(n, k));
        TermRows termsOfRows = new(a.View, k, m, m),
            termsOfColumns = new(b.View, k, n, n);
        switch (transpose)
        {
            case Transpose.None:
                GpuTileProducts.Run(gpu, choice, size, isWhole, rows, termsOfColumns, output);
                break;
            case Transpose.A:
                GpuTileProducts.Run(gpu, choice, size, isWhole, termsOfRows, termsOfColumns, output);
                break;
            case Transpose.B:
                GpuTileProducts.Run(gpu, choice, size, isWhole, rows, columns, output);
                break;
            default:
                GpuTileProducts.Run(gpu, choice, size, isWhole, termsOfRows, columns, output);
                break;
        }
    }
}

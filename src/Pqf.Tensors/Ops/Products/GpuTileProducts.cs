using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Products;

/// <summary>Products by tiles on a GPU.</summary>
static class GpuTileProducts
{
    // Parts that one work item adds up.
    const int MostAddends = 64;

    /// <summary>y = clamp(left · right + bias + residual).</summary>
    /// <param name="gpu">Where all operands are.</param>
    /// <param name="choice">How it is cut.</param>
    /// <param name="size">Rows, columns of one group, groups, terms.</param>
    /// <param name="isWhole">Whether both operands and the output meet <see cref="IQuadAccess.IsWhole"/>.</param>
    /// <param name="left">Rows.</param>
    /// <param name="right">Columns.</param>
    /// <param name="output">Where it goes.</param>
    public static void Run<TLeft, TRight>(
        GpuDevice gpu,
        TileChoice choice,
        ProductSize size,
        bool isWhole,
        TLeft left,
        TRight right,
        TileOutput output
    )
        where TLeft : struct, ITileOperand
        where TRight : struct, ITileOperand
    {
        if (!isWhole)
            // One kernel less to compile, for sizes that no network's larger layers have
            choice = choice with
            {
                Shape = TileShape.Rows64Columns64,
            };
        var grid = choice.Grid(size.Rows, size.Columns, size.Groups, size.Terms);
        if (grid.Parts == 1)
        {
            Launch(gpu, choice.Shape, isWhole, grid, left, right, output);
            return;
        }

        using var scope = gpu.BeginScope();
        int count = size.Rows * size.Columns * size.Groups;
        var parts = Tensor<float>.Rent(gpu, [grid.Parts, count]);
        Launch(gpu, choice.Shape, isWhole, grid, left, right, output.Partial(parts.View));
        if (grid.Parts > MostAddends) // a work item would wait for one load after another
            parts = Reduce.Fewer(gpu, parts.View, grid.Parts, count);
        gpu.Launch(count, new TileOutput.AddParts(parts.View, output, count, parts.Shape[0]));
    }

    static void Launch<TLeft, TRight>(
        GpuDevice gpu,
        TileShape shape,
        bool isWhole,
        TileGrid grid,
        TLeft left,
        TRight right,
        TileOutput output
    )
        where TLeft : struct, ITileOperand
        where TRight : struct, ITileOperand
    {
        if (shape == TileShape.Rows128Columns128)
            gpu.LaunchGrouped(grid.Count, new GpuTileProduct<Tile128x128, WholeQuads, TLeft, TRight>(left, right, output, grid));
        else if (isWhole)
            gpu.LaunchGrouped(grid.Count, new GpuTileProduct<Tile64x64, WholeQuads, TLeft, TRight>(left, right, output, grid));
        else
            gpu.LaunchGrouped(grid.Count, new GpuTileProduct<Tile64x64, SingleQuads, TLeft, TRight>(left, right, output, grid));
    }
}

using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Products;

/// <summary>A product by tiles in shared memory: y = clamp(left · right + bias + residual), or one part of the sum.</summary>
/// <remarks>
/// A group computes a tile of rows × columns, a work item 8 × 8 values of it in 64 registers. Panels of 8 terms go through shared memory
/// twice buffered: the next one is on its way to registers while this one is multiplied, and one barrier a panel is enough.
/// Floor: 2·rows·columns·terms operations. For each term a work item reads 16 values in four 16-byte loads for 64 multiply-adds; a group
/// of 128 × 128 reads 1 byte for each 32 multiply-adds from memory or cache (64 × 64: for each 16). Neighbouring groups share their rows.
/// </remarks>
readonly struct GpuTileProduct<TTile, TAccess, TLeft, TRight>(TLeft left, TRight right, TileOutput output, TileGrid grid) : IGroupKernel
    where TTile : struct, ITile
    where TAccess : struct, IQuadAccess
    where TLeft : struct, ITileOperand
    where TRight : struct, ITileOperand
{
    public static int GroupSize => TTile.Rows * TTile.Columns / 64;

    public static int GroupsAtATime => 512 / GroupSize; // 16 warps of 128 registers

    // Quads from one term of a panel to the next.
    static int LeftStride => (TTile.Rows / 4) + 1;

    static int RightStride => (TTile.Columns / 4) + 1;

    public void Invoke()
    {
        var leftMemory = SharedMemory.Allocate<Quad>(2 * TilePanels.Terms * LeftStride);
        var rightMemory = SharedMemory.Allocate<Quad>(2 * TilePanels.Terms * RightStride);
        int id = Grid.IdxX, columnTile = id % grid.ColumnTiles, rowTile = id / grid.ColumnTiles % grid.RowTiles;
        int groupAndPart = id / grid.ColumnTiles / grid.RowTiles, group = groupAndPart % grid.Groups, part = groupAndPart / grid.Groups;
        int row = rowTile * TTile.Rows, column = columnTile * TTile.Columns;
        var leftPanel = new Panel<TAccess, TLeft>(left, leftMemory, TTile.Rows, GroupSize, row, group);
        var rightPanel = new Panel<TAccess, TRight>(right, rightMemory, TTile.Columns, GroupSize, column, group);
        int first = part * grid.PartTerms, last = Math.Min(first + grid.PartTerms, grid.Terms);

        // A warp's work items form 4 × 8: they read 64 bytes of the left panel and 128 of the right one at a time.
        int item = Group.IdxX, across = TTile.Columns / 64, warp = item / 32;
        int x = (warp % across * 8) + (item % 8), y = (warp / across * 4) + (item % 32 / 8);

        leftPanel.Put(0, leftPanel.Fetch(first));
        rightPanel.Put(0, rightPanel.Fetch(first));
        Group.Barrier();
        Registers sums = default;
        int buffer = 0;
        for (int term = first; term < last; term += TilePanels.Terms)
        {
            var nextLeft = leftPanel.Fetch(term + TilePanels.Terms); // after the last panel, one that nobody reads
            var nextRight = rightPanel.Fetch(term + TilePanels.Terms);
            sums = Multiply(sums, leftMemory, rightMemory, buffer, y, x);
            buffer = 1 - buffer;
            leftPanel.Put(buffer, nextLeft);
            rightPanel.Put(buffer, nextRight);
            Group.Barrier();
        }

        Store(sums, part, row + (y * 4), column + (x * 4), group);
    }

    /// <summary>The eight terms of a panel, one after another: ILGPU unrolls no loop, and the driver's compiler did not unroll this
    /// one, which then spends one instruction of five on positions. Views that begin at the panel make positions constants.</summary>
    static Registers Multiply(Registers sums, ArrayView<Quad> left, ArrayView<Quad> right, int buffer, int y, int x)
    {
        var (rows, columns) = (Panel(left, buffer, LeftStride, y), Panel(right, buffer, RightStride, x));
        sums = MultiplyAdd(sums, rows, columns, 0);
        sums = MultiplyAdd(sums, rows, columns, 1);
        sums = MultiplyAdd(sums, rows, columns, 2);
        sums = MultiplyAdd(sums, rows, columns, 3);
        sums = MultiplyAdd(sums, rows, columns, 4);
        sums = MultiplyAdd(sums, rows, columns, 5);
        sums = MultiplyAdd(sums, rows, columns, 6);
        return MultiplyAdd(sums, rows, columns, 7);
    }

    static ArrayView<Quad> Panel(ArrayView<Quad> memory, int buffer, int stride, int at) =>
        memory.SubView((buffer * TilePanels.Terms * stride) + at, ((TilePanels.Terms - 1) * stride) + (stride / 2) + 1);

    static Registers MultiplyAdd(Registers sums, ArrayView<Quad> rows, ArrayView<Quad> columns, int term) => sums.MultiplyAdd(
        rows[term * LeftStride],
        rows[(term * LeftStride) + (TTile.Rows / 8)],
        columns[term * RightStride],
        columns[(term * RightStride) + (TTile.Columns / 8)]);

    void Store(Registers sums, int part, int row, int column, int group)
    {
        int far = row + (TTile.Rows / 2);
        var bias = new Strip(output.Bias<TAccess>(column, group), output.Bias<TAccess>(column + (TTile.Columns / 2), group));
        Store(sums.R0, part, row, column, group, bias);
        Store(sums.R1, part, row + 1, column, group, bias);
        Store(sums.R2, part, row + 2, column, group, bias);
        Store(sums.R3, part, row + 3, column, group, bias);
        Store(sums.R4, part, far, column, group, bias);
        Store(sums.R5, part, far + 1, column, group, bias);
        Store(sums.R6, part, far + 2, column, group, bias);
        Store(sums.R7, part, far + 3, column, group, bias);
    }

    void Store(Strip values, int part, int row, int column, int group, Strip bias)
    {
        output.Store<TAccess>(part, row, column, group, values.Near, bias.Near);
        output.Store<TAccess>(part, row, column + (TTile.Columns / 2), group, values.Far, bias.Far);
    }
}

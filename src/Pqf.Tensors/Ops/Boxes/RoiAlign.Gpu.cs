using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Boxes;

public static partial class RoiAlign
{
    static void Gpu(GpuDevice gpu, RoiGeometry g, Tensor<float> x, Tensor<float> boxes, Tensor<int> rows, Tensor<float> y) =>
        gpu.Launch(rows.Shape.Count * g.CellCount * g.Channels, new Kernel(x.View, boxes.View, rows.View, y.View, g));

    static void PullbackGpu(GpuDevice gpu, RoiGeometry g, Rois rois, Tensor<int> rows, Tensor<float> dy, Tensor<float> dx)
    {
        using var scope = gpu.BeginScope();
        var (start, lists) = Tiles(g, rois.Values.Span, rows.ToArray());
        var starts = Tensor<int>.From(gpu, [start.Length], start);
        var boxes = Tensor<int>.From(gpu, [lists.Length], lists);
        gpu.Launch(dx.Shape.Count, new PullbackKernel(rois.Boxes.View, starts.View, boxes.View, dy.View, dx.View, g));
    }

    /// <summary>For each tile of each image's pixels the boxes that may touch it, rising; the end of its list at the next one's
    /// start.</summary>
    static (int[] Start, int[] Boxes) Tiles(RoiGeometry g, ReadOnlySpan<float> boxes, int[] rows)
    {
        var grid = PullbackKernel.Grid(g);
        var lists = new List<int>[g.N * grid.H * grid.W];
        foreach (int row in rows)
        {
            var box = boxes.Slice(row * Rois.Fields, Rois.Fields);
            var (firstRow, endRow) = g.Rows(box[2], box[4]).Pixels();
            var (firstColumn, endColumn) = g.Columns(box[1], box[3]).Pixels();
            for (int y = firstRow / PullbackKernel.Tile; y * PullbackKernel.Tile < endRow; y++)
            for (int x = firstColumn / PullbackKernel.Tile; x * PullbackKernel.Tile < endColumn; x++)
                (lists[((((int)box[0] * grid.H) + y) * grid.W) + x] ??= []).Add(row);
        }

        int[] start = new int[lists.Length + 1];
        for (int i = 0; i < lists.Length; i++)
            start[i + 1] = start[i] + (lists[i]?.Count ?? 0);
        return (start, [.. lists.SelectMany(list => list ?? [])]);
    }

    /// <summary>One value of one cell; neighbours are neighbouring channels: they read neighbouring values of the same pixels. Bound by
    /// memory: 4 bytes a value and, from cache mostly, 16 a sample.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> boxes, ArrayView<int> rows, ArrayView<float> y, RoiGeometry g)
        : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.Channels,
                cell = index / g.Channels % g.CellCount,
                box = rows[index / g.Channels / g.CellCount],
                at = box * Rois.Fields;
            int cellRow = cell / g.Cells.W,
                cellColumn = cell % g.Cells.W,
                image = (int)boxes[at] * g.H * g.W;
            var down = g.Rows(boxes[at + 2], boxes[at + 4]);
            var across = g.Columns(boxes[at + 1], boxes[at + 3]);
            var (firstRow, endRow) = down.Between(-1f, down.Length, cellRow, cellRow + 1);
            var (firstColumn, endColumn) = across.Between(-1f, across.Length, cellColumn, cellColumn + 1);
            float sum = 0f;
            for (int i = firstRow; i < endRow; i++)
            {
                var (low, high, lowWeight, highWeight) = down.Around(down.Position(i));
                for (int j = firstColumn; j < endColumn; j++)
                {
                    var (left, right, leftWeight, rightWeight) = across.Around(across.Position(j));
                    sum +=
                        (lowWeight * leftWeight * Pixel(image, low, left, c))
                        + (lowWeight * rightWeight * Pixel(image, low, right, c))
                        + (highWeight * leftWeight * Pixel(image, high, left, c))
                        + (highWeight * rightWeight * Pixel(image, high, right, c));
                }
            }

            y[(((box * g.CellCount) + cell) * g.Channels) + c] = sum / MathF.Max(down.Samples * (float)across.Samples, 1f);
        }

        float Pixel(int image, int row, int column, int c) => x[((image + (row * g.W) + column) * g.Channels) + c];
    }

    /// <summary>One gradient of the map, from the boxes over its tile of pixels in their order: no atomics. Neighbours are neighbouring
    /// channels: they read neighbouring gradients of the same cells.</summary>
    /// <remarks>
    /// Some 60 operations for each box of the tile, 30 for each sample near the pixel and 4 bytes of each cell there; a work item of its
    /// own for each channel repeats
    /// the first two. Bound by operations: 256 channels of 200 × 272 pixels under 512 boxes of 20 × 20 ask for some 4·10⁹.
    /// </remarks>
    internal readonly struct PullbackKernel(
        ArrayView<float> boxes,
        ArrayView<int> start,
        ArrayView<int> lists,
        ArrayView<float> dy,
        ArrayView<float> dx,
        RoiGeometry g
    ) : IKernel
    {
        /// <summary>Rows and columns of a tile.</summary>
        public const int Tile = 4;

        /// <summary>Tiles of an image.</summary>
        public static Pair Grid(RoiGeometry g) => new((g.H + Tile - 1) / Tile, (g.W + Tile - 1) / Tile);

        public void Invoke(int index)
        {
            int c = index % g.Channels,
                pixel = index / g.Channels,
                ix = pixel % g.W,
                iy = pixel / g.W % g.H,
                n = pixel / g.W / g.H;
            var grid = Grid(g);
            int tile = (((n * grid.H) + (iy / Tile)) * grid.W) + (ix / Tile);
            float sum = 0f;
            for (int i = start[tile]; i < start[tile + 1]; i++)
                sum += Box(lists[i], iy, ix, c);
            dx[index] = sum;
        }

        float Box(int box, int iy, int ix, int c)
        {
            int at = box * Rois.Fields;
            var down = g.Rows(boxes[at + 2], boxes[at + 4]);
            var across = g.Columns(boxes[at + 1], boxes[at + 3]);
            var (top, bottom) = down.Reach(iy);
            var (left, right) = across.Reach(ix);
            var (firstRow, endRow) = down.Between(top, bottom, 0, g.Cells.H);
            var (firstColumn, endColumn) = across.Between(left, right, 0, g.Cells.W);
            float sum = 0f;
            for (int i = firstRow; i < endRow; i++)
            {
                float rowWeight = down.Weight(i, iy);
                int cells = (box * g.Cells.H) + (i / down.Samples);
                for (int j = firstColumn; j < endColumn; j++)
                {
                    float weight = rowWeight * across.Weight(j, ix);
                    if (weight > 0f)
                        sum += weight * dy[(((cells * g.Cells.W) + (j / across.Samples)) * g.Channels) + c];
                }
            }

            return sum / MathF.Max(down.Samples * (float)across.Samples, 1f);
        }
    }
}

using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Families;

/// <summary>The pool that gives a fixed number of cells, before linear layers that read all of them.</summary>
static class Cells
{
    /// <summary>Means over cells: PyTorch's adaptive average pool, where sizes divide.</summary>
    /// <param name="reading">The network so far.</param>
    /// <param name="x">Node read.</param>
    /// <param name="cells">Rows and columns of cells.</param>
    /// <exception cref="ShapeException">Cells would overlap: neither size divides the other.</exception>
    public static int Pool(LayerReading reading, int x, Pair cells)
    {
        var size = reading.SizeOf(x);
        if (size == cells)
            return x;
        if (size.H % cells.H == 0 && size.W % cells.W == 0)
        {
            var window = new Pair(size.H / cells.H, size.W / cells.W);
            return reading.Graph.AvgPool2d(x, window, new PoolOptions { Stride = window });
        }

        return cells.H % size.H == 0 && cells.W % size.W == 0
            ? reading.Graph.Resize(x, new ResizeTo.Size(cells), InterpolationMode.Nearest)
            : throw new ShapeException(
                "AdaptiveAvgPool2d",
                $"expected images for which the last convolution has a divisor or a multiple of {cells.H} × {cells.W} pixels, got "
                    + $"{size.H} × {size.W}"
            );
    }

    /// <summary>The side of the square of cells that a linear layer reads.</summary>
    /// <param name="weight">[out, channels · side²].</param>
    /// <param name="channels">Of each cell.</param>
    /// <param name="layer">For messages.</param>
    public static int Side(Shape weight, int channels, string layer)
    {
        int side = (int)Math.Round(Math.Sqrt(weight[1] / (double)channels));
        return side >= 1 && channels * side * side == weight[1]
            ? side
            : throw LayerReading.Misfit(layer, $"[out, {channels} · k · k], a linear layer of k × k cells of {channels} channels", weight);
    }
}

using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>What the mask head should give for a box of an object.</summary>
public static class MaskTargets
{
    /// <summary>The object's mask under the box, in cells.</summary>
    /// <param name="mask">Of the image as it was.</param>
    /// <param name="resized">Size of the image as the network sees it: the mask is resized to it by nearest neighbours.</param>
    /// <param name="box">In pixels of the resized image.</param>
    /// <param name="side">Cells, a side.</param>
    /// <param name="target">[side · side]: the part of each cell that is the object's, 0 … 1.</param>
    /// <remarks>As torchvision's <c>project_masks_on_boxes</c>: RoIAlign of the mask with about one sample a pixel.</remarks>
    public static void Project(BinaryMask mask, ImageSize resized, Box box, int side, Span<float> target)
    {
        float cellHeight = Math.Max(box.Height, 1) / side,
            cellWidth = Math.Max(box.Width, 1) / side;
        int rows = (int)Math.Ceiling(cellHeight),
            columns = (int)Math.Ceiling(cellWidth);
        var pixels = new NearestMask(mask, resized);
        for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
        {
            float sum = 0;
            for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                sum += pixels.At(
                    box.Y1 + (y * cellHeight) + ((i + 0.5f) * cellHeight / rows),
                    box.X1 + (x * cellWidth) + ((j + 0.5f) * cellWidth / columns)
                );
            target[(y * side) + x] = sum / (rows * columns);
        }
    }

    /// <summary>A mask resized by nearest neighbours, never made, and read between its pixels.</summary>
    readonly struct NearestMask(BinaryMask mask, ImageSize resized)
    {
        readonly float rowStep = (float)mask.Height / resized.Height,
            columnStep = (float)mask.Width / resized.Width;

        /// <summary>Bilinear between pixels, as RoIAlign: zero more than a pixel outside, the edge's value nearer by.</summary>
        public float At(float y, float x)
        {
            if (!(y >= -1 && y <= resized.Height && x >= -1 && x <= resized.Width))
                return 0;
            var (top, bottom, below) = Between(Math.Max(0, y), resized.Height);
            var (left, right, beside) = Between(Math.Max(0, x), resized.Width);
            return ((1 - below) * (((1 - beside) * Pixel(top, left)) + (beside * Pixel(top, right))))
                + (below * (((1 - beside) * Pixel(bottom, left)) + (beside * Pixel(bottom, right))));
        }

        static (int First, int Second, float Share) Between(float position, int length)
        {
            int first = (int)position;
            return first >= length - 1 ? (length - 1, length - 1, 0) : (first, first + 1, position - first);
        }

        float Pixel(int y, int x) =>
            mask.Values[(Math.Min((int)(y * rowStep), mask.Height - 1) * mask.Width) + Math.Min((int)(x * columnStep), mask.Width - 1)];
    }
}

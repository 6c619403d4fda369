using System.Collections.Immutable;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>Puts the masks of detections, which are of their boxes' cells, into images.</summary>
public static class MaskPasting
{
    /// <summary>Cells of zeros around a mask, so that its edge falls off within the image.</summary>
    internal const int Border = 1;

    /// <summary>The pixels of a detection.</summary>
    /// <param name="detection">Box and mask.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="threshold">Pixels above it are the object's (<see cref="MaskRcnnOptions.MaskThresh"/>).</param>
    public static BinaryMask Paste(Detection detection, int height, int width, float threshold)
    {
        byte[] values = new byte[height * width];
        Paste(detection, height, width, (at, probability) => values[at] = probability > threshold ? (byte)1 : (byte)0);
        return new(height, width, values);
    }

    /// <summary>For each pixel of the image the probability that it is the detection's, [height · width].</summary>
    /// <param name="detection">Box and mask.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    public static float[] Probabilities(Detection detection, int height, int width)
    {
        float[] values = new float[height * width];
        Paste(detection, height, width, (at, probability) => values[at] = probability);
        return values;
    }

    /// <summary>Resizes the mask with its border to the box's whole pixels, bilinearly, as torchvision's
    /// <c>paste_masks_in_image</c>.</summary>
    static void Paste(Detection detection, int height, int width, Action<int, float> put)
    {
        int side = (int)Math.Sqrt(detection.Mask.Length),
            bordered = side + (2 * Border);
        var box = Expand(detection.Box, (float)((double)bordered / side));
        int left = (int)box.X1,
            top = (int)box.Y1,
            columns = Math.Max(1, (int)box.X2 - left + 1),
            rows = Math.Max(1, (int)box.Y2 - top + 1);
        ImmutableArray<LinearTap> down = LinearTap.Of(bordered, rows),
            across = LinearTap.Of(bordered, columns);
        var mask = detection.Mask.Span;
        float[] padded = new float[bordered * bordered];
        for (int y = 0; y < side; y++)
            mask.Slice(y * side, side).CopyTo(padded.AsSpan(((y + Border) * bordered) + Border));
        for (int y = Math.Max(top, 0); y < Math.Min(top + rows, height); y++)
        {
            var row = down[y - top];
            int upper = row.First * bordered,
                lower = row.Second * bordered;
            for (int x = Math.Max(left, 0); x < Math.Min(left + columns, width); x++)
            {
                var column = across[x - left];
                put(
                    (y * width) + x,
                    row.Mix(
                        column.Mix(padded[upper + column.First], padded[upper + column.Second]),
                        column.Mix(padded[lower + column.First], padded[lower + column.Second])
                    )
                );
            }
        }
    }

    static Box Expand(Box box, float scale)
    {
        float halfWidth = box.Width * 0.5f * scale,
            halfHeight = box.Height * 0.5f * scale,
            x = (box.X2 + box.X1) * 0.5f,
            y = (box.Y2 + box.Y1) * 0.5f;
        return new(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
    }
}

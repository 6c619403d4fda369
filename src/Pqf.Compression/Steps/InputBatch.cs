using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Photographs as a network takes them in, without labels.</summary>
/// <param name="Shape">[N, H, W, C].</param>
/// <param name="Pixels">Row-major; read before the next batch is asked for.</param>
public sealed record InputBatch(Shape Shape, ReadOnlyMemory<float> Pixels)
{
    /// <summary>Columns that photographs fill, from the left; those beyond are padding.</summary>
    public int Width { get; init; } = Shape[2];

    /// <summary>For each of the network's joints, in their order, what it cuts into cells: one box at least. Empty where there are no
    /// joints.</summary>
    public ImmutableArray<ImmutableArray<RoiBox>> Boxes { get; init; } = [];

    /// <summary>The same with left and right exchanged.</summary>
    public InputBatch Mirrored()
    {
        int columns = Shape[2],
            channels = Shape[3];
        var from = Pixels.Span;
        float[] to = from.ToArray();
        for (int pixel = 0; pixel < to.Length / channels; pixel++)
        {
            int column = pixel % columns;
            if (column < Width)
                from.Slice(pixel * channels, channels).CopyTo(to.AsSpan((pixel - column + (Width - 1 - column)) * channels));
        }

        return this with
        {
            Pixels = to,
            Boxes =
            [
                .. Boxes.Select(joint => joint.Select(box => box with { Box = HorizontalFlip.Of(box.Box, Width) }).ToImmutableArray()),
            ],
        };
    }
}

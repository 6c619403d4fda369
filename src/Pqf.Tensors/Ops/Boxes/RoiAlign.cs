using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Boxes;

/// <summary>Means of samples of a map in the cells of boxes, each sample interpolated between four pixels. Source: He et al. 2017, §3;
/// borders as torchvision's.</summary>
public static partial class RoiAlign
{
    /// <summary>Cells of all boxes, each read from its own map.</summary>
    /// <param name="maps">One [N, H, W, C] for each level; N and C in common.</param>
    /// <param name="rois">The boxes.</param>
    /// <param name="options">Cells and samples.</param>
    /// <returns>[R, cells down, cells across, C], in the boxes' order. Samples more than a pixel outside the map count as zeros, and so do
    /// boxes that are read nowhere (<see cref="Rois"/>).</returns>
    /// <exception cref="ShapeException">Maps do not fit one another or the boxes.</exception>
    public static Tensor<float> Forward(ReadOnlySpan<Tensor<float>> maps, Rois rois, RoiAlignOptions options)
    {
        Shape first = maps.Length == 0 ? [] : maps[0].Shape;
        var y = Tensor<float>.Rent(rois.Boxes.Device, OutputShape(first, rois, options));
        ForwardInto(maps, rois, options, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor.</summary>
    internal static void ForwardInto(ReadOnlySpan<Tensor<float>> maps, Rois rois, RoiAlignOptions options, Tensor<float> y)
    {
        if (maps.Length != rois.SpatialScales.Length)
            throw new ShapeException("RoiAlign", $"expected {rois.SpatialScales.Length} maps, got {maps.Length}");
        Shapes.SameDevice("RoiAlign", rois.Boxes.Device, y);
        if (rois.ReadCount < rois.Count)
            y.Storage.Clear();
        for (int level = 0; level < maps.Length; level++)
        {
            Shapes.Same("RoiAlign", OutputShape(maps[level].Shape, rois, options), y.Shape);
            Shapes.SameDevice("RoiAlign", rois.Boxes.Device, maps[level]);
            if (rois.Rows(level) is not { } rows || y.Shape.Count == 0)
                continue;
            var geometry = RoiGeometry.Of(maps[level].Shape, rois.SpatialScales[level], options);
            if (y.Device is HostDevice host)
                Host(host, geometry, maps[level], rois.Boxes, rows, y);
            else
                Gpu((GpuDevice)y.Device, geometry, maps[level], rois.Boxes, rows, y);
        }
    }

    /// <summary>Gradient of one map: each cell's, in parts, to the pixels that it was interpolated from. Boxes are added in order: one
    /// input, one result.</summary>
    /// <param name="map">Shape of the map, [N, H, W, C].</param>
    /// <param name="rois">As given to <see cref="Forward"/>.</param>
    /// <param name="level">Which map.</param>
    /// <param name="options">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[R, cells down, cells across, C].</param>
    /// <returns>[N, H, W, C]; zeros if no box is read from this map.</returns>
    public static Tensor<float> Pullback(Shape map, Rois rois, int level, RoiAlignOptions options, Tensor<float> dy)
    {
        Shapes.Same("RoiAlign", OutputShape(map, rois, options), dy.Shape);
        Shapes.SameDevice("RoiAlign", rois.Boxes.Device, dy);
        var dx = Tensor<float>.Rent(dy.Device, map);
        var geometry = RoiGeometry.Of(map, rois.SpatialScales[level], options);
        if (rois.Rows(level) is not { } rows || dy.Shape.Count == 0)
            dx.Storage.Clear();
        else if (dy.Device is HostDevice host)
            PullbackHost(host, geometry, rois.Boxes, rows, dy, dx);
        else
            PullbackGpu((GpuDevice)dy.Device, geometry, rois, rows, dy, dx);
        return dx;
    }

    /// <summary>The result's shape, after a check of one map against the boxes.</summary>
    static Shape OutputShape(Shape map, Rois rois, RoiAlignOptions options)
    {
        Shapes.Rank("RoiAlign", "maps [N, H, W, C]", map, 4);
        if (options.OutputSize.H < 1 || options.OutputSize.W < 1)
            throw new ShapeException("RoiAlign", $"expected one cell or more, got {options.OutputSize}");
        if (rois.ReadCount > 0 && (map[0] < rois.ImageCount || map[1] < 1 || map[2] < 1))
            throw new ShapeException("RoiAlign", $"expected a map of at least {rois.ImageCount} images of one pixel or more, got {map}");
        return [rois.Count, options.OutputSize.H, options.OutputSize.W, map[3]];
    }

    /// <summary>The sampling as a tape records it; one input for each map. Boxes get no gradient.</summary>
    /// <param name="Rois">The boxes.</param>
    /// <param name="Options">Cells and samples.</param>
    public sealed record Function(Rois Rois, RoiAlignOptions Options) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "RoiAlign";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => RoiAlign.Forward(context.All, Rois, Options);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            // No gradient, rather than zeros of its size, for a map that no box is read from.
            [
                .. Enumerable
                    .Range(0, context.InputCount)
                    .Select(level =>
                        context.NeedsGradient(level) && Rois.Rows(level) is not null
                            ? RoiAlign.Pullback(context.ShapeOf(level), Rois, level, Options, dy)
                            : null
                    ),
            ];
    }
}

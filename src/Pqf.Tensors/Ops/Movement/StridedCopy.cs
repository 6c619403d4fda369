using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Copies between places of memory that lie at equal distances: slices, transpositions and what is made of them.</summary>
static partial class StridedCopy
{
    /// <summary>Copies elements from one tensor into another.</summary>
    /// <param name="from">Read.</param>
    /// <param name="to">Written, where the geometry says.</param>
    /// <param name="geometry">Which elements.</param>
    public static void Run(Tensor<float> from, Tensor<float> to, CopyGeometry geometry)
    {
        Shapes.SameDevice("StridedCopy", from.Device, to);
        if (geometry.Count == 0)
            return;
        if (from.Device is HostDevice host)
            Host(host, geometry, from, to);
        else
            ((GpuDevice)from.Device).Launch(geometry.Count, new Kernel(from.View, to.View, geometry));
    }
}

/// <summary>One axis of a copy.</summary>
/// <param name="Length">Elements along it.</param>
/// <param name="From">Floats between neighbours where they are read.</param>
/// <param name="To">Floats between neighbours where they are written.</param>
readonly record struct CopyAxis(int Length, int From, int To);

/// <summary>All sizes of one copy: five axes, the last one innermost.</summary>
/// <param name="A">Outermost axis.</param>
/// <param name="B">Second.</param>
/// <param name="C">Third.</param>
/// <param name="D">Fourth.</param>
/// <param name="E">Innermost axis.</param>
/// <param name="FromAt">Place of the first element read.</param>
/// <param name="ToAt">Place of the first element written.</param>
readonly record struct CopyGeometry(CopyAxis A, CopyAxis B, CopyAxis C, CopyAxis D, CopyAxis E, int FromAt, int ToAt)
{
    /// <summary>Most axes of a copy.</summary>
    public const int AxisCount = 5;

    /// <summary>Elements copied.</summary>
    public int Count => Rows * E.Length;

    /// <summary>Innermost rows.</summary>
    public int Rows => A.Length * B.Length * C.Length * D.Length;

    /// <summary>A copy along fewer axes, outermost first.</summary>
    public static CopyGeometry Of(ReadOnlySpan<CopyAxis> axes, int fromAt = 0, int toAt = 0)
    {
        CopyAxis At(ReadOnlySpan<CopyAxis> axes, int i) => i < AxisCount - axes.Length ? new(1, 0, 0) : axes[i - (AxisCount - axes.Length)];
        return new(At(axes, 0), At(axes, 1), At(axes, 2), At(axes, 3), At(axes, 4), fromAt, toAt);
    }

    /// <summary>Where an innermost row is read. Also compiled for the GPU.</summary>
    public int From(int row) =>
        FromAt
        + (row % D.Length * D.From)
        + (row / D.Length % C.Length * C.From)
        + (row / D.Length / C.Length % B.Length * B.From)
        + (row / D.Length / C.Length / B.Length * A.From);

    /// <summary>Where an innermost row is written. Also compiled for the GPU.</summary>
    public int To(int row) =>
        ToAt
        + (row % D.Length * D.To)
        + (row / D.Length % C.Length * C.To)
        + (row / D.Length / C.Length % B.Length * B.To)
        + (row / D.Length / C.Length / B.Length * A.To);
}

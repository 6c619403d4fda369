namespace Pqf.Tensors.Ops.Arithmetic;

/// <summary>All sizes of one function of two tensors: three axes and the channels, and how far apart neighbours of an operand lie along
/// each; 0 where it is repeated.</summary>
/// <param name="Images">First axis of the result.</param>
/// <param name="Rows">Second.</param>
/// <param name="Columns">Third.</param>
/// <param name="Channels">Last.</param>
/// <param name="A">Of the first operand.</param>
/// <param name="B">Of the second operand.</param>
readonly record struct BroadcastGeometry(int Images, int Rows, int Columns, int Channels, Strides A, Strides B)
{
    /// <summary>The sizes for two shapes, of one rank up to 4, alike on each axis or of length 1 there.</summary>
    /// <exception cref="ShapeException">They are not.</exception>
    public static BroadcastGeometry Of(Shape a, Shape b)
    {
        var y = OutputShape(a, b);
        if (a == b)
            return new(1, 1, 1, y.Count, new(0, 0, 0, 1), new(0, 0, 0, 1));
        return new(At(y, 4), At(y, 3), At(y, 2), At(y, 1), Strides.Of(a), Strides.Of(b));
    }

    /// <summary>The result's shape.</summary>
    public static Shape OutputShape(Shape a, Shape b, string operation = "Broadcast")
    {
        if (a == b)
            return a;
        bool fits = a.Rank == b.Rank && a.Rank <= 4;
        Span<int> y = stackalloc int[a.Rank];
        for (int axis = 0; fits && axis < y.Length; axis++)
        {
            y[axis] = a[axis] == 1 ? b[axis] : a[axis];
            fits = a[axis] == b[axis] || a[axis] == 1 || b[axis] == 1;
        }

        return fits ? new Shape(y) : throw new ShapeException(operation, $"expected axes of equal length or of 1, got {a} and {b}");
    }

    /// <summary>Where an element of the result is read in an operand. Also compiled for the GPU.</summary>
    public int At(int index, Strides operand)
    {
        int channel = index % Channels,
            pixel = index / Channels;
        return (pixel / Columns / Rows * operand.Image)
            + (pixel / Columns % Rows * operand.Row)
            + (pixel % Columns * operand.Column)
            + (channel * operand.Channel);
    }

    static int At(Shape shape, int fromEnd) => shape.Rank < fromEnd ? 1 : shape[shape.Rank - fromEnd];
}

/// <summary>Floats between neighbours along each axis; 0 where a value is repeated.</summary>
readonly record struct Strides(int Image, int Row, int Column, int Channel)
{
    /// <summary>Strides of a dense tensor; 0 along axes of length 1.</summary>
    public static Strides Of(Shape shape)
    {
        Span<int> strides = stackalloc int[4];
        int stride = 1;
        for (int axis = 1; axis <= shape.Rank; axis++)
        {
            int length = shape[shape.Rank - axis];
            strides[4 - axis] = length == 1 ? 0 : stride;
            stride *= length;
        }

        return new(strides[0], strides[1], strides[2], strides[3]);
    }
}

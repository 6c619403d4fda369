using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

/// <summary>Checks that many ops share. An op's own shape rule stands with the op.</summary>
static class Shapes
{
    public static Shape Same(string op, Shape a, Shape b) =>
        a == b ? a : throw new ShapeException(op, $"expected equal shapes, got {a} and {b}");

    public static Shape Rank(string op, string what, Shape shape, int rank) =>
        shape.Rank == rank ? shape : throw new ShapeException(op, $"expected {what} of {rank} axes, got {shape}");

    public static void Vector(string op, string what, Shape? shape, int length)
    {
        if (shape is { } given && given != [length])
            throw new ShapeException(op, $"expected {what} of [{length}], got {given}");
    }

    public static void SameDevice(string op, Device device, params ReadOnlySpan<ITensor?> tensors)
    {
        foreach (var tensor in tensors)
            if (tensor is not null && tensor.Device != device)
                throw new ArgumentException($"{op}: expected all tensors on {device.Name}, got one on {tensor.Device.Name}");
    }

    /// <summary>Checks that there is such an axis.</summary>
    public static Shape Axis(string op, Shape shape, int axis) =>
        axis >= 0 && axis < shape.Rank ? shape : throw new ShapeException(op, $"expected an axis of {shape}, got {axis}");
}

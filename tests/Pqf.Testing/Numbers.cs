using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Testing;

/// <summary>Single-precision values of a shape in managed memory: what tests draw, read and compute expectations from.</summary>
/// <param name="Shape">Axis lengths.</param>
/// <param name="Values">Row-major.</param>
public sealed record Numbers(Shape Shape, float[] Values)
{
    /// <summary>Standard normal values, drawn from a key.</summary>
    public static Numbers Normal(RngKey key, Shape shape) =>
        new(shape, [.. Enumerable.Range(0, shape.Count).Select(i => (float)key.Normal((ulong)i))]);

    /// <summary>Whole values from <paramref name="low"/> to <paramref name="high"/>, so that sums are exact and ties frequent.</summary>
    public static Numbers Whole(RngKey key, Shape shape, int low, int high) =>
        new(shape, [.. Enumerable.Range(0, shape.Count).Select(i => (float)(low + key.Below(high - low + 1, (ulong)i)))]);

    /// <summary>A tensor of these values.</summary>
    public Tensor<float> On(Device device) => Tensor<float>.From(device, Shape, Values);

    /// <summary>A tensor's values.</summary>
    public static Numbers Of(Tensor<float> tensor) => new(tensor.Shape, tensor.ToArray());

    /// <summary>The value at an index along each axis.</summary>
    public double At(params ReadOnlySpan<int> index)
    {
        int at = 0;
        for (int axis = 0; axis < index.Length; axis++)
            at = (at * Shape[axis]) + index[axis];
        return Values[at];
    }

    /// <summary>[N, C, H, W], as in files, to [N, H, W, C], as in memory.</summary>
    public Numbers ToChannelsLast()
    {
        var (n, c, h, w) = (Shape[0], Shape[1], Shape[2], Shape[3]);
        var values = new float[Values.Length];
        for (int i = 0; i < n; i++)
        for (int j = 0; j < c; j++)
        for (int p = 0; p < h * w; p++)
            values[(((i * h * w) + p) * c) + j] = Values[(((i * c) + j) * h * w) + p];
        return new([n, h, w, c], values);
    }
}

using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors;

/// <summary>What every tensor has, whatever its element type.</summary>
public interface ITensor
{
    /// <summary>Axis lengths.</summary>
    Shape Shape { get; }

    /// <summary>Where the elements are.</summary>
    Device Device { get; }

    /// <summary>The memory behind it; shared by reshaped tensors.</summary>
    internal Storage Storage { get; }
}

/// <summary>A dense, row-major array on one device; immutable to its users.</summary>
/// <remarks>Its memory belongs to the scope that was innermost when it was made (see <see cref="Scope"/>).</remarks>
public sealed class Tensor<T> : ITensor
    where T : unmanaged
{
    readonly Storage<T> storage;

    internal Tensor(Shape shape, Storage<T> storage)
    {
        Shape = shape;
        this.storage = storage;
    }

    /// <inheritdoc/>
    public Shape Shape { get; }

    /// <inheritdoc/>
    public Device Device => storage.Device;

    Storage ITensor.Storage => storage;

    internal Storage<T> Storage => storage;

    /// <summary>The first element on the host. Memory is 64-byte aligned and padded to whole 64-byte lines.</summary>
    internal unsafe T* Pointer => ((HostStorage<T>)storage).Pointer;

    /// <summary>The elements on a GPU.</summary>
    internal ILGPU.ArrayView<T> View => ((GpuStorage<T>)storage).View;

    /// <summary>A tensor of the given values, row-major.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public static Tensor<T> From(Device device, Shape shape, ReadOnlySpan<T> values)
    {
        var tensor = Rent(device, shape);
        tensor.Overwrite(values);
        return tensor;
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor<T> Zeros(Device device, Shape shape)
    {
        var tensor = Rent(device, shape);
        tensor.storage.Clear();
        return tensor;
    }

    /// <summary>A tensor whose elements hold anything; every op fills its result.</summary>
    internal static Tensor<T> Rent(Device device, Shape shape) => new(shape, device.Rent<T>(shape.Count));

    /// <summary>A tensor whose elements a function writes: straight into the host's memory, or into memory that is then copied to a
    /// GPU.</summary>
    internal static Tensor<T> Filled(Device device, Shape shape, Action<Span<T>> fill)
    {
        var tensor = Rent(device, shape);
        if (device is HostDevice)
            unsafe
            {
                fill(new(tensor.Pointer, shape.Count));
                return tensor;
            }

        T[] values = new T[shape.Count];
        fill(values);
        tensor.Overwrite(values);
        return tensor;
    }

    /// <summary>The same elements under another shape; memory is shared.</summary>
    /// <exception cref="ShapeException">The element counts differ.</exception>
    public Tensor<T> Reshape(Shape shape) =>
        shape.Count == Shape.Count
            ? new(shape, storage)
            : throw new ShapeException("Reshape", $"expected {Shape.Count} elements, got {shape}");

    /// <summary>Some elements on the host under a shape of their own; memory is shared, and stays with its owner.</summary>
    /// <param name="first">Number of the first element, a multiple of 16: parts begin at whole lines of 64 bytes.</param>
    /// <param name="shape">Of the part.</param>
    internal unsafe Tensor<T> Part(int first, Shape shape)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + shape.Count, Shape.Count);
        return new(shape, new HostStorage<T>((HostDevice)Device, Pointer + first, shape.Count, sizeBytes: 0));
    }

    /// <summary>Replaces the elements: the one sanctioned mutation, for parameters and optimizer state.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public void Overwrite(ReadOnlySpan<T> values)
    {
        if (values.Length != Shape.Count)
            throw new ShapeException("Tensor", $"expected {Shape.Count} values for {Shape}, got {values.Length}");
        storage.CopyFrom(values);
    }

    /// <summary>Copies the elements to the host; waits for the device.</summary>
    public void CopyTo(Span<T> destination)
    {
        if (destination.Length != Shape.Count)
            throw new ShapeException("Tensor", $"expected room for {Shape.Count} values of {Shape}, got {destination.Length}");
        storage.CopyTo(destination);
    }

    /// <summary>The elements, row-major, on the host; waits for the device.</summary>
    public T[] ToArray()
    {
        var values = new T[Shape.Count];
        CopyTo(values);
        return values;
    }

    /// <summary>The elements, row-major, to be read on the host without a copy of them where they are there already.</summary>
    /// <returns>On a host device the tensor's own memory, to be read only, and only as long as the tensor lives; from a GPU a
    /// copy.</returns>
    public unsafe ReadOnlySpan<T> OnHost() => Device is HostDevice ? new ReadOnlySpan<T>(Pointer, Shape.Count) : ToArray();

    /// <summary>The type and shape, as <c>float[2, 3]</c>.</summary>
    public override string ToString() => $"{typeof(T).Name}{Shape}";
}

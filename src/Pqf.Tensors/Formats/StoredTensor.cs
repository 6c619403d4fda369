using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

/// <summary>One tensor of a file, or for a file: a name, a type, a shape and a way to get its bytes when they are wanted.</summary>
/// <remarks>One that came from a <see cref="TensorFile"/> can be read only while the file is open.</remarks>
public sealed partial class StoredTensor
{
    readonly Action<Span<byte>> read;
    readonly DType? encodedAs;

    /// <summary>A tensor whose bytes are produced on demand.</summary>
    /// <param name="name">As in a state dict: <c>layer1.0.conv1.weight</c>.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Axis lengths.</param>
    /// <param name="read">Fills a span of exactly <see cref="SizeBytes"/> bytes: dense, row-major, little-endian.</param>
    public StoredTensor(string name, DType type, Shape shape, Action<Span<byte>> read)
    {
        Name = name;
        Type = type;
        Shape = shape;
        this.read = read;
    }

    /// <summary>Name within the file.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public DType Type { get; }

    /// <summary>Axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>Element type in the file, which is not <see cref="Type"/> where the tensor is decoded as it is read.</summary>
    public DType EncodedAs
    {
        get => encodedAs ?? Type;
        init => encodedAs = value;
    }

    /// <summary>Bytes of all elements.</summary>
    public long SizeBytes => (long)Shape.Count * Type.SizeBytes();

    /// <summary>A tensor of single-precision values.</summary>
    public static StoredTensor FromSingles(string name, Shape shape, float[] values) => FromValues(name, DType.F32, shape, values);

    /// <summary>A tensor of values whose memory is that of the file's type.</summary>
    /// <exception cref="ShapeException">The bytes are not as many as the shape needs.</exception>
    public static StoredTensor FromValues<T>(string name, DType type, Shape shape, T[] values)
        where T : unmanaged
    {
        if (MemoryMarshal.AsBytes(values.AsSpan()).Length != (long)shape.Count * type.SizeBytes())
            throw new ShapeException("StoredTensor", $"expected {shape.Count} values of {type} for {shape}, got {values.Length}");
        return new(name, type, shape, destination => MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(destination));
    }

    /// <summary>The same tensor under another name.</summary>
    public StoredTensor Rename(string name) => new(name, Type, Shape, read) { EncodedAs = EncodedAs };

    /// <summary>Copies the bytes: dense, row-major, little-endian.</summary>
    public void ReadBytes(Span<byte> destination) => read(destination);
}

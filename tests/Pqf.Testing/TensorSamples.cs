using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Testing;

/// <summary>Small tensors of every type and odd shapes, for tests of files.</summary>
public static class TensorSamples
{
    /// <summary>Random bytes under every given type, each as a scalar, an empty tensor, a vector and a small array; truth values are 0 or
    /// 1.</summary>
    public static IReadOnlyList<StoredTensor> Of(RngKey key, params IEnumerable<DType> types) =>
        [.. from type in types from shape in Shapes select Create(key, type, shape)];

    /// <summary>A tensor of random bytes, named after type and shape.</summary>
    public static StoredTensor Create(RngKey key, DType type, Shape shape)
    {
        string name = $"layer.{type}.{string.Join('x', shape)}";
        byte[] bytes = new byte[shape.Count * type.SizeBytes()];
        var stream = key.Fold(name);
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(stream.Bits((ulong)i) & (type == DType.Bool ? 1u : 255u));
        return StoredTensor.FromValues(name, type, shape, bytes);
    }

    /// <summary>The bytes of a tensor.</summary>
    public static byte[] BytesOf(StoredTensor tensor)
    {
        byte[] bytes = new byte[tensor.SizeBytes];
        tensor.ReadBytes(bytes);
        return bytes;
    }

    static Shape[] Shapes => [new(), new(0), new(3), new(1, 2, 3), new(4, 0, 2), new(3, 5, 1, 1)];
}

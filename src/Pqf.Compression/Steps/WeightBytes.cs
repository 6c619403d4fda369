using System.Runtime.InteropServices;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>A weight as a message between ranks of one program: all of its values as they are in memory.</summary>
static class WeightBytes
{
    /// <summary>The message.</summary>
    public static byte[] Of(Weight weight)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        weight.Match(
            dense =>
            {
                writer.Write(false);
                writer.Write((int)dense.Form);
                Write(writer, dense.Value);
                return default(Unit);
            },
            quantised =>
            {
                writer.Write(true);
                writer.Write((int)quantised.CodebookForm);
                Write(writer, quantised.Codebook);
                Write(writer, quantised.Codes);
                Write(writer, quantised.DenseShape);
                return default;
            }
        );
        return stream.ToArray();
    }

    /// <summary>Reads a message.</summary>
    /// <param name="message">Of <see cref="Of"/>.</param>
    /// <param name="device">Where values go; they belong to the innermost scope.</param>
    public static Weight Read(byte[] message, Device device)
    {
        using var reader = new BinaryReader(new MemoryStream(message));
        bool isQuantised = reader.ReadBoolean();
        var form = (ValueForm)reader.ReadInt32();
        return isQuantised
            ? new Weight.Quantised(Tensor<float>(reader, device), Tensor<ushort>(reader, device), ReadShape(reader)) { CodebookForm = form }
            : new Weight.Dense(Tensor<float>(reader, device)) { Form = form };
    }

    static void Write<T>(BinaryWriter writer, Tensor<T> tensor)
        where T : unmanaged
    {
        Write(writer, tensor.Shape);
        writer.Write(MemoryMarshal.AsBytes(tensor.ToArray().AsSpan()));
    }

    static void Write(BinaryWriter writer, Shape shape)
    {
        writer.Write(shape.Rank);
        for (int axis = 0; axis < shape.Rank; axis++)
            writer.Write(shape[axis]);
    }

    static Tensor<T> Tensor<T>(BinaryReader reader, Device device)
        where T : unmanaged
    {
        var shape = ReadShape(reader);
        var values = new T[shape.Count];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return Tensors.Tensor<T>.From(device, shape, values);
    }

    static Shape ReadShape(BinaryReader reader)
    {
        int[] sizes = new int[reader.ReadInt32()];
        for (int axis = 0; axis < sizes.Length; axis++)
            sizes[axis] = reader.ReadInt32();
        return new Shape(sizes);
    }
}

using System.Buffers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Nets;

public static partial class StateDict
{
    static Result<Tensor<float>, PqfError> ReadSingles(StoredTensor tensor, string path, Device device)
    {
        if (tensor.Type is not (DType.F16 or DType.BF16 or DType.F32 or DType.F64))
            return new PqfError.Tensor(path, tensor.Name, $"expected floating-point values, got {tensor.Type}");
        float[] rented = ArrayPool<float>.Shared.Rent(tensor.Shape.Count);
        var values = rented.AsSpan(0, tensor.Shape.Count);
        try
        {
            tensor.ReadSingles(values);
            int bad = FirstNotFinite(values);
            return bad < 0
                ? Tensor<float>.From(device, tensor.Shape, values)
                : new PqfError.Tensor(path, tensor.Name, $"expected finite values, got {values[bad]} at position {bad}");
        }
        catch (InvalidDataException exception)
        {
            return new PqfError.Tensor(path, tensor.Name, exception.Message); // a double beyond the singles
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    static Result<Tensor<ushort>, PqfError> ReadCodes(StoredTensor tensor, int k, string path, Device device)
    {
        if (tensor.Type is not (DType.U8 or DType.I16 or DType.U16))
            return new PqfError.Tensor(path, tensor.Name, $"expected codes of 8 or 16 bits, got {tensor.Type}");
        ushort[] codes = tensor.ToCodes();
        int bad = Array.FindIndex(codes, code => code >= k);
        return bad < 0
            ? Tensor<ushort>.From(device, tensor.Shape, codes)
            : new PqfError.Tensor(path, tensor.Name, $"expected codes below {k}, the rows of the codebook, got {codes[bad]} at position {bad}");
    }

    static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                return i;
        return -1;
    }
}

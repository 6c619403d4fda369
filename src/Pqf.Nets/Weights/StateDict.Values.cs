using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

public static partial class StateDict
{
    /// <summary>Values that are finite, and at least a bound: variances are not negative.</summary>
    static Result<Tensor<float>, PqfError> ReadSingles(
        StoredTensor tensor,
        string path,
        Device device,
        float least = float.NegativeInfinity
    )
    {
        if (tensor.Type is not (DType.F16 or DType.BF16 or DType.F32 or DType.F64))
            return new PqfError.Tensor(path, tensor.Name, $"expected floating-point values, got {tensor.Type}");
        try
        {
            string? problem = null;
            var values = Tensor<float>.Filled(
                device,
                tensor.Shape,
                destination =>
                {
                    tensor.ReadSingles(destination);
                    int infinite = FirstNotFinite(destination),
                        below = FirstBelow(destination, least);
                    problem =
                        infinite >= 0 ? $"expected finite values, got {destination[infinite]} at position {infinite}"
                        : below >= 0 ? $"expected values of at least {least}, got {destination[below]} at position {below}"
                        : null;
                }
            );
            return problem is null ? values : new PqfError.Tensor(path, tensor.Name, problem);
        }
        catch (InvalidDataException exception)
        {
            return new PqfError.Tensor(path, tensor.Name, exception.Message); // a double beyond the singles
        }
    }

    static Result<Tensor<ushort>, PqfError> ReadCodes(StoredTensor tensor, int k, string path, Device device)
    {
        if (tensor.Type is not (DType.U8 or DType.I16 or DType.U16))
            return new PqfError.Tensor(path, tensor.Name, $"expected codes of 8 or 16 bits, got {tensor.Type}");
        string? problem = null;
        var codes = Tensor<ushort>.Filled(
            device,
            tensor.Shape,
            destination =>
            {
                tensor.ReadCodes(destination);
                int bad = FirstNotBelow(destination, k);
                problem = bad < 0 ? null : $"expected codes below {k}, the rows of the codebook, got {destination[bad]} at position {bad}";
            }
        );
        return problem is null ? codes : new PqfError.Tensor(path, tensor.Name, problem);
    }

    static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                return i;
        return -1;
    }

    static int FirstBelow(ReadOnlySpan<float> values, float least)
    {
        for (int i = 0; i < values.Length; i++)
            if (values[i] < least)
                return i;
        return -1;
    }

    static int FirstNotBelow(ReadOnlySpan<ushort> codes, int k)
    {
        for (int i = 0; i < codes.Length; i++)
            if (codes[i] >= k)
                return i;
        return -1;
    }
}

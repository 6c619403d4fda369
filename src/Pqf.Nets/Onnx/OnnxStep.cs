using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>One operation of a model, cut as our layers are: a layer with its bias and the norm that follows is one step.</summary>
/// <param name="Number">Given by <see cref="ValueNumbers"/>; the bias and the norm do not count.</param>
/// <param name="Inputs">Places of the steps read.</param>
sealed record OnnxStep(int Number, ImmutableArray<int> Inputs)
{
    /// <summary>[O, I / groups, kH, kW] or [out, in]; null if the operation has none.</summary>
    public StoredTensor? Weight { get; init; }

    /// <summary>[O] or [out]; null if there is none.</summary>
    public StoredTensor? Bias { get; init; }

    /// <summary>The norm after the bias; null if there is none.</summary>
    public OnnxNorm? Norm { get; init; }
}

/// <summary>How a model holds a norm.</summary>
abstract record OnnxNorm
{
    OnnxNorm() { }

    /// <summary>As a batch norm of four vectors [C].</summary>
    public sealed record Statistics(StoredTensor Weight, StoredTensor Bias, StoredTensor Mean, StoredTensor Variance, float Eps) : OnnxNorm;

    /// <summary>As a product and a sum with vectors [C]; the sum may be still to come.</summary>
    public sealed record Products(StoredTensor Scale, StoredTensor? Shift) : OnnxNorm;
}

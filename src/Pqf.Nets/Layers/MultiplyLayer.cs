using Pqf.Tensors.Ops.Arithmetic;

namespace Pqf.Nets.Layers;

/// <summary>Product of two values, each repeated along axes where it has length 1.</summary>
/// <param name="Left">Node read.</param>
/// <param name="Right">Node read, of the same shape but for axes of length 1 in either.</param>
public sealed record MultiplyLayer(int Left, int Right) : ArithmeticLayer<Times>(Left, Right)
{
    internal override bool IsProduct => true;

    private protected override string OnnxName => "Mul";
}

using Pqf.Tensors.Ops.Arithmetic;

namespace Pqf.Nets.Layers;

/// <summary>Difference of two values, each repeated along axes where it has length 1.</summary>
/// <param name="Left">Node read.</param>
/// <param name="Right">Node read, of the same shape but for axes of length 1 in either.</param>
public sealed record SubtractLayer(int Left, int Right) : ArithmeticLayer<Minus>(Left, Right)
{
    private protected override string OnnxName => "Sub";
}

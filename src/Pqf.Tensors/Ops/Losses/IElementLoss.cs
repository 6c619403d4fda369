using System.Numerics;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>A loss of one value against its target, and its slope; in a scalar form for both devices and a vector form for the
/// host.</summary>
interface IElementLoss
{
    float Loss(float x, float target);

    Vector<float> Loss(Vector<float> x, Vector<float> target);

    float Slope(float x, float target);

    Vector<float> Slope(Vector<float> x, Vector<float> target);
}

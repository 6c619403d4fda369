using System.Numerics;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>How a pool joins the values under its window.</summary>
interface IPoolOp
{
    static abstract float Start { get; }

    static abstract float Join(float a, float b);

    static abstract Vector<float> Join(Vector<float> a, Vector<float> b);
}

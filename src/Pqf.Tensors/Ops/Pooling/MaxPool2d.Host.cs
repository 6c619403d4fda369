using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class MaxPool2d
{
    static void Host(HostDevice host, PoolWindow window, Tensor<float> x, Tensor<float> y) =>
        PoolRows<Largest>.Run(host, window, x, y, PoolCount.One);

    /// <summary>NaN wins.</summary>
    readonly struct Largest : IPoolOp
    {
        public static float Start => float.NegativeInfinity;

        public static float Join(float a, float b) => MathF.Max(a, b);

        public static Vector<float> Join(Vector<float> a, Vector<float> b) => Vector.Max(a, b);
    }
}

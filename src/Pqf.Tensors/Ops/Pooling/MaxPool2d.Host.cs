using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class MaxPool2d
{
    static void Host(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float> y) => PoolRows<Largest>.Run(host, g, x, y, 1);

    /// <summary>NaN wins.</summary>
    readonly struct Largest : IPoolOp
    {
        public static float Start => float.NegativeInfinity;

        public static float Join(float a, float b) => MathF.Max(a, b);

        public static Vector<float> Join(Vector<float> a, Vector<float> b) => Vector.Max(a, b);
    }
}

using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class AvgPool2d
{
    static void Host(HostDevice host, PoolWindow window, PoolCount count, Tensor<float> x, Tensor<float> y) =>
        PoolRows<Sum>.Run(host, window, x, y, count);

    readonly struct Sum : IPoolOp
    {
        public static float Start => 0;

        public static float Join(float a, float b) => a + b;

        public static Vector<float> Join(Vector<float> a, Vector<float> b) => a + b;
    }
}

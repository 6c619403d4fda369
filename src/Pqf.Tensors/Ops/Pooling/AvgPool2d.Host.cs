using System.Numerics;
using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class AvgPool2d
{
    static unsafe void Host(HostDevice host, PoolWindow window, PoolCount count, Tensor<float> x, Tensor<float> y)
    {
        var g = window.G;
        if (window.IsPlain && g.Padding == 0 && g.Kernel == new Pair(g.H, g.W))
            GlobalMeans.Run(host, x.Shape, x.Pointer, y.Pointer);
        else
            PoolRows<Sum>.Run(host, window, x, y, count);
    }

    readonly struct Sum : IPoolOp
    {
        public static float Start => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Join(float a, float b) => a + b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Join(Vector<float> a, Vector<float> b) => a + b;
    }
}

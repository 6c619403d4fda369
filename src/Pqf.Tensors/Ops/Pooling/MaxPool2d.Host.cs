using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class MaxPool2d
{
    static void Host(HostDevice host, PoolWindow window, Tensor<float> x, Tensor<float> y)
    {
        if (!LargestRows<Simd256, Vector256<float>>.Fits(window))
            PoolRows<Largest>.Run(host, window, x, y, PoolCount.One);
        else if (host.Width == VectorWidth.Bits512)
            Host<Simd512, Vector512<float>>(host, window, x, y);
        else
            Host<Simd256, Vector256<float>>(host, window, x, y);
    }

    static unsafe void Host<S, V>(HostDevice host, PoolWindow window, Tensor<float> x, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged => host.For(window.G.N * window.OutH, new LargestRows<S, V>(window, x.Pointer, y.Pointer, host.Scratch));

    /// <summary>NaN wins.</summary>
    readonly struct Largest : IPoolOp
    {
        public static float Start => float.NegativeInfinity;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Join(float a, float b) => MathF.Max(a, b);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Join(Vector<float> a, Vector<float> b) => Vector.Max(a, b);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class MaxPool2d
{
    static void Host(HostDevice host, PoolWindow window, Tensor<float> x, Tensor<float> y) =>
        PoolRows<Largest>.Run(host, window, x, y, PoolCount.One);

    /// <summary>One row of outputs of one image.</summary>
    /// <param name="window">Sizes.</param>
    /// <param name="x">The image's first row; rows that the window does not cover need not be there.</param>
    /// <param name="oy">Number of the row.</param>
    /// <param name="y">[W', C], where it goes.</param>
    internal static unsafe void Row(PoolWindow window, float* x, int oy, float* y) =>
        new PoolRows<Largest>(window, x, y, PoolCount.One).Row(0, oy, y);

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

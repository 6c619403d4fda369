using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>Gradient of a depthwise convolution's input, of any stride: a row of input pixels, to which each tap adds its weight times the
/// outputs that it meets.</summary>
/// <param name="g">One channel in each group.</param>
/// <param name="weight">[kH · kW, C].</param>
/// <param name="dy">[N, H', W', C].</param>
/// <param name="dx">[N, H, W, C].</param>
readonly unsafe struct DepthwiseInputGradient(ConvGeometry g, float* weight, float* dy, float* dx) : IHostWork
{
    /// <summary>Writes the gradient.</summary>
    /// <param name="host">The device.</param>
    /// <param name="g">One channel in each group.</param>
    /// <param name="weight">[C, 1, kH, kW].</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <param name="dx">[N, H, W, C].</param>
    public static void Run(HostDevice host, ConvGeometry g, float* weight, float* dy, float* dx)
    {
        using var byTap = new Workspace<float>(host, (long)g.Taps * g.InChannels);
        for (int c = 0; c < g.InChannels; c++)
        for (int tap = 0; tap < g.Taps; tap++)
            byTap.Pointer[((nint)tap * g.InChannels) + c] = weight[((nint)c * g.Taps) + tap];
        host.For(g.N * g.H, new DepthwiseInputGradient(g, byTap.Pointer, dy, dx));
    }

    public void Invoke(int item, int thread)
    {
        int n = item / g.H,
            iy = item % g.H;
        float* to = dx + g.InputAt(n, iy, 0);
        new Span<float>(to, g.W * g.InChannels).Clear();
        for (int a = 0; a < g.Kernel.H; a++)
        {
            int above = iy + g.Padding.H - (a * g.Dilation.H),
                oy = above / g.Stride.H;
            if (above < 0 || above % g.Stride.H != 0 || oy >= g.OutH)
                continue;
            for (int b = 0; b < g.Kernel.W; b++)
            {
                var (first, end) = DepthwiseTaps.Outputs(b, g.W, g.OutW, g.Stride.W, g.Padding.W, g.Dilation.W);
                float* w = weight + (((a * g.Kernel.W) + b) * (nint)g.InChannels);
                for (int ox = first; ox < end; ox++)
                    Add(w, dy + g.OutputAt(n, oy, ox), to + ((nint)g.InputColumn(ox, b) * g.InChannels));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Add(float* w, float* q, float* to)
    {
        int c = 0;
        if (Vector512.IsHardwareAccelerated)
            for (; c <= g.InChannels - Simd512.Count; c += Simd512.Count)
                Simd512.Store(Simd512.MultiplyAdd(Simd512.Load(w + c), Simd512.Load(q + c), Simd512.Load(to + c)), to + c);
        for (; c <= g.InChannels - Simd256.Count; c += Simd256.Count)
            Simd256.Store(Simd256.MultiplyAdd(Simd256.Load(w + c), Simd256.Load(q + c), Simd256.Load(to + c)), to + c);
        for (; c < g.InChannels; c++)
            to[c] += w[c] * q[c];
    }
}

using ILGPU;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>Six values of a patch or of products, in registers; the transforms are those of <see cref="Winograd4{S, V}"/>.</summary>
readonly struct GpuWinogradSix(float v0, float v1, float v2, float v3, float v4, float v5)
{
    public readonly float V0 = v0;
    public readonly float V1 = v1;
    public readonly float V2 = v2;
    public readonly float V3 = v3;
    public readonly float V4 = v4;
    public readonly float V5 = v5;

    /// <summary>Bᵀ · v.</summary>
    public GpuWinogradSix Forward()
    {
        float even = V4 - (4f * V2), odd = V3 - (4f * V1), evenOfTwo = V4 - V2, oddOfTwo = 2f * (V3 - V1);
        return new(
            (4f * V0) + (V4 - (5f * V2)),
            even + odd,
            even - odd,
            evenOfTwo + oddOfTwo,
            evenOfTwo - oddOfTwo,
            (4f * V1) + (V5 - (5f * V3)));
    }

    /// <summary>Six values, each <paramref name="stride"/> after the one before.</summary>
    public static GpuWinogradSix Load(ArrayView<float> from, int at, int stride) =>
        new(
            from[at],
            from[at + stride],
            from[at + (2 * stride)],
            from[at + (3 * stride)],
            from[at + (4 * stride)],
            from[at + (5 * stride)]
        );

    /// <summary>Each <paramref name="stride"/> after the one before.</summary>
    public void Store(ArrayView<float> to, int at, int stride)
    {
        to[at] = V0;
        to[at + stride] = V1;
        to[at + (2 * stride)] = V2;
        to[at + (3 * stride)] = V3;
        to[at + (4 * stride)] = V4;
        to[at + (5 * stride)] = V5;
    }

    /// <summary>Aᵀ · v.</summary>
    public GpuWinogradFour Back()
    {
        float even = V1 + V2, odd = V1 - V2, evenOfTwo = V3 + V4, oddOfTwo = V3 - V4;
        return new((V0 + even) + evenOfTwo, odd + (2f * oddOfTwo), even + (4f * evenOfTwo), (odd + (8f * oddOfTwo)) + V5);
    }

    /// <summary>Gᵀ · v.</summary>
    public GpuWinogradThree Gather()
    {
        float even = -1f / 6f * (V1 + V2), odd = 1f / 6f * (V2 - V1), evenOfTwo = V3 + V4, oddOfTwo = V3 - V4;
        return new(
            (0.25f * V0) + ((1f / 24f * evenOfTwo) + even),
            (1f / 12f * oddOfTwo) + odd,
            ((1f / 6f * evenOfTwo) + even) + V5);
    }
}

/// <summary>Four values of a tile of outputs or of their gradients.</summary>
readonly struct GpuWinogradFour(float v0, float v1, float v2, float v3)
{
    public readonly float V0 = v0;
    public readonly float V1 = v1;
    public readonly float V2 = v2;
    public readonly float V3 = v3;

    /// <summary>A · v.</summary>
    public GpuWinogradSix Spread()
    {
        float even = V0 + V2, odd = V1 + V3, evenOfTwo = V0 + (4f * V2), oddOfTwo = 2f * (V1 + (4f * V3));
        return new(V0, even + odd, even - odd, evenOfTwo + oddOfTwo, evenOfTwo - oddOfTwo, V3);
    }
}

/// <summary>Three values of a kernel or of its gradient.</summary>
readonly struct GpuWinogradThree(float v0, float v1, float v2)
{
    public readonly float V0 = v0;
    public readonly float V1 = v1;
    public readonly float V2 = v2;

    /// <summary>G · v.</summary>
    public GpuWinogradSix Kernel()
    {
        float ends = V0 + V2, endsOfTwo = V0 + (4f * V2);
        return new(
            0.25f * V0,
            -1f / 6f * (ends + V1),
            -1f / 6f * (ends - V1),
            1f / 24f * (endsOfTwo + (2f * V1)),
            1f / 24f * (endsOfTwo - (2f * V1)),
            V2);
    }
}

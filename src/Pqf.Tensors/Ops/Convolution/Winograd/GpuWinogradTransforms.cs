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

    /// <summary>Aᵀ · v.</summary>
    public GpuWinogradFour Back()
    {
        float even = V1 + V2, odd = V1 - V2, evenOfTwo = V3 + V4, oddOfTwo = V3 - V4;
        return new((V0 + even) + evenOfTwo, odd + (2f * oddOfTwo), even + (4f * evenOfTwo), (odd + (8f * oddOfTwo)) + V5);
    }
}

/// <summary>Four values of a tile of outputs.</summary>
readonly struct GpuWinogradFour(float v0, float v1, float v2, float v3)
{
    public readonly float V0 = v0;
    public readonly float V1 = v1;
    public readonly float V2 = v2;
    public readonly float V3 = v3;
}

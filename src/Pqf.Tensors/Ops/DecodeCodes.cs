using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

/// <summary>Weights from codes and a codebook.</summary>
public static partial class DecodeCodes
{
    /// <summary>Block b of the weight is row codes[b] of the codebook.</summary>
    /// <param name="codebook">[k, d].</param>
    /// <param name="codes">[n] or [rows, m], each below k; the caller has checked them.</param>
    /// <param name="weight">The weight's shape: n · d values, blocks in row-major order.</param>
    /// <returns>A weight of that shape.</returns>
    /// <exception cref="ShapeException">n · d is not the weight's count.</exception>
    public static Tensor<float> Forward(Tensor<float> codebook, Tensor<ushort> codes, Shape weight)
    {
        Shapes.SameDevice("DecodeCodes", codebook.Device, codes);
        var w = Tensor<float>.Rent(codebook.Device, Shapes.DecodeCodes(codebook.Shape, codes.Shape, weight));
        if (codebook.Device is HostDevice host)
            Host(host, codebook, codes, w);
        else
            Gpu((GpuDevice)codebook.Device, codebook, codes, w);
        return w;
    }
}

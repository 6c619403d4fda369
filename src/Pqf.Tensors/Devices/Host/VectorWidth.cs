namespace Pqf.Tensors.Devices.Host;

/// <summary>Which vector registers the host's kernels are written for.</summary>
enum VectorWidth
{
    /// <summary>Sixteen floats, 32 registers.</summary>
    Bits512,

    /// <summary>Eight floats, 16 registers.</summary>
    Bits256,
}

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>How a convolution's weights lie in memory.</summary>
enum KernelOrder
{
    /// <summary>[O, I, kH, kW].</summary>
    AsStored,

    /// <summary>[I, O, kH, kW], each kernel's taps last first: those of the convolution whose gradient is carried back.</summary>
    Flipped,
}

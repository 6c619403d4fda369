using Pqf.Nets.Onnx;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>A function of each value by itself that a program brings: it is run, compiled into the step before it, recorded with its
/// gradient, and counts in the search for channel orders like those of this library, on all devices.</summary>
/// <remarks>Files and ONNX models do not hold it, as other programs do not know the function.</remarks>
/// <param name="X">Node read.</param>
/// <typeparam name="TOp">The function: a struct without fields. ILGPU compiles its scalar forms for GPUs.</typeparam>
public sealed record FunctionLayer<TOp>(int X) : ElementwiseLayer<TOp>(X)
    where TOp : unmanaged, IUnaryOp
{
    internal override OnnxForm? Onnx => null;
}

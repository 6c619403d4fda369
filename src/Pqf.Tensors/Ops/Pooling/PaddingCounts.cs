namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Whether a mean's divisor counts padding.</summary>
public enum PaddingCounts
{
    /// <summary>As zeros: PyTorch's and older ONNX models' <c>count_include_pad</c> of 1.</summary>
    AsZeros,

    /// <summary>Not at all: the mean is that of the pixels within the input.</summary>
    AsNothing,
}

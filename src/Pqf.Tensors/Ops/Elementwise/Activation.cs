namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>What a fused op applies to its result last.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,
}

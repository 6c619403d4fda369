namespace Pqf.Tensors.Ops.Convolution;

/// <summary>What a plan spends memory on.</summary>
public enum PlanMemory
{
    /// <summary>Weights may take up to four times their size where that makes a layer faster.</summary>
    Fast,

    /// <summary>Weights take no more than their own size.</summary>
    Low,
}

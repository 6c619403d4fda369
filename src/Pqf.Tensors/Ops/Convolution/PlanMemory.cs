namespace Pqf.Tensors.Ops.Convolution;

/// <summary>What a plan spends memory on.</summary>
public enum PlanMemory
{
    /// <summary>Weights may take up to four times their size where that makes a layer faster.</summary>
    Fast,

    /// <summary>Weights take no more than their own size.</summary>
    Low,

    /// <summary>As <see cref="Low"/>, and each layer's weights are packed when it runs and given back after it: for networks that run once
    /// or twice. The network's parameters must live as long as the plan.</summary>
    Least,
}

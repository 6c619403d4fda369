namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>What the pull-back of a function of one number reads beside the gradient; a tape keeps nothing else for it.</summary>
public enum PullbackReads
{
    /// <summary>Nothing: the slope is a constant.</summary>
    Nothing,

    /// <summary>The function's argument.</summary>
    Input,

    /// <summary>The function's value. It costs no memory where the next op keeps it too.</summary>
    Output,
}

using Pqf.Tensors;

namespace Pqf.Autodiff;

/// <summary>A value that recorded ops read: a tensor, and its place on the tape if a gradient flows to it.</summary>
public sealed class Variable
{
    // What needs no gradient has no place on the tape.
    const int None = -1;

    internal Variable(Tensor<float> value, int node = None)
    {
        Value = value;
        Node = node;
    }

    /// <summary>The tensor.</summary>
    public Tensor<float> Value { get; }

    /// <summary>Axis lengths of the value.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>Whether some parameter's gradient depends on this value's.</summary>
    public bool NeedsGradient => Node != None;

    /// <summary>Number of the node that made it.</summary>
    internal int Node { get; }
}

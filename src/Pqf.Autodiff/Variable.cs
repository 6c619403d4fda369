using Pqf.Tensors;

namespace Pqf.Autodiff;

/// <summary>A value that recorded ops read: a tensor, and its place on the tape if a gradient flows to it.</summary>
public sealed class Variable
{
    /// <summary>What needs no gradient has no place on the tape.</summary>
    internal const int None = -1;

    internal Variable(Tensor<float> value, int entry = None)
    {
        Value = value;
        Entry = entry;
    }

    /// <summary>The tensor.</summary>
    public Tensor<float> Value { get; }

    /// <summary>Axis lengths of the value.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>Whether some parameter's gradient depends on this value's.</summary>
    public bool NeedsGradient => Entry != None;

    /// <summary>Its place on the tape.</summary>
    internal int Entry { get; }
}

using System.Numerics;

namespace Pqf.Tensors.Ops.Arithmetic;

/// <summary>A function of two numbers, in a scalar form for both devices and a vector form for the host.</summary>
public interface IBinaryOp
{
    /// <summary>What the gradients are.</summary>
    static abstract Arithmetic Kind { get; }

    /// <summary>Two numbers. Also compiled for the GPU.</summary>
    static abstract float Apply(float a, float b);

    /// <summary>Vectors of the processor's usual width.</summary>
    static abstract Vector<float> Apply(Vector<float> a, Vector<float> b);
}

/// <summary>The four kinds of arithmetic.</summary>
public enum Arithmetic
{
    /// <summary>a + b.</summary>
    Plus,

    /// <summary>a − b.</summary>
    Minus,

    /// <summary>a · b.</summary>
    Times,

    /// <summary>a / b.</summary>
    Over,
}

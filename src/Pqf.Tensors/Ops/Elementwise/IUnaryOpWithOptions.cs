using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A function of one number whose options are the fields of its struct, 8 bytes at most. Otherwise as
/// <see cref="IUnaryOp"/>.</summary>
public interface IUnaryOpWithOptions
{
    /// <summary>What <see cref="Pullback(float, float)"/> gets as its first argument.</summary>
    static abstract PullbackReads PullbackReads { get; }

    /// <summary>One number. Also compiled for the GPU.</summary>
    float Apply(float x);

    /// <summary>A vector of the processor's usual width.</summary>
    Vector<float> Apply(Vector<float> x);

    /// <summary>The gradient of the argument: the slope times dy. Also compiled for the GPU.</summary>
    /// <param name="read">The argument or the value, as <see cref="PullbackReads"/> says; any number if it is
    /// <see cref="PullbackReads.Nothing"/>.</param>
    /// <param name="dy">Gradient of the value.</param>
    float Pullback(float read, float dy);

    /// <summary>The same for vectors.</summary>
    Vector<float> Pullback(Vector<float> read, Vector<float> dy);
}

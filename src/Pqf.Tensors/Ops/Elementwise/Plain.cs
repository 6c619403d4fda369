using System.Numerics;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A function without options in the form of one with options, so that the host's loops are written once.</summary>
readonly struct Plain<TOp> : IUnaryOpWithOptions
    where TOp : unmanaged, IUnaryOp
{
    public static PullbackReads PullbackReads => TOp.PullbackReads;

    public float Apply(float x) => TOp.Apply(x);

    public Vector<float> Apply(Vector<float> x) => TOp.Apply(x);

    public float Pullback(float read, float dy) => TOp.Pullback(read, dy);

    public Vector<float> Pullback(Vector<float> read, Vector<float> dy) => TOp.Pullback(read, dy);
}

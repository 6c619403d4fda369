using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A function that takes long enough for the widest vectors to pay: as
/// <see cref="IUnaryOp.Apply(System.Numerics.Vector{float})"/>, for vectors of any width.</summary>
interface IWideOp
{
    /// <summary>A vector.</summary>
    static abstract V Apply<S, V>(V x)
        where S : struct, ISimd<V>
        where V : unmanaged;
}

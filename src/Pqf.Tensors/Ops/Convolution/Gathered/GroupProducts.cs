using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The products of all groups of a convolution, in one loop: one loop for each would let the threads wait for one another after
/// every group.</summary>
/// <param name="g">The convolution.</param>
/// <param name="sizes">Of one group's product.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="panels">Each group's packed weights.</param>
/// <param name="y">[N, H', W', O].</param>
/// <param name="scratch">See <see cref="Devices.HostDevice.Scratch"/>.</param>
readonly unsafe struct GroupProducts<S, V>(ConvGeometry g, ProductSizes sizes, float* x, float* panels, float* y, byte* scratch) : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Each group's bias, padded to whole panels, or null.</summary>
    public float* Bias { get; init; }

    /// <summary>[N, H', W', O] that is added, or null.</summary>
    public float* Residual { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    /// <summary>Blocks of all groups.</summary>
    public int ItemCount => g.Groups * sizes.Blocks * sizes.Splits;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int items = sizes.Blocks * sizes.Splits,
            group = item / items,
            first = group * g.GroupOutChannels,
            width = sizes.Panels * 2 * S.Count;
        var product = new Product<S, V, RowLayout, ConvRows>(
            sizes,
            new ConvRows(g, x, group),
            panels + (group * (nint)width * g.Taps),
            y + first,
            g.OutChannels,
            scratch
        )
        {
            Bias = Bias == null ? null : Bias + (group * width),
            Residual = Residual == null ? null : Residual + first,
            Tail = Tail,
        };
        product.Invoke(item % items, thread);
    }
}

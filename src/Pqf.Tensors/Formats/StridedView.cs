using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

/// <summary>Copies a view of a storage as a dense, row-major array.</summary>
static class StridedView
{
    /// <summary>Copies all elements of a view.</summary>
    /// <param name="tensor">The view, checked to lie within its storage.</param>
    /// <param name="file">The file that the storage is in, or was unpacked from.</param>
    /// <param name="storage">The whole storage.</param>
    /// <param name="destination">As many bytes as the view's elements take.</param>
    public static void Copy(PickledTensor tensor, MappedFile file, ReadOnlySpan<byte> storage, Span<byte> destination)
    {
        if (destination.IsEmpty)
            return;
        int elementBytes = tensor.Type.SizeBytes();
        var from = storage[(int)((tensor.Storage.First * tensor.Storage.Type.SizeBytes()) + (tensor.Offset * elementBytes))..];
        if (IsDense(tensor))
        {
            file.Copy(from[..destination.Length], destination);
            return;
        }

        switch (elementBytes)
        {
            case 1:
                Gather(tensor, from, destination);
                break;
            case 2:
                Gather(tensor, MemoryMarshal.Cast<byte, ushort>(from), MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case 4:
                Gather(tensor, MemoryMarshal.Cast<byte, uint>(from), MemoryMarshal.Cast<byte, uint>(destination));
                break;
            default:
                Gather(tensor, MemoryMarshal.Cast<byte, ulong>(from), MemoryMarshal.Cast<byte, ulong>(destination));
                break;
        }
    }

    static bool IsDense(PickledTensor tensor)
    {
        long dense = 1;
        for (int axis = tensor.Lengths.Length - 1; axis >= 0; axis--)
        {
            // The stride of an axis of one element is never used; PyTorch leaves any value there.
            if (tensor.Lengths[axis] != 1 && tensor.Strides[axis] != dense)
                return false;
            dense *= tensor.Lengths[axis];
        }

        return true;
    }

    static void Gather<T>(PickledTensor tensor, ReadOnlySpan<T> from, Span<T> destination)
        where T : unmanaged
    {
        int rank = tensor.Lengths.Length;
        long[] index = new long[rank];
        long position = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = from[(int)position];
            // Advance like an odometer: the last axis first, carrying to the left.
            for (int axis = rank - 1; axis >= 0; axis--)
            {
                position += tensor.Strides[axis];
                if (++index[axis] < tensor.Lengths[axis])
                    break;
                position -= tensor.Lengths[axis] * tensor.Strides[axis];
                index[axis] = 0;
            }
        }
    }
}

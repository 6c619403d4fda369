using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Movement;

public static partial class ChannelOrder
{
    static unsafe void Host(HostDevice host, float* x, int n, int rows, int columns, Tensor<float> y)
    {
        if (y.Shape.Count > 0)
            host.For(
                n * Division.Ceil(rows, Patches.Size) * Division.Ceil(columns, Patches.Size),
                new Patches(x, rows, columns, y.Pointer)
            );
    }

    /// <summary>Square patches of a matrix, transposed.</summary>
    readonly unsafe struct Patches(float* x, int rows, int columns, float* y) : IHostWork
    {
        public const int Size = 256;

        public void Invoke(int item, int thread)
        {
            int down = Division.Ceil(rows, Size),
                across = Division.Ceil(columns, Size);
            int n = item / (down * across),
                row = item / across % down * Size,
                column = item % across * Size;
            nint matrix = (nint)n * rows * columns;
            Transposition.Copy(
                x + matrix + ((nint)row * columns) + column,
                columns,
                Math.Min(Size, rows - row),
                Math.Min(Size, columns - column),
                y + matrix + ((nint)column * rows) + row,
                rows
            );
        }
    }
}

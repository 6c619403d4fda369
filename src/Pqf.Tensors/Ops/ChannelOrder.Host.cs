using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class ChannelOrder
{
    static unsafe void Host(HostDevice host, Tensor<float> x, int n, int rows, int columns, Tensor<float> y)
    {
        for (int i = 0; i < n; i++)
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++)
                    y.Pointer[(((i * columns) + c) * rows) + r] = x.Pointer[(((i * rows) + r) * columns) + c];
    }
}

using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class MaxPool2d
{
    static unsafe void Host(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float> y)
    {
        for (int pixel = 0; pixel < g.OutPixels; pixel++)
            for (int c = 0; c < g.InChannels; c++)
            {
                int n = pixel / (g.OutH * g.OutW), oy = pixel / g.OutW % g.OutH, ox = pixel % g.OutW;
                float value = float.NegativeInfinity;
                for (int a = 0; a < g.Kernel.H; a++)
                    for (int b = 0; b < g.Kernel.W; b++)
                    {
                        int iy = g.InputRow(oy, a), ix = g.InputColumn(ox, b);
                        if ((uint)iy < (uint)g.H && (uint)ix < (uint)g.W)
                            value = MathF.Max(value, x.Pointer[g.InputAt(n, iy, ix) + c]);
                    }
                y.Pointer[(pixel * g.InChannels) + c] = value;
            }
    }
}

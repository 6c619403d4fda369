using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public sealed partial class Conv2dPlan
{
    Tensor<float> packed = null!;
    Tensor<float>? packedBias;

    void PackHost(Tensor<float> weight, Tensor<float>? bias)
    {
        packed = Tensor<float>.From(device, weight.Shape, weight.ToArray());
        packedBias = bias is null ? null : Tensor<float>.From(device, bias.Shape, bias.ToArray());
    }

    unsafe void RunHost(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y) =>
        host.For(g.N * g.OutH, new Rows(g, x.Pointer, packed.Pointer, packedBias is null ? null : packedBias.Pointer, residual is null ? null : residual.Pointer, activation, y.Pointer));

    readonly unsafe struct Rows(ConvGeometry g, float* x, float* w, float* bias, float* residual, Activation activation, float* y) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int n = item / g.OutH, oy = item % g.OutH;
            for (int ox = 0; ox < g.OutW; ox++)
                for (int o = 0; o < g.OutChannels; o++)
                {
                    int at = (((item * g.OutW) + ox) * g.OutChannels) + o, first = o / g.GroupOutChannels * g.GroupInChannels;
                    float sum = (bias == null ? 0 : bias[o]) + (residual == null ? 0 : residual[at]);
                    for (int a = 0; a < g.Kernel.H; a++)
                        for (int b = 0; b < g.Kernel.W; b++)
                        {
                            int iy = g.InputRow(oy, a), ix = g.InputColumn(ox, b);
                            if ((uint)iy >= (uint)g.H || (uint)ix >= (uint)g.W)
                                continue;
                            for (int i = 0; i < g.GroupInChannels; i++)
                                sum += x[g.InputAt(n, iy, ix) + first + i] * w[g.WeightAt(o, i, a, b)];
                        }
                    y[at] = activation == Activation.Relu ? Relu.Apply(sum) : sum;
                }
        }
    }
}

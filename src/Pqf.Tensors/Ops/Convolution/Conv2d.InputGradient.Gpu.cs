using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    /// <summary>dx = clamp(convᵀ(dy) + bias): the gradient of a convolution's input, or a transposed convolution.</summary>
    /// <param name="gpu">Where.</param>
    /// <param name="g">The convolution.</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <param name="bias">[C], or null.</param>
    /// <param name="tail">Its bounds are applied; what else it holds is the caller's to finish.</param>
    /// <param name="dx">[N, H, W, C].</param>
    internal static void TransposedGpu(
        GpuDevice gpu,
        ConvGeometry g,
        Tensor<float> weight,
        Tensor<float> dy,
        Tensor<float>? bias,
        Tail tail,
        Tensor<float> dx
    )
    {
        var output = TileOutput.Of(dx, bias, tail, g.GroupInChannels);
        InputPhase[] phases =
        [
            .. from row in Enumerable.Range(0, Math.Min(g.H, g.Stride.H))
            from column in Enumerable.Range(0, Math.Min(g.W, g.Stride.W))
            select InputPhase.Of(g, row, column),
        ];
        if (g.GroupInChannels <= Conv2dPlan.NarrowChannels || phases.Any(phase => phase.TapCount > 0 && !Runs(g, phase).IsExact))
            gpu.Launch(dx.Shape.Count, new InputGradientKernel(dy.View, weight.View, output, g));
        else if (phases is [{ TapCount: > 0 } only])
            PhaseGpu(gpu, g, only, weight, dy, output);
        else
            foreach (var phase in phases)
                SpreadPhaseGpu(gpu, g, phase, weight, dy, output);
    }

    /// <summary>The pixels of one phase beside one another, then each in its place.</summary>
    static void SpreadPhaseGpu(GpuDevice gpu, ConvGeometry g, InputPhase phase, Tensor<float> weight, Tensor<float> dy, TileOutput output)
    {
        using var scope = gpu.BeginScope();
        Shape shape = [g.N, phase.Rows.Count, phase.Columns.Count, g.InChannels];
        var values = phase.TapCount > 0 ? Tensor<float>.Rent(gpu, shape) : Tensor<float>.Zeros(gpu, shape); // no tap reaches it
        if (phase.TapCount > 0)
            PhaseGpu(gpu, g, phase, weight, dy, TileOutput.Of(values, null, Tail.None, g.GroupInChannels));
        gpu.Launch(values.Shape.Count, new SpreadKernel(values.View, output, g, phase));
    }

    /// <summary>One phase as a convolution of dy at stride 1 with the taps that reach it, last first, and the roles of the weights'
    /// channels exchanged.</summary>
    static void PhaseGpu(GpuDevice gpu, ConvGeometry g, InputPhase phase, Tensor<float> weight, Tensor<float> dy, TileOutput output)
    {
        using var scope = gpu.BeginScope();
        var runs = Runs(g, phase);
        var size = new ProductSize(runs.Rows, g.GroupInChannels, g.Groups, phase.TapCount * g.GroupOutChannels);
        var packed = Tensor<float>.Rent(gpu, [size.Terms, g.InChannels]);
        gpu.Launch(packed.Shape.Count, new PackPhase(weight.View, packed.View, g, phase));
        GpuTileProducts.Run(
            gpu,
            size.Choice,
            size,
            g.GroupInChannels % 4 == 0 && g.GroupOutChannels % 4 == 0,
            new GatheredRows(dy.View, runs),
            new TermRows(packed.View, size.Terms, g.GroupInChannels, g.InChannels),
            output
        );
    }

    static TapRuns Runs(ConvGeometry g, InputPhase phase) =>
        TapRuns.Of(phase.Over(g)) with
        {
            Rows = g.N * phase.Rows.Count * phase.Columns.Count,
            OutH = phase.Rows.Count,
            OutW = phase.Columns.Count,
        };

    /// <summary>One weight of a phase, moved from [O, I, taps] to [taps of the phase, O, I], the last tap first.</summary>
    internal readonly struct PackPhase(ArrayView<float> weight, ArrayView<float> packed, ConvGeometry g, InputPhase phase) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                o = index / g.InChannels % g.GroupOutChannels,
                tap = index / g.InChannels / g.GroupOutChannels,
                group = c / g.GroupInChannels;
            int row = phase.Rows.LastTap - (tap / phase.Columns.TapCount * phase.Rows.TapStep),
                column = phase.Columns.LastTap - (tap % phase.Columns.TapCount * phase.Columns.TapStep);
            packed[index] = weight[g.WeightAt((group * g.GroupOutChannels) + o, c - (group * g.GroupInChannels), row, column)];
        }
    }

    /// <summary>One value of a phase in its place. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct SpreadKernel(ArrayView<float> values, TileOutput output, ConvGeometry g, InputPhase phase) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                pixel = index / g.InChannels;
            int x = pixel % phase.Columns.Count,
                y = pixel / phase.Columns.Count % phase.Rows.Count,
                n = pixel / phase.Columns.Count / phase.Rows.Count;
            int at = g.InputAt(n, phase.Rows.First + (y * g.Stride.H), phase.Columns.First + (x * g.Stride.W)) + c;
            output.Store(at, values[index]);
        }
    }

    /// <summary>One gradient of a narrow convolution's input, or one output of a narrow transposed convolution, from all outputs whose
    /// windows cover it; neighbours are neighbouring channels of one pixel: they share dy and read weights kH · kW apart.</summary>
    /// <remarks>2·taps·O / stride² operations for each input; without tiles in shared memory it is bound by the cache, at two loads for
    /// each two operations.</remarks>
    internal readonly struct InputGradientKernel(ArrayView<float> dy, ArrayView<float> weight, TileOutput output, ConvGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                pixel = index / g.InChannels;
            int ix = pixel % g.W,
                iy = pixel / g.W % g.H,
                n = pixel / g.W / g.H;
            float sum = 0f;
            for (int a = 0; a < g.Kernel.H; a++)
            {
                int row = iy + g.Padding.H - (a * g.Dilation.H); // of the output, times the stride
                for (int b = 0; b < g.Kernel.W; b++)
                {
                    int column = ix + g.Padding.W - (b * g.Dilation.W);
                    if (
                        row >= 0
                        && column >= 0
                        && row % g.Stride.H == 0
                        && column % g.Stride.W == 0
                        && row / g.Stride.H < g.OutH
                        && column / g.Stride.W < g.OutW
                    )
                        sum += Products(g.OutputAt(n, row / g.Stride.H, column / g.Stride.W), c, a, b);
                }
            }

            output.Store(index, sum);
        }

        float Products(int dyAt, int c, int a, int b)
        {
            int first = c / g.GroupInChannels * g.GroupOutChannels;
            float sum = 0f;
            for (int o = first; o < first + g.GroupOutChannels; o++)
                sum += dy[dyAt + o] * weight[g.WeightAt(o, c % g.GroupInChannels, a, b)];
            return sum;
        }
    }
}

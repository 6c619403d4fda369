using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>3 × 3 weights as Winograd's products read them: G w Gᵀ in panels [O / width][point][I][width], then one pixel of zeros for the
/// padding.</summary>
static unsafe class WinogradWeights<T>
    where T : struct, IWinograd
{
    const int Taps = 9;

    // Kernels of eight input channels at a time: as doubles, 18 KiB at the larger width.
    const int Channels = 8;

    static int Points => (T.M + 2) * (T.M + 2);

    /// <summary>Floats that the panels and the zeros take.</summary>
    public static int Count(int outChannels, int inChannels, int width) => checked(ZerosAt(outChannels, inChannels, width) + inChannels);

    /// <summary>Where the zeros begin.</summary>
    public static int ZerosAt(int outChannels, int inChannels, int width) =>
        checked(Division.Ceil(outChannels, width) * Points * inChannels * width);

    /// <summary>Transforms weights of O · I kernels in double; I is a multiple of 8, O and the width are of 16.</summary>
    public static void Pack(HostDevice host, float* weights, KernelOrder order, int outChannels, int inChannels, int width, float* packed)
    {
        new Span<float>(packed + ZerosAt(outChannels, inChannels, width), inChannels).Clear();
        host.For(
            Division.Ceil(outChannels, width) * (inChannels / Channels),
            new PackKernels(weights, order, outChannels, inChannels, width, packed)
        );
    }

    /// <summary>G w Gᵀ of four kernels in double.</summary>
    /// <param name="kernels">[tap][width], of which the first four.</param>
    /// <param name="width">From one tap to the next.</param>
    /// <param name="columns">Room for 3 · (m + 2) vectors.</param>
    /// <param name="to">[point].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void TransformFour(double* kernels, int width, Vector256<double>* columns, Vector256<double>* to)
    {
        int edge = T.M + 2;
        for (int j = 0; j < 3; j++, kernels += width)
            T.Weights(
                Vector256.Load(kernels),
                Vector256.Load(kernels + (3 * width)),
                Vector256.Load(kernels + (6 * width)),
                columns + (j * edge)
            );
        for (int i = 0; i < edge; i++)
            T.Weights(columns[i], columns[edge + i], columns[(2 * edge) + i], to + (i * edge));
    }

    /// <summary>The kernels of one panel and a few input channels.</summary>
    readonly struct PackKernels(float* weights, KernelOrder order, int outChannels, int inChannels, int width, float* packed) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int panel = item / (inChannels / Channels),
                channel = item % (inChannels / Channels) * Channels;
            double* kernels = stackalloc double[Channels * Taps * width];
            Vector256<double>* side = stackalloc Vector256<double>[2 * Points + 3 * (T.M + 2)];
            if (order == KernelOrder.AsStored)
                Transpose(panel * width, channel, kernels);
            else
                Flip(panel * width, channel, kernels);
            float* to = packed + ((((nint)panel * Points * inChannels) + channel) * width);
            for (int c = 0; c < Channels; c++, to += width)
            for (int o = 0; o < width; o += 8)
                Transform(kernels + (c * Taps * width) + o, side, to + o);
        }

        /// <summary>[channel][tap][output], from [output][channel][tap].</summary>
        void Transpose(int firstOut, int channel, double* kernels)
        {
            for (int o = 0; o < width; o++)
            {
                float* from = weights + ((((nint)(firstOut + o) * inChannels) + channel) * Taps);
                bool inside = firstOut + o < outChannels;
                for (int i = 0; i < Channels * Taps; i++)
                    kernels[(i * width) + o] = inside ? from[i] : 0;
            }
        }

        /// <summary>[channel][tap][output], from [channel][output][tap, last first].</summary>
        void Flip(int firstOut, int channel, double* kernels)
        {
            int count = Math.Min(width, outChannels - firstOut);
            for (int c = 0; c < Channels; c++, kernels += Taps * width)
            {
                float* from = weights + ((((nint)(channel + c) * outChannels) + firstOut) * Taps);
                for (int tap = 0; tap < Taps; tap++)
                {
                    double* to = kernels + ((Taps - 1 - tap) * width);
                    for (int o = 0; o < width; o++)
                        to[o] = o < count ? from[(o * Taps) + tap] : 0;
                }
            }
        }

        /// <summary>Eight kernels, four at a time in double, rounded once.</summary>
        void Transform(double* kernels, Vector256<double>* side, float* to)
        {
            Vector256<double>* low = side,
                high = side + Points;
            TransformFour(kernels, width, side + (2 * Points), low);
            TransformFour(kernels + 4, width, side + (2 * Points), high);
            for (int point = 0; point < Points; point++)
                Vector256.Narrow(low[point], high[point]).Store(to + ((nint)point * inChannels * width));
        }
    }
}

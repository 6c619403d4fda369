using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>Panels of a quantised weight, packed from its codes: no dense weight ever stands in memory.</summary>
static unsafe class CodePanels
{
    /// <summary>From weights [N, channels, taps] in blocks of d to terms counted tap by tap, channels innermost.</summary>
    /// <param name="host">Packs a panel a thread.</param>
    /// <param name="codebook">[k, d].</param>
    /// <param name="d">Values of a block; divides channels · taps.</param>
    /// <param name="codes">[N, channels · taps / d].</param>
    /// <param name="scales">Multiplies each of the N rows, in double; null for none.</param>
    /// <param name="n">Columns of the panels.</param>
    /// <param name="channels">Of a row.</param>
    /// <param name="taps">Of a row.</param>
    /// <param name="width">Columns of a panel, whole vectors.</param>
    /// <param name="panels">As <see cref="Panels"/> has them.</param>
    public static void Pack(
        HostDevice host,
        float* codebook,
        int d,
        ushort* codes,
        double* scales,
        int n,
        int channels,
        int taps,
        int width,
        float* panels
    ) => host.For(Division.Ceil(n, width), new Work(codebook, d, codes, scales, n, channels, taps, width, panels));

    readonly struct Work(float* codebook, int d, ushort* codes, double* scales, int n, int channels, int taps, int width, float* panels)
        : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int column = item * width,
                count = Math.Min(width, n - column),
                k = channels * taps,
                m = k / d;
            float* panel = panels + ((nint)column * k);
            if (count < width)
                Floats.Clear(panel, width * k);
            double* scale = stackalloc double[width];
            for (int j = 0; j < width; j++)
                scale[j] = scales != null && j < count ? scales[column + j] : 1;
            for (int block = 0; block < m; block++)
            {
                ushort* code = codes + ((nint)column * m) + block;
                if (taps == 1)
                    SpreadChannels(code, m, count, panel + ((nint)block * d * width));
                else
                    SpreadTaps(code, m, count, block * d, panel);
                if (scales != null)
                    Scale(block * d, panel, scale);
            }
        }

        /// <summary>A block of each column, where a block's values follow each other in the panel.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void SpreadChannels(ushort* code, int m, int count, float* to)
        {
            for (int j = 0; j < count; j++, code += m)
            {
                float* from = codebook + ((nint)(*code) * d);
                float* place = to + j;
                for (int i = 0; i < d; i++, place += width)
                    *place = from[i];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void SpreadTaps(ushort* code, int m, int count, int first, float* panel)
        {
            int firstChannel = first / taps,
                firstTap = first - (firstChannel * taps),
                stride = channels * width;
            for (int j = 0; j < count; j++, code += m)
            {
                float* from = codebook + ((nint)(*code) * d);
                int tap = firstTap;
                float* place = panel + ((nint)firstTap * stride) + ((nint)firstChannel * width) + j;
                for (int i = 0; i < d; i++)
                {
                    *place = from[i];
                    place += stride;
                    if (++tap == taps) // on to the next channel's first tap
                    {
                        tap = 0;
                        place += width - ((nint)taps * stride);
                    }
                }
            }
        }

        /// <summary>The terms of one block, all columns, while they are in the first-level cache.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Scale(int first, float* panel, double* scale)
        {
            for (int i = first; i < first + d; i++)
            {
                int channel = i / taps,
                    tap = i - (channel * taps);
                float* line = panel + ((((nint)tap * channels) + channel) * width);
                for (int j = 0; j < width; j += 8)
                {
                    var (low, high) = Vector256.Widen(Vector256.Load(line + j));
                    Vector256.Narrow(low * Vector256.Load(scale + j), high * Vector256.Load(scale + j + 4)).Store(line + j);
                }
            }
        }
    }
}

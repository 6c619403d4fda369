using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>Weights [O, 3, 7, 7] as <see cref="StemTiles{S, V}"/> reads them: G w Gᵀ of each phase, in panels
/// [O / width][point][term][width]. Each point has the terms that <see cref="StemPoints"/> states.</summary>
static unsafe class StemWeights
{
    // G for the points 0, 1, −1, 2, −2 and infinity: 1, p, p², p³ over the product of p's distances from the others.
    static ReadOnlySpan<double> G =>
        [
            1 / 4.0,
            0,
            0,
            0,
            -1 / 6.0,
            -1 / 6.0,
            -1 / 6.0,
            -1 / 6.0,
            -1 / 6.0,
            1 / 6.0,
            -1 / 6.0,
            1 / 6.0,
            1 / 24.0,
            2 / 24.0,
            4 / 24.0,
            8 / 24.0,
            1 / 24.0,
            -2 / 24.0,
            4 / 24.0,
            -8 / 24.0,
            0,
            0,
            0,
            1,
        ];

    /// <summary>Floats that the panels take.</summary>
    public static int Count(int outChannels, int width) => checked(Division.Ceil(outChannels, width) * StemPoints.AllTerms * width);

    /// <summary>Transforms weights in double and rounds once.</summary>
    public static void Pack(HostDevice host, float* weights, int outChannels, int width, float* packed) =>
        host.For(Division.Ceil(outChannels, width), new PackPanel(weights, outChannels, width, packed));

    readonly struct PackPanel(float* weights, int outChannels, int width, float* packed) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            float* panel = packed + ((nint)item * StemPoints.AllTerms * width);
            int first = item * width,
                count = Math.Min(width, outChannels - first);
            double* points = stackalloc double[StemPoints.Count];
            if (count < width)
                new Span<float>(panel, StemPoints.AllTerms * width).Clear();
            for (int o = 0; o < count; o++)
            for (int channel = 0; channel < 2 * StemPoints.RowTerms; channel++)
            {
                int row = channel / StemPoints.RowTerms,
                    term = channel % StemPoints.RowTerms,
                    column = term / StemPoints.Colours;
                float* kernel = weights + ((((nint)(first + o) * StemPoints.Colours) + (term % StemPoints.Colours)) * Square);
                Transform(kernel, row, column, points);
                Scatter(points, row, term, width, panel + o);
            }
        }

        const int Square = StemPoints.Kernel * StemPoints.Kernel;

        /// <summary>G w Gᵀ of the taps of one phase.</summary>
        static void Transform(float* kernel, int row, int column, double* points)
        {
            const int Taps = StemPoints.Taps;
            double* half = stackalloc double[StemPoints.Edge * Taps];
            for (int i = 0; i < StemPoints.Edge; i++)
            for (int j = 0; j < Taps; j++)
            {
                double sum = 0;
                for (int tap = 0; tap < Taps; tap++)
                    sum += G[(i * Taps) + tap] * Tap(kernel, (2 * tap) + row, (2 * j) + column);
                half[(i * Taps) + j] = sum;
            }

            for (int i = 0; i < StemPoints.Edge; i++)
            for (int j = 0; j < StemPoints.Edge; j++)
            {
                double sum = 0;
                for (int tap = 0; tap < Taps; tap++)
                    sum += G[(j * Taps) + tap] * half[(i * Taps) + tap];
                points[(i * StemPoints.Edge) + j] = sum;
            }
        }

        static double Tap(float* kernel, int row, int column) =>
            row < StemPoints.Kernel && column < StemPoints.Kernel ? kernel[(row * StemPoints.Kernel) + column] : 0;

        /// <summary>Writes the points of one channel of the phase pixels to their places.</summary>
        static void Scatter(double* points, int row, int term, int width, float* to)
        {
            for (int i = 0; i < StemPoints.Edge; i++)
            for (int j = 0; j < StemPoints.Edge; j++, points++)
            {
                int rows = StemPoints.Rows(i),
                    terms = StemPoints.Terms(j);
                if (row < rows && term < terms)
                    to[((row * terms) + term) * width] = (float)*points;
                to += rows * terms * width;
            }
        }
    }
}

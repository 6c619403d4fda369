using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Boxes;

public static partial class RoiAlign
{
    static void Host(HostDevice host, RoiGeometry g, Tensor<float> x, Tensor<float> boxes, Tensor<int> rows, Tensor<float> y)
    {
        if (host.Width == VectorWidth.Bits512)
            Host<Simd512, Vector512<float>>(host, g, x, boxes, rows, y);
        else
            Host<Simd256, Vector256<float>>(host, g, x, boxes, rows, y);
    }

    static unsafe void Host<S, V>(HostDevice host, RoiGeometry g, Tensor<float> x, Tensor<float> boxes, Tensor<int> rows, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        using var taps = new Workspace<RoiTap>(host, (long)host.ThreadCount * RoiTaps.Count(g));
        host.For(rows.Shape.Count, new Boxes<S, V>(g, x.Pointer, boxes.Pointer, rows.Pointer, y.Pointer, taps.Pointer));
    }

    static void PullbackHost(HostDevice host, RoiGeometry g, Tensor<float> boxes, Tensor<int> rows, Tensor<float> dy, Tensor<float> dx)
    {
        if (host.Width == VectorWidth.Bits512)
            PullbackHost<Simd512, Vector512<float>>(host, g, boxes, rows, dy, dx);
        else
            PullbackHost<Simd256, Vector256<float>>(host, g, boxes, rows, dy, dx);
    }

    static unsafe void PullbackHost<S, V>(
        HostDevice host,
        RoiGeometry g,
        Tensor<float> boxes,
        Tensor<int> rows,
        Tensor<float> dy,
        Tensor<float> dx
    )
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        using var taps = new Workspace<RoiTap>(host, (long)host.ThreadCount * RoiTaps.Count(g));
        var work = new Bands<S, V>(g, boxes.Pointer, rows.Pointer, rows.Shape.Count, dy.Pointer, dx.Pointer, taps.Pointer);
        host.For(g.N * work.Count, work);
    }

    /// <summary>One box: for each cell a weighted sum of pixels, some vectors of channels at a time.</summary>
    readonly unsafe struct Boxes<S, V>(RoiGeometry g, float* x, float* boxes, int* rows, float* y, RoiTap* taps) : IHostWork
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            float* box = boxes + ((nint)rows[item] * Rois.Fields),
                to = y + ((nint)rows[item] * g.CellCount * g.Channels);
            float* image = x + ((nint)box[0] * g.H * g.W * g.Channels);
            var lists = new RoiTaps(g, taps + ((nint)thread * RoiTaps.Count(g)));
            lists.Fill(box);
            for (int row = 0; row < g.Cells.H; row++)
            for (int column = 0; column < g.Cells.W; column++, to += g.Channels)
                Cell(image, lists.Rows(row), lists.Columns(column), to);
        }

        void Cell(float* image, RoiTap* down, RoiTap* across, float* to)
        {
            int c = 0;
            for (; c <= g.Channels - (4 * S.Count); c += 4 * S.Count)
                FourVectors(image + c, down, across, to + c);
            for (; c <= g.Channels - S.Count; c += S.Count)
                OneVector(image + c, down, across, to + c);
            for (; c < g.Channels; c++)
                to[c] = One(image + c, down, across);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void FourVectors(float* image, RoiTap* down, RoiTap* across, float* to)
        {
            V a = default,
                b = default,
                c = default,
                d = default;
            for (int i = 1; i <= down[0].At; i++)
            {
                float* row = image + ((nint)down[i].At * g.W * g.Channels);
                for (int j = 1; j <= across[0].At; j++)
                {
                    V weight = S.Create(down[i].Weight * across[j].Weight);
                    float* pixel = row + ((nint)across[j].At * g.Channels);
                    a = S.MultiplyAdd(weight, S.Load(pixel), a);
                    b = S.MultiplyAdd(weight, S.Load(pixel + S.Count), b);
                    c = S.MultiplyAdd(weight, S.Load(pixel + (2 * S.Count)), c);
                    d = S.MultiplyAdd(weight, S.Load(pixel + (3 * S.Count)), d);
                }
            }

            S.Store(a, to);
            S.Store(b, to + S.Count);
            S.Store(c, to + (2 * S.Count));
            S.Store(d, to + (3 * S.Count));
        }

        void OneVector(float* image, RoiTap* down, RoiTap* across, float* to)
        {
            V sum = default;
            for (int i = 1; i <= down[0].At; i++)
            for (int j = 1; j <= across[0].At; j++)
                sum = S.MultiplyAdd(
                    S.Create(down[i].Weight * across[j].Weight),
                    S.Load(image + ((((nint)down[i].At * g.W) + across[j].At) * g.Channels)),
                    sum
                );
            S.Store(sum, to);
        }

        float One(float* image, RoiTap* down, RoiTap* across)
        {
            float sum = 0;
            for (int i = 1; i <= down[0].At; i++)
            for (int j = 1; j <= across[0].At; j++)
                sum += down[i].Weight * across[j].Weight * image[(((nint)down[i].At * g.W) + across[j].At) * g.Channels];
            return sum;
        }
    }

    /// <summary>Some rows of one image's gradient, from all boxes over them in order: what a pixel sums does not depend on how rows are
    /// shared out.</summary>
    readonly unsafe struct Bands<S, V>(RoiGeometry g, float* boxes, int* rows, int rowCount, float* dy, float* dx, RoiTap* taps) : IHostWork
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // The rows of a box in a band stay in the second-level cache; enough bands for many cores.
        const int BandRows = 8;

        public int Count => Division.Ceil(g.H, BandRows);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int n = item / Count,
                first = item % Count * BandRows,
                end = Math.Min(g.H, first + BandRows);
            float* image = dx + ((nint)n * g.H * g.W * g.Channels);
            Floats.Clear(image + ((nint)first * g.W * g.Channels), (end - first) * g.W * g.Channels);
            var lists = new RoiTaps(g, taps + ((nint)thread * RoiTaps.Count(g)));
            for (int i = 0; i < rowCount; i++)
            {
                float* box = boxes + ((nint)rows[i] * Rois.Fields);
                if ((int)box[0] != n)
                    continue;
                var (firstRow, endRow) = g.Rows(box[2], box[4]).Pixels();
                if (firstRow >= end || endRow <= first)
                    continue;
                lists.Fill(box);
                Box(lists, dy + ((nint)rows[i] * g.CellCount * g.Channels), image, first, end);
            }
        }

        void Box(RoiTaps lists, float* gradient, float* image, int first, int end)
        {
            for (int row = 0; row < g.Cells.H; row++, gradient += g.Cells.W * g.Channels)
            {
                var down = lists.Rows(row);
                for (int i = 1; i <= down[0].At; i++)
                    if (down[i].At >= first && down[i].At < end)
                        for (int column = 0; column < g.Cells.W; column++)
                            Cell(
                                gradient + (column * g.Channels),
                                down[i].Weight,
                                lists.Columns(column),
                                image + ((nint)down[i].At * g.W * g.Channels)
                            );
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Cell(float* gradient, float rowWeight, RoiTap* across, float* row)
        {
            for (int j = 1; j <= across[0].At; j++)
            {
                float weight = rowWeight * across[j].Weight;
                float* pixel = row + ((nint)across[j].At * g.Channels);
                V weights = S.Create(weight);
                int c = 0;
                for (; c <= g.Channels - S.Count; c += S.Count)
                    S.Store(S.MultiplyAdd(weights, S.Load(gradient + c), S.Load(pixel + c)), pixel + c);
                for (; c < g.Channels; c++)
                    pixel[c] += weight * gradient[c];
            }
        }
    }
}

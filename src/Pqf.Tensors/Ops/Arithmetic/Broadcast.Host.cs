using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Arithmetic;

public static partial class Broadcast
{
    static unsafe void Host<TOp>(HostDevice host, BroadcastGeometry g, Tensor<float> a, Tensor<float> b, Tensor<float> c)
        where TOp : unmanaged, IBinaryOp
    {
        int pieces = Chunks.Count(g.Channels),
            perItem = Chunks.Rows(g.Channels),
            pixels = g.Images * g.Rows * g.Columns;
        host.For(Division.Ceil(pixels, perItem) * pieces, new Pixels<TOp>(g, a.Pointer, b.Pointer, c.Pointer, pixels, pieces, perItem));
    }

    /// <summary>Some pixels, or a piece of a long one.</summary>
    readonly unsafe struct Pixels<TOp>(BroadcastGeometry g, float* a, float* b, float* c, int pixels, int pieces, int perItem) : IHostWork
        where TOp : unmanaged, IBinaryOp
    {
        public void Invoke(int item, int thread)
        {
            int first = item / pieces * perItem,
                end = Math.Min(pixels, first + perItem),
                at = item % pieces * Chunks.Floats,
                count = Math.Min(Chunks.Floats, g.Channels - at);
            for (int pixel = first; pixel < end; pixel++)
            {
                int image = pixel / g.Columns / g.Rows,
                    row = pixel / g.Columns % g.Rows,
                    column = pixel % g.Columns;
                float* x = a + At(g.A, image, row, column) + (at * g.A.Channel),
                    y = b + At(g.B, image, row, column) + (at * g.B.Channel),
                    z = c + ((nint)pixel * g.Channels) + at;
                if (g.A.Channel == 0)
                    Right(*x, y, z, count);
                else if (g.B.Channel == 0)
                    Left(x, *y, z, count);
                else
                    Both(x, y, z, count);
            }
        }

        static nint At(Strides s, int image, int row, int column) => ((nint)image * s.Image) + (row * s.Row) + (column * s.Column);

        static void Both(float* a, float* b, float* c, int count)
        {
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(TOp.Apply(Vector.Load(a + i), Vector.Load(b + i)), c + i);
            for (; i < count; i++)
                c[i] = TOp.Apply(a[i], b[i]);
        }

        static void Left(float* a, float b, float* c, int count)
        {
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(TOp.Apply(Vector.Load(a + i), new Vector<float>(b)), c + i);
            for (; i < count; i++)
                c[i] = TOp.Apply(a[i], b);
        }

        /// <summary>One value, or as many as there are channels where both operands have one.</summary>
        void Right(float a, float* b, float* c, int count)
        {
            if (g.B.Channel == 0)
            {
                *c = TOp.Apply(a, *b); // both have one channel
                return;
            }

            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(TOp.Apply(new Vector<float>(a), Vector.Load(b + i)), c + i);
            for (; i < count; i++)
                c[i] = TOp.Apply(a, b[i]);
        }
    }
}

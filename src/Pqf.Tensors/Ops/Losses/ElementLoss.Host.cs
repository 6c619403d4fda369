using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Losses;

static partial class ElementLoss
{
    static unsafe void Host<TLoss>(HostDevice host, TLoss loss, Tensor<float> x, Tensor<float> target, float factor, Tensor<float> sum)
        where TLoss : unmanaged, IElementLoss
    {
        int parts = Chunks.Count(x.Shape.Count);
        using var sums = new Workspace<double>(host, parts);
        host.For(parts, new Part<TLoss>(loss, x.Pointer, target.Pointer, sums.Pointer, x.Shape.Count));
        double total = 0;
        for (int part = 0; part < parts; part++)
            total += sums.Pointer[part];
        *sum.Pointer = (float)(total * factor);
    }

    static unsafe void PullbackHost<TLoss>(
        HostDevice host,
        TLoss loss,
        Tensor<float> x,
        Tensor<float> target,
        float factor,
        Tensor<float> dLoss,
        Tensor<float> dx
    )
        where TLoss : unmanaged, IElementLoss =>
        host.For(
            Chunks.Count(x.Shape.Count),
            new Slopes<TLoss>(loss, x.Pointer, target.Pointer, *dLoss.Pointer * factor, dx.Pointer, x.Shape.Count)
        );

    /// <summary>One part's losses, added in double.</summary>
    readonly unsafe struct Part<TLoss>(TLoss loss, float* x, float* target, double* sums, int count) : IHostWork
        where TLoss : unmanaged, IElementLoss
    {
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            var lanes = Vector<double>.Zero;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Widen(loss.Loss(Vector.Load(x + i), Vector.Load(target + i)), out var low, out var high);
                lanes += low + high;
            }

            double sum = Vector.Sum(lanes);
            for (; i < end; i++)
                sum += loss.Loss(x[i], target[i]);
            sums[item] = sum;
        }
    }

    readonly unsafe struct Slopes<TLoss>(TLoss loss, float* x, float* target, float factor, float* dx, int count) : IHostWork
        where TLoss : unmanaged, IElementLoss
    {
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(loss.Slope(Vector.Load(x + i), Vector.Load(target + i)) * factor, dx + i);
            for (; i < end; i++)
                dx[i] = loss.Slope(x[i], target[i]) * factor;
        }
    }
}

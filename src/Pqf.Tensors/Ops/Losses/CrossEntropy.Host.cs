using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Losses;

public static partial class CrossEntropy
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> target, Tensor<float> losses) =>
        host.For(x.Shape[0], new Losses(x.Pointer, target.Pointer, losses.Pointer, x.Shape[1]));

    static unsafe void PullbackHost(HostDevice host, Tensor<float> target, Tensor<float> dLoss, Tensor<float> dx) =>
        host.For(dx.Shape[0], new Gradients(target.Pointer, *dLoss.Pointer / dx.Shape[0], dx.Pointer, dx.Shape[1]));

    /// <summary>One row's loss: Σ target · (log Σ exp x − x), in double.</summary>
    readonly unsafe struct Losses(float* x, float* target, float* losses, int classes) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* from = x + ((nint)item * classes),
                t = target + ((nint)item * classes);
            float shift = LogSumExp.Of(from, classes);
            double loss = 0;
            for (int i = 0; i < classes; i++)
                loss += t[i] == 0 ? 0 : t[i] * ((double)shift - from[i]); // a class of probability 0 may have a logit of −∞
            losses[item] = (float)loss;
        }
    }

    /// <summary>One row: from its probabilities to its gradients, in place.</summary>
    readonly unsafe struct Gradients(float* target, float factor, float* dx, int classes) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* to = dx + ((nint)item * classes),
                t = target + ((nint)item * classes);
            float sum = 0;
            for (int i = 0; i < classes; i++)
                sum += t[i];
            int at = 0;
            for (; at <= classes - Vector<float>.Count; at += Vector<float>.Count)
                Vector.Store(((Vector.Load(to + at) * sum) - Vector.Load(t + at)) * factor, to + at);
            for (; at < classes; at++)
                to[at] = ((to[at] * sum) - t[at]) * factor;
        }
    }
}

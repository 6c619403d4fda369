using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Softmax
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> y)
    {
        int c = x.Shape.Last;
        for (int row = 0; row < x.Shape.Count / c; row++)
        {
            var input = new ReadOnlySpan<float>(x.Pointer + (row * c), c);
            var output = new Span<float>(y.Pointer + (row * c), c);
            float max = float.NegativeInfinity, sum = 0;
            foreach (float v in input)
                max = MathF.Max(max, v);
            for (int i = 0; i < c; i++)
                sum += output[i] = MathF.Exp(input[i] - max);
            for (int i = 0; i < c; i++)
                output[i] /= sum;
        }
    }
}

using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Reduce
{
    static unsafe void SumRowsHost(HostDevice host, Tensor<float> x, Tensor<float> y)
    {
        int c = x.Shape.Last;
        for (int j = 0; j < c; j++)
        {
            double sum = 0;
            for (int i = j; i < x.Shape.Count; i += c)
                sum += x.Pointer[i];
            y.Pointer[j] = (float)sum;
        }
    }

    static unsafe void MeanAndVarianceHost(HostDevice host, Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        int c = x.Shape.Last, rows = x.Shape.Count / c;
        for (int j = 0; j < c; j++)
        {
            double sum = 0, squares = 0;
            for (int i = j; i < x.Shape.Count; i += c)
                sum += x.Pointer[i];
            for (int i = j; i < x.Shape.Count; i += c)
                squares += (x.Pointer[i] - (sum / rows)) * (x.Pointer[i] - (sum / rows));
            mean.Pointer[j] = (float)(sum / rows);
            variance.Pointer[j] = (float)(squares / rows);
        }
    }
}

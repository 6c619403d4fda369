using System.Runtime.InteropServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

/// <summary>What the tests of the host's kernels share: inputs, both vector widths, several thread counts.</summary>
static class HostCases
{
    // 2⁻²⁴, half of the distance from 1 to the next float.
    const double HalfUlp = 1.0 / (1 << 24);

    public static TheoryData<string> Widths => [nameof(VectorWidth.Bits512), nameof(VectorWidth.Bits256)];

    public static VectorWidth Width(string name) => Enum.Parse<VectorWidth>(name);

    /// <summary>Values from −1 to 1 that depend on the seed alone.</summary>
    public static float[] Values(int count, ulong seed)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            ulong bits = (seed * 0x9E3779B97F4A7C15) + ((ulong)i * 0xBF58476D1CE4E5B9);
            bits = (bits ^ (bits >> 31)) * 0x94D049BB133111EB;
            values[i] = ((bits >> 40) / (float)(1 << 23)) - 1;
        }

        return values;
    }

    public static Tensor<float> Tensor(Device device, Shape shape, ulong seed) =>
        Tensor<float>.From(device, shape, Values(shape.Count, seed));

    /// <summary>√k · 2⁻²⁴ · Σ|a·b| for sums of k products, with one part more for what is added last.</summary>
    public static void AssertSum(double expected, double magnitude, int terms, float actual, double rounding = 0)
    {
        double tolerance = Tolerance(magnitude, terms) + rounding;
        Assert.InRange(actual - expected, -tolerance, tolerance);
    }

    /// <summary>The results of an op with 1, 2 and 3 threads are equal bit by bit, and memory is given back.</summary>
    public static void AssertThreadsDoNotMatter(VectorWidth width, Func<HostDevice, float[]> run)
    {
        byte[] Bytes(int threads) => MemoryMarshal.AsBytes<float>(With(threads, width, run)).ToArray();
        byte[] one = Bytes(1);
        Assert.Equal(one, Bytes(2));
        Assert.Equal(one, Bytes(3));
    }

    public static T With<T>(int threads, VectorWidth width, Func<HostDevice, T> run)
    {
        using var device = new HostDevice(threads, width);
        T result;
        using (device.BeginScope())
            result = run(device);
        Assert.Equal(0, device.LiveBuffers);
        return result;
    }

    static double Tolerance(double magnitude, int terms) => (Math.Sqrt(terms + 1) + 1) * HalfUlp * magnitude;
}

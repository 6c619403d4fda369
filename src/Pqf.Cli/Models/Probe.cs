using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Models;

/// <summary>Runs networks on a few random images, to see whether they are the same function.</summary>
/// <param name="Device">Where.</param>
/// <param name="Preprocessing">Size of the images.</param>
/// <param name="Key">Draws them.</param>
sealed record Probe(Device Device, Preprocessing Preprocessing, RngKey Key)
{
    const int ImageCount = 2;

    /// <summary>Logits of the probe's images.</summary>
    public float[] Logits(Graph graph, Parameters parameters)
    {
        var shape = Classifier.InputShape(Preprocessing, ImageCount);
        // Prepared photographs have about mean 0 and deviation 1.
        float[] pixels = [.. Enumerable.Range(0, shape.Count).Select(i => (float)Key.Normal((ulong)i))];
        using var scope = Device.BeginScope();
        return InferencePlan.Compile(graph, parameters, Device, shape).Run(Tensor<float>.From(Device, shape, pixels)).ToArray();
    }

    /// <summary>The largest difference, as a part of the largest value; not a number if any value is none.</summary>
    public static double Difference(float[] expected, float[] actual)
    {
        double largest = expected.Max(value => Math.Abs((double)value));
        double difference = expected.Zip(actual, (x, y) => Math.Abs((double)x - y)).Aggregate(0.0, Math.Max);
        return difference == 0 ? 0 : difference / largest;
    }
}

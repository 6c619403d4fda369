using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Jobs;

/// <summary>Runs networks on a few random images, to see whether they are the same function.</summary>
/// <param name="Device">Where.</param>
/// <param name="Preprocessing">Size of the images.</param>
/// <param name="Key">Draws them.</param>
public sealed record Probe(Device Device, Preprocessing Preprocessing, RngKey Key)
{
    const int ImageCount = 2;

    // A detector's body sees any size of whole multiples of 32 pixels. Boxes of each level's size, some across the edge.
    static readonly Shape DetectorImages = [1, 128, 160, Photograph.Channels];
    static readonly ImmutableArray<RoiBox> Boxes =
    [
        new(0, new(4, 6, 30, 40)),
        new(0, new(20, 10, 140, 120)),
        new(0, new(-60, -80, 160, 180)),
        new(0, new(-200, -150, 400, 420)),
    ];

    /// <summary>Logits of the probe's images, of all heads of a detector.</summary>
    public float[] Logits(Graph graph, Parameters parameters) =>
        ValuesOf(graph, parameters, x => InferencePlan.Compile(graph, parameters, Device, x.Shape).Run(x));

    /// <summary>The same without a plan, which would hold all weights once more, in a layout of its own.</summary>
    public float[] PlainLogits(Graph graph, Parameters parameters)
    {
        Device.TrimPool(); // what is free now has other sizes
        float[] logits = ValuesOf(graph, parameters, x => Forward.Run(graph, parameters, x));
        Device.TrimPool();
        return logits;
    }

    float[] ValuesOf(Graph graph, Parameters parameters, Func<Tensor<float>, Tensor<float>> run)
    {
        if (graph.HasJoints)
            return HeadValues(graph, parameters);
        var shape = Preprocessing.InputShape(ImageCount);
        // Prepared photographs have about mean 0 and deviation 1.
        float[] pixels = [.. Enumerable.Range(0, shape.Count).Select(i => (float)Key.Normal((ulong)i))];
        using var scope = Device.BeginScope();
        return run(Tensor<float>.From(Device, shape, pixels)).ToArray();
    }

    float[] HeadValues(Graph graph, Parameters parameters)
    {
        float[] pixels = [.. Enumerable.Range(0, DetectorImages.Count).Select(i => (float)Key.Normal((ulong)i))];
        using var scope = Device.BeginScope();
        return
        [
            .. Forward
                .Outputs(graph, parameters, Tensor<float>.From(Device, DetectorImages, pixels), Boxes)
                .SelectMany(output => output.ToArray()),
        ];
    }

    /// <summary>The largest difference, as a part of the largest value; not a number if any value is none.</summary>
    public static double Difference(float[] expected, float[] actual)
    {
        double largest = expected.Max(value => Math.Abs((double)value));
        double difference = expected.Zip(actual, (x, y) => Math.Abs((double)x - y)).Aggregate(0.0, Math.Max);
        return difference == 0 ? 0 : difference / largest;
    }
}

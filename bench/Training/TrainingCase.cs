using System.Collections.Immutable;
using Pqf.Compression;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Bench.Training;

/// <summary>How the weights of a case are stored.</summary>
enum WeightForm
{
    /// <summary>Every value.</summary>
    Dense,

    /// <summary>Small blocks, codebooks of 256, of 2,048 for <c>fc</c>: the published setting for ResNet-18.</summary>
    Compressed,
}

/// <summary>A network trained on batches of one size.</summary>
/// <param name="Name">Architecture: <c>resnet18</c>.</param>
/// <param name="Width">Channels of the first stage; null for the family's own.</param>
/// <param name="Size">Rows and columns of the images.</param>
/// <param name="Batch">Images a step.</param>
/// <param name="Threads">Threads of the device.</param>
/// <param name="Weights">Dense or compressed.</param>
sealed record TrainingCase(string Name, int? Width, int Size, int Batch, int Threads, WeightForm Weights)
{
    // Photographs have a thousand classes; images of some 30 pixels ten, and one channel as in Fashion-MNIST.
    const int SmallSize = 64;

    bool IsSmall => Size < SmallSize;

    /// <summary>The network.</summary>
    public Graph Graph =>
        Networks
            .Build(new Architecture(Name, IsSmall ? 10 : 1000, IsSmall ? 1 : 3, Width))
            .Match(graph => graph, error => throw new ArgumentException(error.Message));

    /// <summary>[N, H, W, C].</summary>
    public Shape Images => [Batch, Size, Size, IsSmall ? 1 : 3];

    /// <summary>Classes.</summary>
    public int ClassCount => IsSmall ? 10 : 1000;

    /// <summary>Multiplications and additions of a step: three times those of the forward convolutions and products, each counted as a
    /// plain one.</summary>
    public double Operations
    {
        get
        {
            var (graph, shapes) = (Graph, GraphShapes.Of(Graph, Images));
            return 3 * 2.0 * graph.Nodes.Select((node, i) => (double)node.MultiplyAdds(shapes[i])).Sum();
        }
    }

    /// <summary>Random weights; compressed ones are clustered once.</summary>
    public Parameters Parameters(Device device)
    {
        var (graph, key) = (Graph, RngKey.FromSeed(1));
        var dense = Initialise.Random(graph, device, key);
        if (Weights == WeightForm.Dense)
            return dense;
        var spec = new CompressionSpec
        {
            KMeansType = KMeansType.KMeans,
            KMeansIterations = 1,
            LayerSpecs = ImmutableSortedDictionary<string, LayerSpec>.Empty.Add("fc", new LayerSpec { K = 2048 }),
        };
        var quantise = new Quantise(Blocks.Of(graph, spec).ValueOrThrow(), key);
        using var host = new HostDevice(Threads);
        return Compress.ToEnd([quantise], new CompressionState(graph, dense, host)).ValueOrThrow().Parameters;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}{(Width is { } width ? $" of width {width}" : "")} @{Size}, {Weights.ToString().ToLowerInvariant()}, batch {Batch}, threads {Threads}";
}

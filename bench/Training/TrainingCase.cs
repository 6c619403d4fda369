using System.Collections.Immutable;
using Pqf.Compression;
using Pqf.Compression.Steps;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

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
/// <param name="Name">Architecture: <c>resnet18</c>; or the file of an ONNX model.</param>
/// <param name="Width">Channels of the first stage; null for the family's own.</param>
/// <param name="Size">Rows and columns of the images.</param>
/// <param name="Batch">Images a step.</param>
/// <param name="Threads">Threads of the device.</param>
/// <param name="Weights">Dense or compressed.</param>
sealed record TrainingCase(string Name, int? Width, int Size, int Batch, int Threads, WeightForm Weights)
{
    // Photographs have a thousand classes; images of some 30 pixels ten, and one channel as in Fashion-MNIST.
    const int SmallSize = 64;

    /// <summary>The network.</summary>
    public Graph Graph { get; } = GraphOf(Name, Width, Size);

    /// <summary>[N, H, W, C].</summary>
    public Shape Images => [Batch, Size, Size, Graph.Nodes.OfType<InputLayer>().Single().Channels];

    /// <summary>Classes.</summary>
    public int ClassCount => GraphShapes.Of(Graph, Images)[Graph.Output].Last;

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

    static Graph GraphOf(string name, int? width, int size)
    {
        bool isSmall = size < SmallSize;
        return (
            name.EndsWith(".onnx", StringComparison.Ordinal)
                ? TensorFiles
                    .Open(name)
                    .Bind(file =>
                    {
                        using (file)
                            return OnnxReader.Read(file, new OnnxReadOptions { ImageSize = size }).Map(found => found.Graph);
                    })
                : Networks.Build(new Architecture(name, isSmall ? 10 : 1000, isSmall ? 1 : 3, width))
        ).Match(graph => graph, error => throw new ArgumentException(error.Message));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}{(Width is { } width ? $" of width {width}" : "")} @{Size}, {Weights.ToString().ToLowerInvariant()}, batch "
        + $"{Batch}, threads {Threads}";
}

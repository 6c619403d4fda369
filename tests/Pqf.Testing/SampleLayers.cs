using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Testing;

/// <summary>A small network around one layer: a convolution <c>before</c>, the layer, and a convolution or linear layer
/// <c>after</c>.</summary>
/// <param name="Name">What the sample shows.</param>
/// <param name="Graph">Images of <see cref="SampleLayers.ImageSize"/> pixels a side.</param>
/// <param name="Number">Number of the layer's node.</param>
public sealed record SampleLayer(string Name, Graph Graph, int Number)
{
    /// <summary>The layer.</summary>
    public Layer Layer => Graph.Nodes[Number];
}

/// <summary>One small network or more for each kind of layer. A new layer gets a line here.</summary>
public static class SampleLayers
{
    /// <summary>Pixels of a sample's images, a side.</summary>
    public const int ImageSize = 6;

    const int ImageCount = 2,
        Channels = 4;

    static readonly RoiPooling Pooling = new(2, 2, 16, 2, 3);

    /// <summary>[N, H, W, C].</summary>
    public static Shape Images => [ImageCount, ImageSize, ImageSize, 3];

    /// <summary>As many boxes as shapes count on, in both images and on both levels.</summary>
    public static ImmutableArray<RoiBox> Boxes { get; } =
    [
        new(0, new(1, 2, 11, 9)),
        new(1, new(0, 0, 24, 24)),
        new(1, new(-6, 3, 30, 28)),
        new(0, new(4, 4, 20, 23)),
        new(1, new(8, 1, 15, 14)),
        new(0, new(0, 9, 40, 33)),
    ];

    /// <summary>All samples.</summary>
    public static ImmutableArray<SampleLayer> All { get; } =
    [
        Sample("images", (_, _) => 0),
        Sample("convolution", (graph, x) => graph.Conv2d(x, "layer", 6, 3, new Conv2dOptions { Stride = 2, Padding = 1 })),
        Sample("convolution of groups", (graph, x) => graph.Conv2d(x, "layer", 6, 1, new Conv2dOptions { Groups = 2 }, true)),
        Sample("depthwise convolution", (graph, x) => graph.Conv2d(x, "layer", Channels, 3, new Conv2dOptions { Groups = Channels })),
        Sample(
            "convolution of uneven padding",
            (graph, x) => graph.Conv2d(x, "layer", 6, 3, new Conv2dOptions { Stride = 2, EndPadding = new Pair(1, 2) })
        ),
        Sample(
            "depthwise convolution of uneven padding",
            (graph, x) =>
                graph.Conv2d(
                    x,
                    "layer",
                    Channels,
                    3,
                    new Conv2dOptions
                    {
                        Stride = 2,
                        Padding = new Pair(0, 1),
                        EndPadding = 1,
                        Groups = Channels,
                    }
                )
        ),
        Sample("transposed convolution", (graph, x) => graph.ConvTranspose2d(x, "layer", 5, 2, new ConvTranspose2dOptions { Stride = 2 })),
        Sample("linear layer", (graph, x) => graph.Linear(graph.Flatten(graph.MaxPool2d(x, 3, 3, 0)), "layer", Channels * 4, 7)),
        Sample("norm", (graph, x) => graph.BatchNorm(x, "layer")),
        Sample("frozen norm", (graph, x) => graph.FrozenBatchNorm(x, "layer", 1e-3f)),
        Sample("ReLU", (graph, x) => graph.Relu(x)),
        Sample("clip", (graph, x) => graph.Clip(x, -0.5f, 6)),
        Sample("leaky ReLU", (graph, x) => graph.LeakyRelu(x, 0.1f)),
        Sample("PReLU", (graph, x) => graph.PRelu(x, "layer")),
        Sample("PReLU of one slope", (graph, x) => graph.PRelu(x, "layer", isShared: true)),
        Sample("sigmoid", (graph, x) => graph.Sigmoid(x)),
        Sample("hard sigmoid", (graph, x) => graph.HardSigmoid(x, 0.2f)),
        Sample("tanh", (graph, x) => graph.Tanh(x)),
        Sample("exp", (graph, x) => graph.Exp(x)),
        Sample("SiLU", (graph, x) => graph.Silu(x)),
        Sample("hard swish", (graph, x) => graph.HardSwish(x)),
        Sample("GELU", (graph, x) => graph.Gelu(x)),
        Sample("GELU by tanh", (graph, x) => graph.GeluTanh(x)),
        Sample("function of one's own", (graph, x) => graph.Function<Softsign>(x)),
        Sample("affine", (graph, x) => graph.Affine(x, -0.7f, 0.3f)),
        Sample("max pool", (graph, x) => graph.MaxPool2d(x, 3, 2, 1)),
        Sample("max pool in ceil mode", (graph, x) => graph.MaxPool2d(x, 3, new PoolOptions { Stride = 2, CeilMode = true })),
        Sample(
            "max pool with dilation and padding of its own",
            (graph, x) =>
                graph.MaxPool2d(
                    x,
                    new Pair(2, 3),
                    new PoolOptions
                    {
                        Padding = new Pair(1, 0),
                        EndPadding = new Pair(0, 2),
                        Dilation = new Pair(2, 1),
                    }
                )
        ),
        Sample("average pool", (graph, x) => graph.AvgPool2d(x, 3, new PoolOptions { Stride = 2, Padding = 1 })),
        Sample(
            "average pool without its padding",
            (graph, x) => graph.AvgPool2d(x, 3, new PoolOptions { Padding = 1, EndPadding = new Pair(0, 2) }, PaddingCounts.AsNothing)
        ),
        Sample(
            "average pool in ceil mode",
            (graph, x) =>
                graph.AvgPool2d(
                    x,
                    3,
                    new PoolOptions
                    {
                        Stride = 4,
                        Padding = new Pair(1, 0),
                        CeilMode = true,
                    }
                )
        ),
        Sample("twice as many pixels", (graph, x) => graph.Resize(x, new ResizeTo.Scale(new(2, 2)), InterpolationMode.Nearest)),
        Sample("pixels nearest to centres", (graph, x) => graph.Resize(x, new ResizeTo.Size(new(4, 9)), InterpolationMode.NearestCentre)),
        Sample("bilinear", (graph, x) => graph.Resize(x, new ResizeTo.Size(new(9, 5)), InterpolationMode.Bilinear)),
        Sample("bilinear by a factor", (graph, x) => graph.Resize(x, new ResizeTo.Scale(new(1.7f, 0.6f)), InterpolationMode.Bilinear)),
        Sample(
            "bilinear, corners aligned",
            (graph, x) => graph.Resize(x, new ResizeTo.Size(new(11, 4)), InterpolationMode.BilinearAligned)
        ),
        Sample(
            "bilinear, asymmetric",
            (graph, x) => graph.Resize(x, new ResizeTo.Scale(new(2, 1.5f)), InterpolationMode.BilinearAsymmetric)
        ),
        Sample("padding", (graph, x) => graph.Pad(x, new PadOptions(new Pair(1, 0), new Pair(2, 3)) { Value = -0.5f })),
        Sample("mirrored padding", (graph, x) => graph.Pad(x, new PadOptions(2, new Pair(1, 3)) { Mode = PadMode.Reflect })),
        Sample("padding of edges", (graph, x) => graph.Pad(x, new PadOptions(2, new Pair(1, 3)) { Mode = PadMode.Edge })),
        Sample("LRN", (graph, x) => graph.LocalResponseNorm(x, new LocalResponseNormOptions(3) { Alpha = 0.5f })),
        Sample("layer norm", (graph, x) => graph.LayerNorm(x, "layer")),
        Sample("softmax", (graph, x) => graph.Softmax(x)),
        Sample(
            "rows of pixels",
            (graph, x) => graph.PixelRows(x, 2),
            (graph, x) => graph.Softmax(graph.Concat([x, graph.PixelRows(graph.MaxPool2d(1, 2, 2, 0), 2)], 1))
        ),
        Sample("channels as rows", (graph, x) => graph.Reshape(x, Channels, -1), (graph, x) => graph.Softmax(x)),
        Sample("images of other channels", (graph, x) => graph.Reshape(x, 2, 12, -1)),
        Sample("reordered axes", (graph, x) => graph.Transpose(x, ImageSize, 0, 3, 1, 2)),
        Sample(
            "reordered rows",
            (graph, x) => graph.Transpose(graph.Reshape(x, 2, 2, ImageSize, ImageSize), ImageSize, 0, 2, 1, 4, 3),
            (graph, x) => graph.Softmax(x)
        ),
        Sample("mean", (graph, x) => graph.GlobalAvgPool(x)),
        Sample("sum", (graph, x) => graph.Add(graph.Conv2d(x, "branch", Channels, 1), x)),
        Sample("sum with a mean", (graph, x) => graph.Add(graph.GlobalAvgPool(x), x)),
        Sample("sum of pixels", (graph, x) => graph.Add(graph.Conv2d(x, "branch", 1, 1), x)),
        Sample("difference", (graph, x) => graph.Subtract(graph.Conv2d(x, "branch", Channels, 1), x)),
        Sample("product", (graph, x) => graph.Multiply(x, graph.Sigmoid(graph.Conv2d(graph.GlobalAvgPool(x), "branch", Channels, 1)))),
        Sample("product of pixels", (graph, x) => graph.Multiply(graph.Conv2d(x, "branch", 1, 1), x)),
        Sample("quotient", (graph, x) => graph.Divide(x, graph.Affine(graph.Sigmoid(x), 1, 1))),
        Sample("layer scale", (graph, x) => graph.Multiply(x, graph.ChannelParameter("layer.gamma", Channels))),
        Sample("a value a channel", (graph, x) => graph.ChannelParameter("layer.gamma", Channels)),
        Sample("a value a pixel and channel", (graph, x) => graph.Parameter("layer.table", [1, 4, 2, 3], [1, 2, 3, 4])),
        Sample("concatenation", (graph, x) => graph.Concat([x, graph.Conv2d(x, "branch", 3, 1), x])),
        Sample("concatenation of rows", (graph, x) => graph.Concat([x, graph.MaxPool2d(x, new Pair(2, 1), new Pair(2, 1), 0)], 1)),
        Sample("slice of channels", (graph, x) => graph.SliceChannels(x, 1, 3)),
        Sample("slice of columns", (graph, x) => graph.SlicePixels(x, 2, 1, -1, 2)),
        Sample("shuffle", (graph, x) => graph.ChannelShuffle(x, 2)),
        Sample("flattened pixels", (graph, x) => graph.Flatten(x)),
        Sample("upsampled", (graph, x) => graph.Upsample(graph.MaxPool2d(x, 2, 2, 0), x)),
        Sample("boxes", (graph, x) => graph.RoiAlign([x, graph.MaxPool2d(x, 2, 2, 0)], Pooling)),
    ];

    static SampleLayer Sample(string name, Func<GraphBuilder, int, int> append, Func<GraphBuilder, int, int>? after = null)
    {
        var graph = new GraphBuilder();
        int number = append(graph, graph.Conv2d(graph.Input(3), "before", Channels, 1, hasBias: true));
        var shape = GraphShapes.Of(graph.Build(), Images)[number];
        if (after is not null)
            after(graph, number);
        else if (shape.Rank == 2)
            graph.Linear(number, "after", shape.Last, 5);
        else
            graph.Conv2d(number, "after", 5, 1);
        return new(name, graph.Build(), number);
    }
}

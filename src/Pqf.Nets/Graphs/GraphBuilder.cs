using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Graphs;

/// <summary>Collects the nodes of a <see cref="Graph"/> one by one; each call returns the new node's number. Used within one function, then
/// thrown away.</summary>
public sealed class GraphBuilder
{
    readonly List<Layer> nodes = [];
    readonly List<int> channels = [];

    /// <summary>Images of that many channels.</summary>
    public int Input(int channelCount) => Append(new InputLayer(channelCount), channelCount);

    /// <summary>A convolution over all channels of <paramref name="x"/>.</summary>
    /// <param name="x">Node read, [N, H, W, C].</param>
    /// <param name="layer">Layer's name, such as <c>layer1.0.conv1</c>.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="kernelSize">Taps.</param>
    /// <param name="options">Stride, padding, dilation, groups; ones and zeros if not given.</param>
    /// <param name="hasBias">Whether the layer has <c>layer.bias</c>.</param>
    public int Conv2d(int x, string layer, int outChannels, Pair kernelSize, Conv2dOptions? options = null, bool hasBias = false) =>
        Append(new Conv2dLayer(x, layer, channels[x], outChannels, kernelSize, options ?? new Conv2dOptions(), hasBias), outChannels);

    /// <summary>A transposed convolution over all channels of <paramref name="x"/>.</summary>
    /// <param name="x">Node read, [N, H, W, C].</param>
    /// <param name="layer">Layer's name.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="kernelSize">Taps.</param>
    /// <param name="options">Stride, padding, output padding.</param>
    public int ConvTranspose2d(int x, string layer, int outChannels, Pair kernelSize, ConvTranspose2dOptions options) =>
        Append(new ConvTranspose2dLayer(x, layer, channels[x], outChannels, kernelSize, options, true), outChannels);

    /// <summary>A fully connected layer.</summary>
    /// <param name="x">Node read, [N, in].</param>
    /// <param name="layer">Layer's name.</param>
    /// <param name="inFeatures">Columns read; after a <see cref="Flatten"/>, channels × pixels.</param>
    /// <param name="outFeatures">Columns of the result.</param>
    /// <param name="hasBias">Whether the layer has <c>layer.bias</c>.</param>
    public int Linear(int x, string layer, int inFeatures, int outFeatures, bool hasBias = true) =>
        Append(new LinearLayer(x, layer, inFeatures, outFeatures, hasBias), outFeatures);

    /// <summary>Batch normalisation of every channel of <paramref name="x"/>; PyTorch's default eps.</summary>
    public int BatchNorm(int x, string layer, float eps = 1e-5f) => Append(new BatchNormLayer(x, layer, channels[x], eps), channels[x]);

    /// <summary>max(x, 0).</summary>
    public int Relu(int x) => Append(new ReluLayer(x), channels[x]);

    /// <summary>x from one number to another; ReLU6 is from 0 to 6.</summary>
    public int Clip(int x, float low, float high) => Append(new ClipLayer(x, low, high), channels[x]);

    /// <summary>x above 0, a multiple of x below.</summary>
    public int LeakyRelu(int x, float slope) => Append(new LeakyReluLayer(x, slope), channels[x]);

    /// <summary>x above 0, x times its channel's slope below.</summary>
    /// <param name="x">Node read.</param>
    /// <param name="layer">Layer's name.</param>
    /// <param name="isShared">Whether one slope is that of all channels.</param>
    public int PRelu(int x, string layer, bool isShared = false) =>
        Append(new PReluLayer(x, layer, isShared ? 1 : channels[x]), channels[x]);

    /// <summary>1 / (1 + exp(−x)).</summary>
    public int Sigmoid(int x) => Append(new SigmoidLayer(x), channels[x]);

    /// <summary>clamp(slope · x + offset, 0, 1); PyTorch's numbers by default.</summary>
    public int HardSigmoid(int x, float slope = 1f / 6, float offset = 0.5f) => Append(new HardSigmoidLayer(x, slope, offset), channels[x]);

    /// <summary>Hyperbolic tangent.</summary>
    public int Tanh(int x) => Append(new TanhLayer(x), channels[x]);

    /// <summary>eˣ.</summary>
    public int Exp(int x) => Append(new ExpLayer(x), channels[x]);

    /// <summary>x · sigmoid(x).</summary>
    public int Silu(int x) => Append(new SiluLayer(x), channels[x]);

    /// <summary>x · clamp(x / 6 + 1/2, 0, 1).</summary>
    public int HardSwish(int x) => Append(new HardSwishLayer(x), channels[x]);

    /// <summary>x · Φ(x), exact.</summary>
    public int Gelu(int x) => Append(new GeluLayer(x), channels[x]);

    /// <summary>x · Φ(x), by a hyperbolic tangent.</summary>
    public int GeluTanh(int x) => Append(new GeluTanhLayer(x), channels[x]);

    /// <summary>A function of the caller's own of each value.</summary>
    /// <param name="x">Node read.</param>
    /// <typeparam name="TOp">The function.</typeparam>
    public int Function<TOp>(int x)
        where TOp : unmanaged, IUnaryOp => Append(new FunctionLayer<TOp>(x), channels[x]);

    /// <summary>scale · x + shift.</summary>
    public int Affine(int x, float scale, float shift) => Append(new AffineLayer(x, scale, shift), channels[x]);

    /// <summary>Largest value under a moving window.</summary>
    public int MaxPool2d(int x, Pair kernelSize, Pair stride, Pair padding) =>
        MaxPool2d(x, kernelSize, new PoolOptions { Stride = stride, Padding = padding });

    /// <summary>Largest value under a moving window of any options.</summary>
    public int MaxPool2d(int x, Pair kernelSize, PoolOptions options) => Append(new MaxPool2dLayer(x, kernelSize, options), channels[x]);

    /// <summary>Mean under a moving window.</summary>
    public int AvgPool2d(int x, Pair kernelSize, PoolOptions options, PaddingCounts padding = PaddingCounts.AsZeros) =>
        Append(new AvgPool2dLayer(x, kernelSize, options, padding), channels[x]);

    /// <summary>Mean over all pixels.</summary>
    public int GlobalAvgPool(int x) => Append(new GlobalAvgPoolLayer(x), channels[x]);

    /// <summary>Sum of two branches, each repeated along axes where it has length 1.</summary>
    public int Add(int left, int right) => Append(new AddLayer(left, right), Math.Max(channels[left], channels[right]));

    /// <summary>Difference, as <see cref="Add"/>.</summary>
    public int Subtract(int left, int right) => Append(new SubtractLayer(left, right), Math.Max(channels[left], channels[right]));

    /// <summary>Product, as <see cref="Add"/>: of [N, H, W, C] and [N, 1, 1, C] in squeeze-and-excitation.</summary>
    public int Multiply(int left, int right) => Append(new MultiplyLayer(left, right), Math.Max(channels[left], channels[right]));

    /// <summary>Quotient, as <see cref="Add"/>.</summary>
    public int Divide(int left, int right) => Append(new DivideLayer(left, right), Math.Max(channels[left], channels[right]));

    /// <summary>A parameter by itself.</summary>
    /// <param name="name">Its full name.</param>
    /// <param name="parameterShape">Its shape in files.</param>
    /// <param name="valueShape">[1, 1, 1, C], [1, H, W, C] or [1, features].</param>
    /// <param name="initial">What all values are before training.</param>
    public int Parameter(string name, Shape parameterShape, Shape valueShape, float initial = 1) =>
        Append(new ParameterLayer(name, parameterShape, valueShape, initial), valueShape.Last);

    /// <summary>A parameter [C] with a value for each channel of images.</summary>
    public int ChannelParameter(string name, int channelCount, float initial = 1) =>
        Parameter(name, [channelCount], [1, 1, 1, channelCount], initial);

    /// <summary>Values one after another along an axis, channels by default.</summary>
    /// <param name="parts">Nodes read.</param>
    /// <param name="axis">Which axis of the values in memory.</param>
    public int Concat(ImmutableArray<int> parts, int axis = -1) =>
        Append(new ConcatLayer(parts, axis), axis < 0 || axis == 3 ? parts.Sum(part => channels[part]) : channels[parts[0]]);

    /// <summary>Some channels of <paramref name="x"/>, […, C].</summary>
    /// <param name="x">Node read.</param>
    /// <param name="start">First channel.</param>
    /// <param name="end">One past the last.</param>
    public int SliceChannels(int x, int start, int end) => Slice(x, new SliceLayer(x, -1, start, end));

    /// <summary>Some rows or columns of <paramref name="x"/>, [N, H, W, C].</summary>
    /// <param name="x">Node read.</param>
    /// <param name="axis">1 for rows, 2 for columns.</param>
    /// <param name="start">First one; negative ones count from the end.</param>
    /// <param name="end">One past the last; negative ones count from the end.</param>
    /// <param name="step">1 or more.</param>
    public int SlicePixels(int x, int axis, int start, int end = int.MaxValue, int step = 1) =>
        Slice(x, new SliceLayer(x, axis, start, end, step));

    /// <summary>All channels of <paramref name="x"/> in parts of given lengths.</summary>
    public ImmutableArray<int> Split(int x, params ReadOnlySpan<int> lengths)
    {
        var parts = ImmutableArray.CreateBuilder<int>(lengths.Length);
        int at = 0;
        foreach (int length in lengths)
        {
            parts.Add(SliceChannels(x, at, at + length));
            at += length;
        }

        return parts.MoveToImmutable();
    }

    /// <summary>Channels of some groups, dealt out in turn.</summary>
    public int ChannelShuffle(int x, int groups) => Append(new ChannelShuffleLayer(x, groups), channels[x]);

    /// <summary>Rows of all values, channel by channel.</summary>
    public int Flatten(int x) => Append(new FlattenLayer(x), channels[x]);

    /// <summary>A norm whose four vectors are constants.</summary>
    public int FrozenBatchNorm(int x, string layer, float eps) => Append(new BatchNormLayer(x, layer, channels[x], eps, true), channels[x]);

    /// <summary>Pixels repeated to the size of another node's value.</summary>
    public int Upsample(int x, int like) => Append(new UpsampleLayer(x, like), channels[x]);

    /// <summary>Cells of boxes, each from the level that suits it.</summary>
    /// <param name="levels">From the finest, each half as many pixels a side as the one before, of equal channels.</param>
    /// <param name="pooling">How boxes are cut.</param>
    public int RoiAlign(ImmutableArray<int> levels, RoiPooling pooling) => Append(new RoiAlignLayer(levels, pooling), channels[levels[0]]);

    /// <summary>Images resized without filtering.</summary>
    public int Resize(int x, ResizeTo to, InterpolationMode mode) => Append(new ResizeLayer(x, to, mode), channels[x]);

    /// <summary>Pixels added around images.</summary>
    public int Pad(int x, PadOptions options) => Append(new PadLayer(x, options), channels[x]);

    /// <summary>Each value divided by a power of the mean square of neighbouring channels.</summary>
    public int LocalResponseNorm(int x, LocalResponseNormOptions options) => Append(new LocalResponseNormLayer(x, options), channels[x]);

    /// <summary>Normalisation of the channels of each pixel; PyTorch's default eps.</summary>
    public int LayerNorm(int x, string layer, float eps = 1e-5f) => Append(new LayerNormLayer(x, layer, channels[x], eps), channels[x]);

    /// <summary>Probabilities along the last axis.</summary>
    public int Softmax(int x) => Append(new SoftmaxLayer(x), channels[x]);

    /// <summary>[N, H, W, C] to [N, rows, columns], pixel by pixel.</summary>
    public int PixelRows(int x, int columns) => Append(new PixelRowsLayer(x, columns), columns);

    /// <summary>The values of each image under another shape, in ONNX's order of axes.</summary>
    /// <param name="x">Node read.</param>
    /// <param name="imageShape">Axes behind the first; one may be −1.</param>
    public int Reshape(int x, params ImmutableArray<int> imageShape) =>
        Append(new ReshapeLayer(x, imageShape), Math.Max(1, imageShape.Length == 3 ? imageShape[0] : imageShape[^1]));

    /// <summary>Axes in another order, in ONNX's terms.</summary>
    /// <param name="x">Node read.</param>
    /// <param name="channelCount">Channels of the value: its second axis there if there are four, else its last.</param>
    /// <param name="order">Each axis once, the first first.</param>
    public int Transpose(int x, int channelCount, params ImmutableArray<int> order) => Append(new TransposeLayer(x, order), channelCount);

    /// <summary>The graph; its output is the node made last.</summary>
    public Graph Build() => new([.. nodes]);

    /// <summary>The graph of several outputs.</summary>
    /// <param name="outputs">Their numbers, one at least, rising.</param>
    public Graph Build(ImmutableArray<int> outputs) => new([.. nodes], outputs);

    /// <summary>Channels of a node's value.</summary>
    internal int Channels(int node) => channels[node];

    int Slice(int x, SliceLayer layer) => Append(layer, layer.Axis is 1 or 2 ? channels[x] : layer.LengthOf(channels[x]));

    int Append(Layer layer, int channelCount)
    {
        foreach (int input in layer.Inputs)
            if (input < 0 || input >= nodes.Count)
                throw new ArgumentOutOfRangeException(
                    nameof(layer),
                    $"GraphBuilder: expected inputs among nodes 0 … {nodes.Count - 1}, got {input}"
                );
        nodes.Add(layer);
        channels.Add(channelCount);
        return nodes.Count - 1;
    }
}

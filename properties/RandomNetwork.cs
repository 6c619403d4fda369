using System.Collections.Immutable;
using System.Numerics;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;

namespace Pqf.Properties;

/// <summary>A network drawn by a list of bytes, one for each piece of it, so that a failing one shrinks to few pieces.</summary>
sealed class RandomNetwork
{
    const int Height = 9,
        Width = 8;

    // Pieces from here on are rarer kinds; lower ones give each kind and width several times.
    const int FirstRare = 171;

    // Those of which random ONNX models are made come first: of these a grouped convolution, a concatenation, a shuffle, a value a pixel.
    // Last are a frozen norm, a transposed convolution and resizing.
    const int RareKinds = 12,
        RareOnnxKinds = 9;

    readonly GraphBuilder graph = new();
    int x;
    int channelCount = 3;
    int rows = Height,
        columns = Width;
    int layerCount;

    RandomNetwork(IEnumerable<byte> pieces, byte tail, int rareKinds)
    {
        x = graph.Input(3);
        x = ConvNormRelu(x, 3 + (tail % 4), 3, 1);
        channelCount = 3 + (tail % 4);
        foreach (byte piece in pieces.Take(8))
            Append(piece < FirstRare ? piece % 9 : 9 + (piece % rareKinds), 2 + (piece / 9 % 6));
        Tail(tail);
    }

    /// <summary>A network of any layers.</summary>
    public static Graph Of(IEnumerable<byte> pieces, byte tail) => new RandomNetwork(pieces, tail, RareKinds).graph.Build();

    /// <summary>A network of layers that an ONNX model holds.</summary>
    public static Graph OfOnnx(IEnumerable<byte> pieces, byte tail) => new RandomNetwork(pieces, tail, RareOnnxKinds).graph.Build();

    /// <summary>Whether a piece may have a channel that is like no other: alone in its part of a grouped convolution, or in its
    /// layer.</summary>
    public static bool HasSingleChannels(byte piece) => piece >= FirstRare && piece % RareKinds is 0 or 3;

    public static Tensor<float> Images(Device device, int count) => GeneratedWeights.Images(device, "property", [count, 3, Height, Width]);

    void Append(int kind, int width)
    {
        switch (kind)
        {
            case 0:
                Replace(ConvNormRelu(x, width, 3, 1), width);
                break;
            case 1:
                Replace(graph.Conv2d(x, Name("conv"), width, 1, hasBias: true), width);
                break;
            case 2 when rows > 2:
                Halve(ConvNormRelu(x, width, 3, 2), width);
                break;
            case 3:
                Replace(graph.Relu(graph.Add(Branch(width, channelCount, 1), x)), channelCount);
                break;
            case 4 when rows > 2:
                int shortcut = graph.BatchNorm(graph.Conv2d(x, Name("shortcut"), width, 1, new Conv2dOptions { Stride = 2 }), Name("norm"));
                Halve(graph.Relu(graph.Add(shortcut, Branch(3, width, 2))), width);
                break;
            case 5:
                Replace(graph.MaxPool2d(x, 3, 1, 1), channelCount);
                break;
            case 6:
                Replace(graph.Relu(graph.BatchNorm(x, Name("norm"))), channelCount);
                break;
            case 7:
                Replace(
                    graph.Conv2d(x, Name("depthwise"), channelCount, 3, new Conv2dOptions { Padding = 1, Groups = channelCount }),
                    channelCount
                );
                break;
            case 8:
                Replace(
                    graph.Add(
                        x,
                        graph.Conv2d(x, Name("conv"), channelCount, new Pair(1, 3), new Conv2dOptions { Padding = new Pair(0, 1) })
                    ),
                    channelCount
                );
                break;
            case 9:
                int groups = (int)BigInteger.GreatestCommonDivisor(channelCount, width);
                Replace(graph.Conv2d(x, Name("grouped"), width, 3, new Conv2dOptions { Padding = 1, Groups = groups }), width);
                break;
            case 10 when channelCount < 30:
                Replace(graph.Concat([x, graph.Relu(graph.Conv2d(x, Name("conv"), width, 1)), x]), (2 * channelCount) + width);
                break;
            case 11:
                int doubled = graph.Conv2d(x, Name("conv"), 2 * width, 1);
                ImmutableArray<int> halves = graph.Split(doubled, width, width);
                Replace(graph.ChannelShuffle(graph.Concat([halves[1], graph.Tanh(halves[0])]), 2), 2 * width);
                break;
            case 15:
                Replace(Function(width), channelCount);
                break;
            case 13:
                int squeezed = graph.Silu(graph.Conv2d(graph.GlobalAvgPool(x), Name("conv"), width, 1, hasBias: true));
                Replace(graph.Multiply(x, graph.HardSigmoid(graph.Conv2d(squeezed, Name("conv"), channelCount, 1))), channelCount);
                break;
            case 14:
                int scaled = graph.Multiply(graph.ChannelParameter($"{Name("scale")}.gamma", channelCount), Branch(width, channelCount, 1));
                Replace(graph.Subtract(scaled, x), channelCount);
                break;
            case 12:
                Replace(graph.Divide(x, graph.Affine(graph.Sigmoid(graph.Conv2d(x, Name("conv"), 1, 1)), 1, 1)), channelCount);
                break;
            case 16:
                Replace(graph.HardSwish(graph.Add(x, graph.Tanh(graph.GlobalAvgPool(x)))), channelCount);
                break;
            case 17 when width == 7 && rows > 2:
                Halve(graph.MaxPool2d(x, 2, new PoolOptions { Stride = 2, CeilMode = true }), channelCount);
                break;
            case 17:
                Replace(OverPixels(width), channelCount);
                break;
            case 18:
                Replace(graph.Relu(graph.FrozenBatchNorm(x, Name("norm"), 1e-3f)), channelCount);
                break;
            case 19 when rows < Height:
                Replace(graph.Relu(graph.ConvTranspose2d(x, Name("up"), width, 2, new ConvTranspose2dOptions { Stride = 2 })), width);
                (rows, columns) = (rows * 2, columns * 2);
                break;
            case 20:
                int mean = graph.Conv2d(graph.GlobalAvgPool(x), Name("conv"), channelCount, 1);
                Replace(graph.Add(x, graph.Upsample(mean, x)), channelCount);
                break;
        }
    }

    /// <summary>Something over pixels or channels that leaves as many of them.</summary>
    int OverPixels(int choice) =>
        choice switch
        {
            2 => graph.LayerNorm(x, Name("norm")),
            3 => graph.AvgPool2d(x, 3, new PoolOptions { Padding = 1 }, PaddingCounts.AsNothing),
            4 => graph.AvgPool2d(graph.Pad(x, new PadOptions(1, 0) { Mode = PadMode.Edge }), 2, new PoolOptions()),
            5 => graph.Resize(graph.Pad(x, new PadOptions(0, 1)), new ResizeTo.Size(new(rows, columns)), InterpolationMode.Bilinear),
            _ => graph.Conv2d(x, Name("uneven"), channelCount, 2, new Conv2dOptions { EndPadding = 1 }),
        };

    /// <summary>A convolution and a function of each value.</summary>
    int Function(int choice)
    {
        int y = graph.BatchNorm(graph.Conv2d(x, Name("conv"), channelCount, 1), Name("norm"));
        return choice switch
        {
            2 => graph.Clip(y, 0, 6),
            3 => graph.LeakyRelu(y, 0.2f),
            4 => graph.PRelu(y, Name("slopes")),
            5 => graph.Gelu(y),
            6 => graph.GeluTanh(y),
            _ => graph.Silu(y),
        };
    }

    /// <summary>1×1 then 3×3, as in a residual block.</summary>
    int Branch(int width, int outChannels, int stride) =>
        graph.BatchNorm(
            graph.Conv2d(ConvNormRelu(x, width, 1, 1), Name("conv"), outChannels, 3, new Conv2dOptions { Stride = stride, Padding = 1 }),
            Name("norm")
        );

    int ConvNormRelu(int input, int outChannels, int kernel, int stride) =>
        graph.Relu(
            graph.BatchNorm(
                graph.Conv2d(input, Name("conv"), outChannels, kernel, new Conv2dOptions { Stride = stride, Padding = kernel / 2 }),
                Name("norm")
            )
        );

    void Tail(byte tail)
    {
        bool pooled = (tail & 64) != 0;
        x = graph.Flatten(pooled ? graph.GlobalAvgPool(x) : x);
        x = graph.Linear(x, Name("linear"), pooled ? channelCount : channelCount * rows * columns, 7);
        if ((tail & 128) != 0)
            x = graph.Linear(graph.Relu(x), Name("linear"), 7, 5, hasBias: false);
    }

    void Replace(int node, int width) => (x, channelCount) = (node, width);

    void Halve(int node, int width)
    {
        Replace(node, width);
        (rows, columns) = ((rows + 1) / 2, (columns + 1) / 2);
    }

    string Name(string kind) => $"{kind}{layerCount++}";
}

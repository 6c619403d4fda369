namespace Pqf.Nets.Families;

/// <summary>Names of an inverted residual block's layers.</summary>
/// <param name="Expand">The 1×1 convolution that widens, and its norm; null if there is none.</param>
/// <param name="Depthwise">The depthwise convolution and its norm.</param>
/// <param name="Squeeze">The two 1×1 convolutions of squeeze-and-excitation; null if there is none.</param>
/// <param name="Project">The 1×1 convolution that narrows, and its norm.</param>
readonly record struct BlockNames(
    (string Conv, string Norm)? Expand,
    (string Conv, string Norm) Depthwise,
    (string Reduce, string Expand)? Squeeze,
    (string Conv, string Norm) Project
)
{
    /// <summary>The names in torchvision's MobileNetV3 and EfficientNet: a list of parts, of which the first and the one of
    /// squeeze-and-excitation may be missing.</summary>
    /// <param name="shapes">The tensors.</param>
    /// <param name="block">The list: <c>features.4.block</c>.</param>
    public static BlockNames OfList(LayerShapes shapes, string block)
    {
        bool isWidened = shapes.Weight($"{block}.0.0") is { Rank: 4 } first && first[2] == 1 && first[3] == 1;
        int number = isWidened ? 1 : 0;
        var depthwise = Part(number++);
        bool isSqueezed = shapes.HasModule($"{block}.{number}.fc1");
        (string, string)? squeeze = isSqueezed ? ($"{block}.{number}.fc1", $"{block}.{number++}.fc2") : null;
        return new(isWidened ? Part(0) : null, depthwise, squeeze, Part(number));

        (string, string) Part(int at) => ($"{block}.{at}.0", $"{block}.{at}.1");
    }
}

/// <summary>Inverted residual blocks (Sandler et al. 2018, arXiv 1801.04381, figure 3).</summary>
/// <param name="Reading">The network so far.</param>
/// <param name="Activation">After the first two convolutions.</param>
/// <param name="Squeezed">Between the convolutions of squeeze-and-excitation.</param>
/// <param name="Gate">After them.</param>
readonly record struct InvertedResidual(LayerReading Reading, Func<int, int> Activation, Func<int, int> Squeezed, Func<int, int> Gate)
{
    /// <summary>Blocks without squeeze-and-excitation.</summary>
    public static InvertedResidual Plain(LayerReading reading, Func<int, int> activation) =>
        new(reading, activation, activation, reading.Graph.Sigmoid);

    /// <summary>A block.</summary>
    /// <param name="x">Node read.</param>
    /// <param name="names">Its layers.</param>
    /// <param name="stride">Of the depthwise convolution.</param>
    public int Append(int x, BlockNames names, int stride)
    {
        int shortcut = x;
        if (names.Expand is { } expand)
            x = Activation(Reading.ConvNorm(x, expand.Conv, expand.Norm));
        x = Activation(Reading.Norm(Reading.Depthwise(x, names.Depthwise.Conv, stride), names.Depthwise.Norm));
        if (names.Squeeze is { } squeeze)
            x = Reading.Squeeze(x, squeeze.Reduce, squeeze.Expand, Squeezed, Gate);
        return WithShortcut(Reading.ConvNorm(x, names.Project.Conv, names.Project.Norm), shortcut, stride);
    }

    /// <summary>A block whose first two convolutions are one (Tan and Le 2021, arXiv 2104.00298, figure 2).</summary>
    /// <param name="x">Node read.</param>
    /// <param name="conv">The convolution and its norm.</param>
    /// <param name="project">The 1×1 convolution that narrows, and its norm; null if there is none.</param>
    /// <param name="stride">Of the first convolution.</param>
    public int AppendFused(int x, (string Conv, string Norm) conv, (string Conv, string Norm)? project, int stride)
    {
        int y = Activation(Reading.ConvNorm(x, conv.Conv, conv.Norm, stride));
        return WithShortcut(project is { } last ? Reading.ConvNorm(y, last.Conv, last.Norm) : y, x, stride);
    }

    int WithShortcut(int y, int shortcut, int stride) =>
        stride == 1 && Reading.Graph.Channels(y) == Reading.Graph.Channels(shortcut) ? Reading.Graph.Add(y, shortcut) : y;
}

using System.Globalization;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Onnx;

/// <summary>What an operation is, its inputs and the values of its weights aside: equal texts for equal operations, be they a layer of
/// ours or a node of a model.</summary>
static class OnnxSignatures
{
    /// <summary>The images.</summary>
    public const string Input = "Input";

    /// <summary>max(x, 0).</summary>
    public const string Relu = "Relu";

    /// <summary>A sum of two values.</summary>
    public const string Add = "Add";

    /// <summary>A mean over all pixels.</summary>
    public const string Mean = "Mean";

    /// <summary>Rows of all values of an image.</summary>
    public const string Flatten = "Flatten";

    /// <summary>A norm by itself. One that follows a layer belongs to the layer, as models may have it in the layer's weights.</summary>
    public const string Norm = "Norm";

    /// <summary>A convolution, with or without bias.</summary>
    /// <param name="weight">[O, I / groups, kH, kW].</param>
    /// <param name="options">Its geometry.</param>
    public static string Conv(Shape weight, Conv2dOptions options) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Conv {weight} stride {Text(options.Stride)} padding {Text(options.Padding)} dilation {Text(options.Dilation)} "
                + $"groups {options.Groups}"
        );

    /// <summary>A linear layer, with or without bias.</summary>
    /// <param name="weight">[out, in].</param>
    public static string Linear(Shape weight) => $"Linear {weight}";

    /// <summary>A maximum under a moving window.</summary>
    public static string MaxPool(Pair kernel, Pair stride, Pair padding) =>
        $"MaxPool {Text(kernel)} stride {Text(stride)} padding {Text(padding)}";

    static string Text(Pair pair) => $"{pair.H} x {pair.W}";
}

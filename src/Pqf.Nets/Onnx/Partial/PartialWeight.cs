using Pqf.Nets.Layers;
using Pqf.Nets.Onnx.Reading;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Onnx.Partial;

/// <summary>A tensor of a model that becomes codes, though the model's network is not run.</summary>
/// <param name="Layer">What it is called here: a layer's name.</param>
/// <param name="Tensor">The initialiser, or the value of a constant node, as the model has it.</param>
/// <param name="IsTurned">Whether it is [in, out], so that its columns are what is cut into blocks.</param>
/// <param name="Groups">Groups of the convolution that reads it.</param>
/// <param name="IsTransposedConvolution">Whether a transposed convolution reads it: [in, out / groups, …].</param>
sealed record PartialWeight(string Layer, StoredTensor Tensor, bool IsTurned, int Groups, bool IsTransposedConvolution)
{
    /// <summary>Name of the parameter.</summary>
    public string Name => $"{Layer}.weight";

    /// <summary>Shape of the parameter: [out, in] or [O, I, kH, kW]. Kernels of one axis have one row; those of three have the first two as
    /// one.</summary>
    public Shape Shape
    {
        get
        {
            var s = Tensor.Shape;
            return s.Rank == 2
                ? IsTurned
                    ? [s[1], s[0]]
                    : s
                : [s[0], s[1], s.Count / Math.Max(1, s[0] * s[1] * s.Last), s.Last];
        }
    }

    /// <summary>The values in the parameter's order, read when they are asked for.</summary>
    public StoredTensor Values => (IsTurned ? OnnxConstants.Transposed(Tensor) : Constant.Reshaped(Tensor, Shape)).Rename(Name);

    /// <summary>The layer that has such a weight. It is not run: it says how the weight is cut.</summary>
    public Layer AsLayer()
    {
        var s = Shape;
        if (s.Rank == 2)
            return new LinearLayer(0, Layer, s[1], s[0], false);
        Pair kernel = new(s[2], s[3]);
        // Each channel has a filter of its own, in a transposed convolution as well.
        bool isDepthwise = Groups > 1 && s[1] == 1;
        return IsTransposedConvolution && !isDepthwise
            ? new ConvTranspose2dLayer(0, Layer, s[0], s[1], kernel, new(), false)
            : new Conv2dLayer(0, Layer, isDepthwise ? Groups : s[1] * Groups, s[0], kernel, new Conv2dOptions { Groups = Groups }, false);
    }
}

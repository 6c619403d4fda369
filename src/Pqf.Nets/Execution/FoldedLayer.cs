using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Execution;

/// <summary>A convolution's or linear layer's weights with the norm that follows it: what is folded in when they are packed.</summary>
/// <param name="Weight">As stored: dense or quantised.</param>
/// <param name="Shape">[O, I / groups, kH, kW]; [out, in, 1, 1] for a linear layer.</param>
/// <param name="Flattened">[N, H, W, C] of what was flattened before a linear layer, if it has several pixels: its columns come channel by
/// channel and are packed in memory order, pixel by pixel.</param>
/// <param name="Scales">[O]: multiplies each row, in double; or none.</param>
/// <param name="Bias">[O], or none.</param>
sealed record FoldedLayer(Weight Weight, Shape Shape, Shape? Flattened, double[]? Scales, float[]? Bias)
{
    /// <summary>A layer's weights, norm folded.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="weight">[O, I / groups, kH, kW], or [out, in], which becomes a 1×1 convolution.</param>
    /// <param name="hasBias">Whether it has a bias.</param>
    /// <param name="norm">The norm after it, if any.</param>
    /// <param name="parameters">Values by name.</param>
    /// <param name="flattened">[N, H, W, C] of what was flattened before a linear layer, if anything was.</param>
    public static FoldedLayer Of(
        string layer,
        Shape weight,
        bool hasBias,
        BatchNormLayer? norm,
        Parameters parameters,
        Shape? flattened = null
    ) =>
        Fold(
            Checked(parameters, layer, weight),
            weight.Rank == 2 ? [weight[0], weight[1], 1, 1] : weight,
            flattened is { } s && s[1] * s[2] > 1 ? flattened : null,
            BiasValues(parameters, layer, hasBias, weight[0]),
            norm,
            parameters
        );

    /// <summary>Packs the layer for a device; the packed weights belong to its innermost scope, all else is given back.</summary>
    public Conv2dPlan Pack(Device device, Conv2dOptions options, ConvAlgorithm algorithm)
    {
        var bias = Bias is null ? null : Tensor<float>.From(device, [Bias.Length], Bias);
        var plan =
            algorithm == ConvAlgorithm.Gathered
            && Weight is Weight.Quantised quantised
            && device is HostDevice
            && quantised.Codes.Device == device
                ? Conv2dPlan.FromCodes(quantised.Codebook, quantised.Codes, Shape, Scales, bias, options, Pixels)
                : PackDense(device, bias, options, algorithm);
        if (bias is not null)
            device.Release(bias);
        return plan;
    }

    /// <summary>The values of a parameter, decoded.</summary>
    public static float[] Values(Parameters parameters, string name)
    {
        var weight = parameters[name];
        float[] values = new float[weight.Shape.Count];
        Decode(weight, values);
        return values;
    }

    static void Decode(Weight weight, Span<float> values)
    {
        using var scope = weight.Tensors().First().Device.BeginScope();
        weight.Decode().CopyTo(values);
    }

    /// <summary>The weight, dense and folded.</summary>
    public float[] ToDense()
    {
        float[] values = new float[Shape.Count];
        ReadDense(values);
        return values;
    }

    void ReadDense(Span<float> values)
    {
        Decode(Weight, values);
        if (Scales is not null)
            Scale(values, Scales);
    }

    Conv2dPlan PackDense(Device device, Tensor<float>? bias, Conv2dOptions options, ConvAlgorithm algorithm)
    {
        if (Scales is null && Weight is Weight.Dense { Value: var stored } && stored.Device == device)
            return Conv2dPlan.Create(stored.Reshape(Shape), bias, options, algorithm, Pixels);
        var weight = Tensor<float>.Filled(device, Shape, ReadDense);
        var plan = Conv2dPlan.Create(weight, bias, options, algorithm, Pixels);
        device.Release(weight);
        return plan;
    }

    /// <summary>Neighbouring columns of a flattened channel.</summary>
    int Pixels => Flattened is { } s ? s[1] * s[2] : 1;

    static Weight Checked(Parameters parameters, string layer, Shape shape)
    {
        var weight = parameters[$"{layer}.weight"];
        Shapes.Same(layer, shape, weight.Shape);
        return weight;
    }

    static float[]? BiasValues(Parameters parameters, string layer, bool hasBias, int length)
    {
        if (!hasBias)
            return null;
        Shapes.Vector(layer, "bias", parameters[$"{layer}.bias"].Shape, length);
        return Values(parameters, $"{layer}.bias");
    }

    /// <summary>In double: w · s and (b − μ) · s + β with s = γ / √(v + ε).</summary>
    static FoldedLayer Fold(Weight weight, Shape shape, Shape? flattened, float[]? bias, BatchNormLayer? norm, Parameters parameters)
    {
        if (norm is null)
            return new(weight, shape, flattened, null, bias);
        float[] gamma = Values(parameters, $"{norm.Name}.weight"),
            beta = Values(parameters, $"{norm.Name}.bias");
        float[] mean = Values(parameters, $"{norm.Name}.running_mean"),
            variance = Values(parameters, $"{norm.Name}.running_var");
        float[] folded = new float[shape[0]];
        double[] scales = new double[shape[0]];
        for (int o = 0; o < folded.Length; o++)
        {
            scales[o] = gamma[o] / Math.Sqrt((double)variance[o] + norm.Eps);
            folded[o] = (float)((((bias is null ? 0.0 : bias[o]) - mean[o]) * scales[o]) + beta[o]);
        }

        return new(weight, shape, flattened, scales, folded);
    }

    static void Scale(Span<float> weight, double[] scales)
    {
        int row = weight.Length / scales.Length;
        for (int o = 0; o < scales.Length; o++)
            foreach (ref float value in weight.Slice(o * row, row))
                value = (float)(value * scales[o]);
    }
}

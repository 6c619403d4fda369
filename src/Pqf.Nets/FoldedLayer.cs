using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Nets;

/// <summary>A convolution's or linear layer's weights with the norm that follows it folded in.</summary>
/// <param name="Weight">[O, I / groups, kH, kW]; [out, in, 1, 1] for a linear layer.</param>
/// <param name="Shape">Of the weight.</param>
/// <param name="Bias">[O], or none.</param>
sealed record FoldedLayer(float[] Weight, Shape Shape, float[]? Bias)
{
    /// <summary>A convolution, norm folded.</summary>
    public static FoldedLayer Of(Node.Conv2d n, Node.BatchNorm? norm, Parameters parameters)
    {
        var shape = ParameterSpecs.WeightShape(n);
        return Fold(Checked(parameters, n.Layer, shape), shape, BiasValues(parameters, n.Layer, n.HasBias, n.OutChannels), norm, parameters);
    }

    /// <summary>A linear layer, norm folded, as a 1×1 convolution.</summary>
    /// <param name="n">The layer.</param>
    /// <param name="norm">The norm after it, if any.</param>
    /// <param name="parameters">Values by name.</param>
    /// <param name="flattened">[N, H, W, C] of what was flattened before it: its columns come channel by channel and are brought into memory order, pixel by pixel.</param>
    public static FoldedLayer Of(Node.Linear n, Node.BatchNorm? norm, Parameters parameters, Shape? flattened)
    {
        float[] weight = Checked(parameters, n.Layer, [n.OutFeatures, n.InFeatures]);
        if (flattened is { } s && s[1] * s[2] > 1)
            weight = ByPixel(weight, n.OutFeatures, s[3], s[1] * s[2]);
        return Fold(weight, [n.OutFeatures, n.InFeatures, 1, 1], BiasValues(parameters, n.Layer, n.HasBias, n.OutFeatures), norm, parameters);
    }

    /// <summary>Packs the layer for a device; the packed weights belong to its innermost scope, all else is given back.</summary>
    public Conv2dPlan Pack(Device device, Conv2dOptions options)
    {
        var weight = Tensor<float>.From(device, Shape, Weight);
        var bias = Bias is null ? null : Tensor<float>.From(device, [Bias.Length], Bias);
        var plan = Conv2dPlan.Create(weight, bias, options);
        device.Release(weight);
        if (bias is not null)
            device.Release(bias);
        return plan;
    }

    /// <summary>The values of a parameter, decoded.</summary>
    public static float[] Values(Parameters parameters, string name)
    {
        var weight = parameters[name];
        using var scope = weight.Tensors().First().Device.BeginScope();
        return weight.Decode().ToArray();
    }

    static float[] Checked(Parameters parameters, string layer, Shape shape)
    {
        Shapes.Same(layer, shape, parameters[$"{layer}.weight"].Shape);
        return Values(parameters, $"{layer}.weight");
    }

    static float[]? BiasValues(Parameters parameters, string layer, bool hasBias, int length)
    {
        if (!hasBias)
            return null;
        Shapes.Vector(layer, "bias", parameters[$"{layer}.bias"].Shape, length);
        return Values(parameters, $"{layer}.bias");
    }

    /// <summary>In double: w · s and (b − μ) · s + β with s = γ / √(v + ε).</summary>
    static FoldedLayer Fold(float[] weight, Shape shape, float[]? bias, Node.BatchNorm? norm, Parameters parameters)
    {
        if (norm is null)
            return new(weight, shape, bias);
        float[] gamma = Values(parameters, $"{norm.Layer}.weight"), beta = Values(parameters, $"{norm.Layer}.bias");
        float[] mean = Values(parameters, $"{norm.Layer}.running_mean"), variance = Values(parameters, $"{norm.Layer}.running_var");
        float[] folded = new float[shape[0]];
        int row = weight.Length / shape[0];
        for (int o = 0; o < folded.Length; o++)
        {
            double scale = gamma[o] / Math.Sqrt((double)variance[o] + norm.Eps);
            folded[o] = (float)((((bias is null ? 0.0 : bias[o]) - mean[o]) * scale) + beta[o]);
            for (int i = o * row; i < (o + 1) * row; i++)
                weight[i] = (float)(weight[i] * scale);
        }

        return new(weight, shape, folded);
    }

    /// <summary>[rows, channels, pixels] to [rows, pixels, channels].</summary>
    static float[] ByPixel(float[] weight, int rows, int channels, int pixels)
    {
        float[] result = new float[weight.Length];
        for (int row = 0; row < rows; row++)
            for (int c = 0; c < channels; c++)
                for (int p = 0; p < pixels; p++)
                    result[(((row * pixels) + p) * channels) + c] = weight[(((row * channels) + c) * pixels) + p];
        return result;
    }
}

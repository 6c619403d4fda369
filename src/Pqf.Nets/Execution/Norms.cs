using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Updates;

namespace Pqf.Nets.Execution;

/// <summary>Batch norms rewritten with the network's function unchanged.</summary>
public static class Norms
{
    /// <summary>Every norm with mean 0 and variance 1, as compressed files hold them.</summary>
    /// <returns>The parameters with w' = w · √((1 + ε) / (v + ε)), b' = b − w · μ / √(v + ε), mean 0 and variance 1 for each norm; new
    /// tensors belong to the innermost scope.</returns>
    /// <remarks>ε is the layer's own. The published code folds with √v + 1e-8 instead and so changes the function a little.</remarks>
    public static Parameters Fold(Graph graph, Parameters parameters) => graph.BatchNorms.Aggregate(parameters, Fold);

    /// <summary>Running statistics moved towards what norms saw in one batch, in place, as PyTorch's training mode does.</summary>
    /// <param name="parameters">Their running means and variances are overwritten.</param>
    /// <param name="seen">Of one forward in <see cref="NormMode.Batch"/>; variances are made unbiased on the way.</param>
    /// <param name="momentum">Weight of what is new.</param>
    public static void Update(Parameters parameters, IEnumerable<NormStatistics> seen, float momentum = 0.1f)
    {
        foreach (var norm in seen)
        {
            RunningAverage.Update(parameters.Find($"{norm.Layer}.running_mean")!, norm.Mean, momentum);
            RunningAverage.Update(
                parameters.Find($"{norm.Layer}.running_var")!,
                norm.Variance,
                momentum,
                norm.Count / (float)(norm.Count - norm.BatchCount)
            );
        }
    }

    static Parameters Fold(Parameters parameters, BatchNormLayer norm)
    {
        var device = Vector(parameters, norm, "weight").Device;
        float[] w = Vector(parameters, norm, "weight").ToArray(),
            b = Vector(parameters, norm, "bias").ToArray();
        float[] mean = Vector(parameters, norm, "running_mean").ToArray(),
            variance = Vector(parameters, norm, "running_var").ToArray();
        for (int c = 0; c < w.Length; c++)
        {
            double inverse = 1 / Math.Sqrt((double)variance[c] + norm.Eps);
            (w[c], b[c]) = ((float)(w[c] * Math.Sqrt(1.0 + norm.Eps) * inverse), (float)(b[c] - (w[c] * mean[c] * inverse)));
        }

        Array.Fill(mean, 0);
        Array.Fill(variance, 1);
        return With(parameters, norm, device, w, b, mean, variance);
    }

    /// <summary>The parameters with a norm's four vectors [C] replaced.</summary>
    static Parameters With(
        Parameters parameters,
        BatchNormLayer norm,
        Tensors.Devices.Device device,
        float[] w,
        float[] b,
        float[] mean,
        float[] variance
    )
    {
        Weight Dense(string name, float[] values) =>
            new Weight.Dense(Tensor<float>.From(device, [norm.Channels], values)) { Form = ((Weight.Dense)parameters[name]).Form };
        (string Part, float[] Values)[] vectors = [("weight", w), ("bias", b), ("running_mean", mean), ("running_var", variance)];
        return vectors
            .Select(vector => (Name: $"{norm.Name}.{vector.Part}", vector.Values))
            .Aggregate(parameters, (all, vector) => all.With(vector.Name, Dense(vector.Name, vector.Values)));
    }

    static Tensor<float> Vector(Parameters parameters, BatchNormLayer norm, string name) =>
        parameters.Find($"{norm.Name}.{name}")
        ?? throw new KeyNotFoundException($"Norms: expected {norm.Name}.{name} among the parameters");
}

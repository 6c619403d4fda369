using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Runs models of any inputs and outputs in ONNX Runtime.</summary>
static class Runs
{
    /// <summary>The largest difference of the outputs of two models with the same inputs, which are drawn from their names. Fails where
    /// names of inputs or outputs differ.</summary>
    public static double Difference(string path, string other)
    {
        var (first, second) = (Outputs(path), Outputs(other));
        Assert.Equal(first.Keys, second.Keys);
        double largest = 0;
        foreach (string name in first.Keys)
        {
            Assert.Equal(first[name].Length, second[name].Length);
            Assert.All(first[name], value => Assert.True(double.IsFinite(value)));
            largest = first[name].Zip(second[name], (a, b) => Math.Abs(a - b)).Append(largest).Max();
        }

        return largest;
    }

    /// <summary>All outputs by name.</summary>
    public static SortedDictionary<string, double[]> Outputs(string path)
    {
        // Without optimisations, so that equal values give equal bits whatever made them.
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = new InferenceSession(path, options);
        using var results = session.Run([.. session.InputNames.Select(name => Input(name, session.InputMetadata[name]))]);
        return new(results.ToDictionary(result => result.Name, Values));
    }

    static NamedOnnxValue Input(string name, NodeMetadata metadata)
    {
        double[] values = GeneratedWeights.Uniform(name, metadata.Dimensions.Aggregate(1, (product, length) => product * length));
        return metadata.ElementDataType switch
        {
            TensorElementType.Float16 => Create(value => (Float16)(float)value),
            TensorElementType.Double => Create(value => value),
            _ => Create(value => (float)value),
        };

        NamedOnnxValue Create<T>(Func<double, T> convert) =>
            NamedOnnxValue.CreateFromTensor(
                name,
                new DenseTensor<T>(values.Select(value => convert((2 * value) - 1)).ToArray(), metadata.Dimensions)
            );
    }

    static double[] Values(DisposableNamedOnnxValue result) =>
        result.ElementType switch
        {
            TensorElementType.Float16 => [.. result.AsEnumerable<Float16>().Select(value => (double)(float)value)],
            TensorElementType.Double => [.. result.AsEnumerable<double>()],
            TensorElementType.Int64 => [.. result.AsEnumerable<long>().Select(value => (double)value)],
            _ => [.. result.AsEnumerable<float>().Select(value => (double)value)],
        };
}

using Pqf.Nets.Architectures;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Bench;

/// <summary>A dense network to compress, from a compressed one: decoded, plus noise, because decoded weights have only a few hundred
/// distinct blocks a layer.</summary>
static class DenseNetwork
{
    // A fixed key: the file is the same wherever it is made.
    const long Seed = 2010_15703;

    /// <summary>Decodes a state dict and adds to each weight that was quantised Gaussian noise of a part of the weight's own
    /// deviation.</summary>
    /// <param name="from">Any tensor file of a ResNet.</param>
    /// <param name="to">A safetensors file.</param>
    /// <param name="architecture">Such as <c>resnet50</c>.</param>
    /// <param name="noise">Standard deviation of the noise over that of the weight: 0.01.</param>
    public static Result<Unit, PqfError> Write(string from, string to, string architecture, double noise)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        return TensorFiles
            .Open(from)
            .Bind(file =>
            {
                using var open = file;
                return Networks
                    .Build(new Architecture(architecture))
                    .Bind(graph =>
                        StateDict
                            .Load(graph, file, device)
                            .Bind(loaded =>
                                Safetensors.Write(
                                    to,
                                    StateDict.Dense(graph, WithNoise(loaded.Parameters, device, noise)),
                                    new Dictionary<string, string>()
                                )
                            )
                    );
            });
    }

    static Parameters WithNoise(Parameters parameters, Device device, double noise)
    {
        foreach (var (name, weight) in parameters.Values.Where(pair => pair.Value is Weight.Quantised))
        {
            float[] values = weight.Decode().ToArray();
            double mean = values.Average(value => (double)value);
            double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            var key = RngKey.FromSeed(Seed).Fold(name);
            for (int i = 0; i < values.Length; i++)
                values[i] += (float)(noise * deviation * key.Normal((ulong)i));
            parameters = parameters.With(name, new Weight.Dense(Tensor<float>.From(device, weight.Shape, values)));
        }

        return parameters;
    }
}

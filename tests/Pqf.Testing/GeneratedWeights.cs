using System.Collections.Immutable;
using System.Text;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Testing;

/// <summary>Weights that anyone can make again from their names: the rule of <c>splitmix</c> and <c>fill</c> in the reference cases'
/// generate.py.</summary>
public static class GeneratedWeights
{
    /// <summary>Numbers in [0, 1), drawn by SplitMix64 from the FNV-1a hash of a name.</summary>
    public static double[] Uniform(string name, int count)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 0x100000001B3;
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            ulong z = hash + ((ulong)(i + 1) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            values[i] = ((z ^ (z >> 31)) >> 11) / (double)(1UL << 53);
        }

        return values;
    }

    /// <summary>All parameters of a graph, dense: weights uniform within ±√(3 / fan-in), norms near the identity.</summary>
    /// <param name="graph">Names and shapes.</param>
    /// <param name="device">Where they go; they belong to its innermost scope.</param>
    /// <param name="salt">Goes before each name; the network's name in the reference cases.</param>
    /// <param name="names">Names in the reference case, where they are others; null if none is.</param>
    public static Parameters Parameters(Graph graph, Device device, string salt, IReadOnlyDictionary<string, string>? names = null) =>
        new(
            ParameterSpecs
                .Of(graph)
                .ToImmutableDictionary(
                    spec => spec.Name,
                    Weight (spec) =>
                        new Weight.Dense(
                            Tensor<float>.From(
                                device,
                                spec.Shape,
                                Values(spec, $"{salt}:{names?.GetValueOrDefault(spec.Name) ?? spec.Name}")
                            )
                        )
                )
        );

    /// <summary>Images of a generated network's case, 4u − 2.</summary>
    /// <param name="device">Where they go.</param>
    /// <param name="name">Its name in the case.</param>
    /// <param name="channelsFirst">[N, C, H, W], the order in which the numbers are drawn.</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Images(Device device, string name, Shape channelsFirst) =>
        ChannelOrder.ToChannelsLast(
            Tensor<float>.From(device, channelsFirst, [.. Uniform(name, channelsFirst.Count).Select(u => ((float)u * 4) - 2)])
        );

    /// <summary>Random blocks and codes in place of a weight: k centroids of length d.</summary>
    public static Weight.Quantised Quantised(Device device, string name, Shape shape, int k, int d) =>
        new(
            Tensor<float>.From(device, [k, d], [.. Uniform($"{name}.codebook", k * d).Select(u => (float)(Half)(u - 0.5))]),
            Tensor<ushort>.From(
                device,
                [shape[0], shape.Count / shape[0] / d],
                [.. Uniform($"{name}.codes", shape.Count / d).Select(u => (ushort)(u * k))]
            ),
            shape
        );

    static float[] Values(ParameterSpec spec, string name)
    {
        double bound = spec.Shape.Rank >= 2 ? Math.Sqrt(3.0 / (spec.Shape.Count / spec.Shape[0])) : 0;
        return
        [
            .. Uniform(name, spec.Shape.Count)
                .Select(u =>
                    (float)(
                        spec.Role switch
                        {
                            ParameterRole.RunningVar => 0.5 + u,
                            ParameterRole.Weight => ((2 * u) - 1) * bound,
                            ParameterRole.NormWeight or ParameterRole.Vector => 0.75 + (0.5 * u),
                            _ => 0.2 * (u - 0.5),
                        }
                    )
                ),
        ];
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Bench.Network;

/// <summary>One network, thread count and batch size.</summary>
/// <param name="Name">Architecture, <c>resnet50</c>, or the path of an ONNX model.</param>
/// <param name="Threads">Threads that each side may use.</param>
/// <param name="Batch">Images a call.</param>
sealed record NetworkCase(string Name, int Threads, int Batch)
{
    const int Size = 224;

    /// <summary>The model's file; null for an architecture, whose weights are random.</summary>
    public string? Path => IsModel(Name) ? Name : null;

    /// <summary>What tables call it.</summary>
    public string ShortName => Path is { } path ? System.IO.Path.GetFileName(path).Split('.')[0] : Name;

    /// <summary>The network.</summary>
    public Graph Graph { get; } =
        IsModel(Name) ? ReadModel(Name, network => network.Graph) : Networks.Build(new Architecture(Name)).Value();

    /// <summary>[N, H, W, C].</summary>
    public Shape ChannelsLast => [Batch, Size, Size, 3];

    /// <summary>[N, C, H, W].</summary>
    public Shape ChannelsFirst => [Batch, 3, Size, Size];

    /// <summary>Arguments that <see cref="FromArguments"/> reads.</summary>
    public string[] ToArguments() => [Name, Threads.ToString(CultureInfo.InvariantCulture), Batch.ToString(CultureInfo.InvariantCulture)];

    public static NetworkCase FromArguments(ReadOnlySpan<string> arguments) =>
        new(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture), int.Parse(arguments[2], CultureInfo.InvariantCulture));

    /// <summary>The model's weights, or random ones, scaled so that activations keep their size from layer to layer, with norms near the
    /// identity.</summary>
    public Parameters Parameters(Device device) =>
        Path is { } path
            ? ReadModel(path, network => StateDict.Load(network.Graph, network.Tensors, device).Value().Parameters)
            : new(
                ParameterSpecs
                    .Of(Graph)
                    .ToImmutableDictionary(
                        spec => spec.Name,
                        Weight (spec) => new Weight.Dense(Tensor<float>.From(device, spec.Shape, Values(spec)))
                    )
            );

    /// <summary>Images like prepared photographs: normal values, mean 0 and deviation 1, row-major [N, C, H, W].</summary>
    public float[] Input(int number)
    {
        var key = RngKey.FromSeed(number).Fold("images");
        float[] values = new float[ChannelsFirst.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)key.Normal((ulong)i);
        return values;
    }

    static bool IsModel(string name) => name.EndsWith(".onnx", StringComparison.Ordinal);

    static T ReadModel<T>(string path, Func<OnnxNetwork, T> use)
    {
        using var file = TensorFiles.Open(path).Value();
        return use(OnnxReader.Read(file).Value());
    }

    static float[] Values(ParameterSpec spec)
    {
        var key = RngKey.FromSeed(1).Fold(spec.Name);
        double bound = spec.Role == ParameterRole.Weight ? Math.Sqrt(3.0 * spec.Shape[0] / spec.Shape.Count) : 0.1;
        double centre = spec.Role is ParameterRole.NormWeight or ParameterRole.RunningVar ? 1 : 0;
        float[] values = new float[spec.Shape.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(centre + (bound * ((2 * key.Uniform((ulong)i)) - 1)));
        return values;
    }
}

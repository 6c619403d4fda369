using System.Collections.Immutable;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Compression.Jobs;

/// <summary>A value that a network gave.</summary>
/// <param name="Name">As the network's file names it; <c>output</c> where it does not.</param>
/// <param name="Shape">As PyTorch and ONNX order axes: [N, C, H, W], [N, classes].</param>
/// <param name="Values">Row by row.</param>
public sealed record NetworkValue(string Name, Shape Shape, float[] Values)
{
    /// <summary>The value as a tensor of a file.</summary>
    public StoredTensor Stored => StoredTensor.FromSingles(Name, Shape, Values);
}

/// <summary>Runs a network of any kind but detectors once.</summary>
public static class RunJob
{
    /// <summary>What the network gives for some inputs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="x">[N, H, W, C], prepared.</param>
    /// <returns>Its outputs in the order of its file; an error if the inputs do not fit it.</returns>
    public static Result<ImmutableArray<NetworkValue>, PqfError> Run(Network network, Tensor<float> x)
    {
        if (network.Graph.HasJoints)
            return new PqfError.File(network.Path, $"is a detector ({network.Architecture.Name}); pqf detect runs it");
        if (Problem(network, x.Shape) is { } problem)
            return new PqfError.File(network.Path, $"does not take inputs of {ChannelsFirst(x.Shape)}: {problem}");
        using var scope = network.Device.BeginScope();
        var values = InferencePlan
            .Compile(network.Graph, network.Parameters, network.Device, x.Shape, new InferenceOptions { Memory = PlanMemory.Least })
            .RunAll(x);
        var outputs = network.Architecture.Options is GraphOptions own
            ? own.Outputs.Select(output => (output.Name, output.Node))
            : [("output", network.Graph.Output)];
        return (ImmutableArray<NetworkValue>)
            [.. outputs.Select(output => Of(output.Name, values[network.Graph.Outputs.IndexOf(output.Node)]))];
    }

    /// <summary>The inputs of a file, as they are.</summary>
    /// <param name="path">A <c>.npy</c> file, or a <c>.safetensors</c> file of one tensor or of one that is called as the network's
    /// input: [N, C, H, W] or [C, H, W].</param>
    /// <param name="network">Which is given them.</param>
    /// <returns>[N, H, W, C], in the innermost scope.</returns>
    public static Result<Tensor<float>, PqfError> Read(string path, Network network) =>
        (path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase) ? NpyFile.Open(path) : TensorFiles.Open(path)).Bind(file =>
        {
            using (file)
                return InputOf(file, network).Bind(tensor => Read(file.Path, tensor, network));
        });

    static Result<StoredTensor, PqfError> InputOf(TensorFile file, Network network)
    {
        string name = network.Architecture.Options is GraphOptions own ? own.InputName : "input";
        return file.Tensors is [var only] ? only
            : file.ByName.TryGetValue(name, out var named) ? named
            : new PqfError.File(
                file.Path,
                $"holds {file.Tensors.Count} tensors; expected one, or one called {Printable.Name(name)}, as the network's input"
            );
    }

    static Result<Tensor<float>, PqfError> Read(string path, StoredTensor tensor, Network network)
    {
        if (tensor.Shape.Rank is not (3 or 4) || tensor.Shape.Count == 0)
            return new PqfError.File(path, $"holds values of {tensor.Shape}; expected inputs [N, C, H, W] or [C, H, W]");
        return IoProblem.Try(
            path,
            () =>
            {
                Shape shape = tensor.Shape.Rank == 4 ? tensor.Shape : [1, .. tensor.Shape];
                return ChannelOrder.ToChannelsLast(network.Device, shape, tensor.ToSingles());
            }
        );
    }

    static NetworkValue Of(string name, Tensor<float> value) =>
        value.Shape.Rank == 4
            ? new(name, ChannelsFirst(value.Shape), ChannelOrder.ToChannelsFirst(value).ToArray())
            : new(name, value.Shape, value.ToArray());

    static Shape ChannelsFirst(Shape s) => [s[0], s[3], s[1], s[2]];

    static string? Problem(Network network, Shape x)
    {
        if (x[3] != network.Preprocessing.Channels)
            return $"expected {network.Preprocessing.Channels} channels, [N, {network.Preprocessing.Channels}, H, W]";
        try
        {
            GraphShapes.Of(network.Graph, x);
            return null;
        }
        catch (ShapeException exception)
        {
            return exception.Message;
        }
    }
}

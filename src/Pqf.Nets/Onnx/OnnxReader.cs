using System.Collections.Immutable;
using Pqf.Nets.Onnx.Reading;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>What an ONNX model's graph is read for.</summary>
public sealed record OnnxReadOptions
{
    /// <summary>Rows and columns of images where neither the model nor <see cref="ImageSize"/> gives them.</summary>
    public const int UsualSide = 224;

    /// <summary>Rows and columns of images, whatever the model says; null for the model's.</summary>
    public Pair? ImageSize { get; init; }
}

/// <summary>Reads ONNX models of any program as networks: operations become layers, several of them one layer where they are its parts, and
/// shape arithmetic is computed.</summary>
/// <remarks>Source of the operations' meaning: Operators.md and Changelog.md of the ONNX project.</remarks>
public static class OnnxReader
{
    /// <summary>Older operations broadcast in another way.</summary>
    const int OldestOpset = 7;

    /// <summary>Nodes that an error lists.</summary>
    const int ShownProblems = 8;

    /// <summary>Whether a file is a model whose graph can be read.</summary>
    public static bool HasGraph(TensorFile file) => file.Onnx is { Nodes.IsEmpty: false };

    /// <summary>Whether a model has weights in a form that is not read.</summary>
    public static bool HasUnreadWeights(TensorFile file) =>
        file.Onnx is { } model && OnnxNames.CheckOperators(file, model).Match(_ => false, _ => true);

    /// <summary>Reads the network of a model.</summary>
    /// <param name="file">An open model.</param>
    /// <param name="options">What is taken where the model leaves it open.</param>
    /// <returns>The network, or an error that names the nodes which are not run here, or what is wrong with the model.</returns>
    public static Result<OnnxNetwork, PqfError> Read(TensorFile file, OnnxReadOptions? options = null) =>
        Convert(file, options)
            .Bind(found =>
                found.Match<Result<OnnxNetwork, PqfError>>(
                    network => network,
                    problems =>
                        problems is [var only]
                            ? new PqfError.File(file.Path, Text(only))
                            : new PqfError.File(file.Path, $"{problems.Length} nodes of the model are not run here:")
                            {
                                Findings =
                                [
                                    .. problems.Take(ShownProblems).Select(Text),
                                    .. problems.Length > ShownProblems ? ["…"] : (ImmutableArray<string>)[],
                                ],
                            }
                )
            );

    /// <summary>Reads the network of a model, or all nodes of it that do not become layers.</summary>
    /// <inheritdoc cref="Read"/>
    public static Result<Result<OnnxNetwork, ImmutableArray<OnnxProblem>>, PqfError> Convert(
        TensorFile file,
        OnnxReadOptions? options = null
    )
    {
        return from model in Supported(file)
            let reading = new ModelReading(model)
            from input in ModelInput.Of(file.Path, model, options ?? new(), reading)
            from checkedModel in ModelCheck.Of(file.Path, model)
            from network in Convert(file, model, reading, input)
            select network;
    }

    /// <summary>The model of a file, if its operations are of a version that is known here.</summary>
    internal static Result<OnnxModel, PqfError> Supported(TensorFile file) =>
        file.Onnx is not { } model ? new PqfError.File(file.Path, $"is a {file.Format} file; expected an ONNX model")
        : model.Opset < OldestOpset
            ? new PqfError.File(
                file.Path,
                $"its operations are of version {model.Opset} of ONNX; expected {OldestOpset} or newer (onnx.version_converter changes it)"
            )
        : model;

    static Result<Result<OnnxNetwork, ImmutableArray<OnnxProblem>>, PqfError> Convert(
        TensorFile file,
        OnnxModel model,
        ModelReading reading,
        OnnxNetworkInput input
    )
    {
        reading.Read(Patterns.Of(model), model.Outputs);
        if (reading.Problems.Count > 0)
            return (Result<OnnxNetwork, ImmutableArray<OnnxProblem>>)reading.Problems.ToImmutableArray();
        if (model.Outputs.FirstOrDefault(name => reading.Value(name) is null) is { } constant)
            return new PqfError.File(
                file.Path,
                $"its output {Printable.Name(constant)} "
                    + (
                        reading.Constant(constant) is null && reading.Extents(constant) is null
                            ? "is made by no node"
                            : "does not depend on the images"
                    )
            );
        var output = new OnnxNode("", "", "Output", model.Outputs, [], ImmutableDictionary<string, OnnxAttribute>.Empty);
        var places = model.Outputs.Select(name => new NodeReading(reading, output).AsMemory(reading.Value(name)!.Value).Place).ToArray();
        var (graph, tensors, numbers) = reading.Drafts.Build(places);
        return (Result<OnnxNetwork, ImmutableArray<OnnxProblem>>)
            new OnnxNetwork(
                graph,
                NamedTensors.AsTheyAre(new(file.Path, file.Format, tensors, file.Metadata)),
                input,
                [.. model.Outputs.Zip(places, (name, place) => new OnnxNetworkOutput(name, numbers[place]))],
                [.. reading.Notes.Distinct()]
            );
    }

    static string Text(OnnxProblem problem) => $"{problem.Operator} node {Printable.Name(problem.Node)}: {problem.Text}";
}

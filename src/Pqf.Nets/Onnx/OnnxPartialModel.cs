using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx.Partial;
using Pqf.Nets.Onnx.Reading;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>An ONNX model that is not run here, as a whole or in parts. The weights of its convolutions and linear layers are known; all
/// else stays in the file as it is.</summary>
public sealed class OnnxPartialModel
{
    readonly TensorFile file;
    readonly OnnxModel model;
    readonly OnnxInnerGraphs inner;
    readonly ImmutableArray<PartialWeight> weights;

    OnnxPartialModel(TensorFile file, OnnxModel model, OnnxInnerGraphs inner, ImmutableArray<PartialWeight> weights)
    {
        (this.file, this.model, this.inner, this.weights) = (file, model, inner, weights);
        Graph = new([new InputLayer(1), .. weights.Select(weight => weight.AsLayer())]);
    }

    /// <summary>The file; must be open when the model is written.</summary>
    public string Path => file.Path;

    /// <summary>Its convolutions and linear layers without biases, each once, in the order of the model's nodes. They are not connected:
    /// the graph says what can be quantised, and cannot be run.</summary>
    public Graph Graph { get; }

    /// <summary>Values of the layers' weights. They can be read while the model's file is open.</summary>
    public NamedTensors Tensors =>
        NamedTensors.AsTheyAre(new(file.Path, file.Format, weights.Select(weight => weight.Values), file.Metadata));

    /// <summary>The nodes that do not become layers. What depends on them is not among them.</summary>
    public required ImmutableArray<OnnxProblem> Problems { get; init; }

    /// <summary>Operators that are not run here, with the number of their nodes: those of <see cref="Problems"/>, and what depends on them
    /// and is never run.</summary>
    public ImmutableArray<(string Operator, int Count)> Operators => PassedOperators.Of(model, Problems);

    /// <summary>Why no node is read: the inputs are no images. Null where nodes are read.</summary>
    public required string? Reason { get; init; }

    /// <summary>Bytes of the model and of the files beside it that hold its tensors.</summary>
    public long SizeBytes => model.Storage.SizeBytes;

    /// <summary>The model of a file whose network is not run here.</summary>
    /// <param name="file">An open file.</param>
    /// <returns>Null if its network is run, or if it is no model; an error if it is damaged, of an old version, or has no weight that can
    /// be compressed.</returns>
    public static Result<OnnxPartialModel, PqfError>? Find(TensorFile file) =>
        !OnnxReader.HasGraph(file)
            ? null
            : OnnxReader
                .Convert(file)
                .Match(
                    read => read.Match<Result<OnnxPartialModel, PqfError>?>(_ => null, problems => Of(file, problems, null)),
                    error => Of(file, [], error is PqfError.File wrong ? wrong.Problem : error.Message)
                );

    static Result<OnnxPartialModel, PqfError> Of(TensorFile file, ImmutableArray<OnnxProblem> problems, string? reason) =>
        from model in OnnxReader.Supported(file)
        from order in ModelCheck.Of(file.Path, model)
        from inner in IoProblem.Try(file.Path, () => OnnxInnerGraphs.Of(model.Storage))
        from values in ModelCheck.Values(file.Path, model, inner.SparseInitialisers)
        from contained in Contained(file.Path, inner)
        from weights in Weights(file.Path, model, inner)
        select new OnnxPartialModel(file, model, inner, weights) { Problems = problems, Reason = reason };

    static Result<ImmutableArray<PartialWeight>, PqfError> Weights(string path, OnnxModel model, OnnxInnerGraphs inner) =>
        WeightSearch.Of(model, inner) is { Count: > 0 } found
            ? found.ToImmutableArray()
            : new PqfError.File(
                path,
                "nothing to compress: the model has no convolution, Gemm or MatMul whose weight is a constant in floating point"
            );

    /// <summary>Tensors within nodes are copied as they are: their values must be in the model.</summary>
    static Result<Unit, PqfError> Contained(string path, OnnxInnerGraphs inner) =>
        inner.ExternalTensor is { } name
            ? new PqfError.Tensor(path, name, "its values are in another file; within nodes and inner graphs, expected them in the model")
            : default(Unit);

    /// <summary>Writes the model with the weights as they are stored: codes and values of 8 or 16 bits are decoded by nodes at the
    /// beginning of its graph. Weights in single precision stay as they are in the model.</summary>
    /// <param name="path">As for <see cref="AtomicFile.Write"/>.</param>
    /// <param name="parameters">A weight for each layer of the graph.</param>
    /// <returns>An error if the file system refuses, or the model is too large for its format.</returns>
    public Result<Unit, PqfError> Write(string path, Parameters parameters) =>
        Fields(parameters)
            .Match(
                fields => AtomicFile.Write(path, stream => OnnxMessages.Write(stream, fields)),
                problem => new PqfError.File(path, problem)
            );

    /// <summary>Bytes of the file that would be written.</summary>
    /// <inheritdoc cref="Write"/>
    public Result<long, PqfError> SizeOf(Parameters parameters) =>
        Fields(parameters)
            .Match<Result<long, PqfError>>(
                fields => fields.Sum(field => (long)field.SizeBytes),
                problem => new PqfError.File(file.Path, problem)
            );

    Result<IReadOnlyList<WireField>, string> Fields(Parameters parameters) =>
        PartialModelWriter.Fields(
            model,
            inner,
            weights.Select(weight => (Weight: weight, Value: parameters[weight.Name])).Where(pair => IsRewritten(pair.Weight, pair.Value))
        );

    /// <summary>Whether a weight is stored in fewer bits than the model has.</summary>
    static bool IsRewritten(PartialWeight weight, Weight value) =>
        value.Match(
            dense => dense.Form == ValueForm.Scaled8 || (dense.Form == ValueForm.Half && weight.Tensor.Type != DType.F16),
            _ => true
        );
}

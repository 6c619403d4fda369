using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>Writes a network as an ONNX model that any runtime runs: images [N, C, H, W] in, named <c>input</c>; the output node's value
/// out, named <c>logits</c>; batches of any size.</summary>
/// <remarks>
/// A dense network has its norms folded into the layers before them. In one with quantised weights these stay codes (8 bits, or 16 where k
/// exceeds 256) and
/// half-precision codebooks, decoded by nodes of the graph, and norms are products and sums: the model is about as small as our own file,
/// and a runtime that
/// folds constants runs it as fast as a dense one. Initialisers are named as in a state dict, with <c>.scale</c> and <c>.shift</c> for
/// norms.
/// </remarks>
public static class OnnxWriter
{
    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">As for <see cref="AtomicFile.Write"/>.</param>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists.</param>
    /// <param name="input">[N, H, W, C]: images of another size are not of this model; N has no meaning.</param>
    /// <param name="metadata">Text to store in the model.</param>
    /// <param name="names">What images and values are called; null for the usual names.</param>
    /// <returns>An error if the file system refuses, or if the network is a detector.</returns>
    /// <exception cref="ShapeException">The input or a parameter does not fit the graph.</exception>
    /// <exception cref="OverflowException">The model is larger than 2 GiB.</exception>
    public static Result<Unit, PqfError> Write(
        string path,
        Graph graph,
        Parameters parameters,
        Shape input,
        IReadOnlyDictionary<string, string> metadata,
        OnnxModelNames? names = null
    ) => Contents(path, graph, parameters, input, metadata, names).Bind(write => AtomicFile.Write(path, write));

    /// <summary>What <see cref="Write(string, Graph, Parameters, Shape, IReadOnlyDictionary{string, string}, OnnxModelNames)"/>
    /// writes.</summary>
    /// <inheritdoc cref="Write(string, Graph, Parameters, Shape, IReadOnlyDictionary{string, string}, OnnxModelNames)"/>
    /// <param name="path">Named in errors.</param>
    public static Result<Action<Stream>, PqfError> Contents(
        string path,
        Graph graph,
        Parameters parameters,
        Shape input,
        IReadOnlyDictionary<string, string> metadata,
        OnnxModelNames? names = null
    ) =>
        graph.Nodes.FirstOrDefault(node => node.Onnx is null) is { } unknown
            ? new PqfError.File(path, $"an ONNX model cannot hold this network: no way is known to write its node {unknown.Kind}")
            : (Action<Stream>)(stream => Write(stream, graph, parameters, input, metadata, names));

    /// <summary>Writes a model to a stream.</summary>
    /// <inheritdoc cref="Write(string, Graph, Parameters, Shape, IReadOnlyDictionary{string, string}, OnnxModelNames)"/>
    public static void Write(
        Stream stream,
        Graph graph,
        Parameters parameters,
        Shape input,
        IReadOnlyDictionary<string, string> metadata,
        OnnxModelNames? names = null
    ) =>
        OnnxMessages.Write(
            stream,
            OnnxMessages.Model(OnnxGraph.Of(graph, parameters, input, names ?? OnnxModelNames.Usual(graph)), metadata)
        );
}

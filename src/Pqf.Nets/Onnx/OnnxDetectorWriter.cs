using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx.Joints;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>Writes a whole Mask R-CNN as an ONNX model: one photograph of any size in, what it shows out, as
/// <see cref="Detector"/>.</summary>
/// <remarks>
/// The input is <c>image</c>, [3, height, width] of 0 … 1. The outputs are those of torchvision's export: <c>boxes</c> [n, 4] in pixels of
/// the image, <c>labels</c> [n], <c>scores</c> [n] by falling score, and <c>masks</c> [n, 1, height, width], the probability of each pixel
/// of the image. Weights are stored as <see cref="OnnxWriter"/> stores them.
/// </remarks>
public static class OnnxDetectorWriter
{
    // Shapes of layers are known for images of this side; the nodes do not depend on it.
    const int ExampleSide = 64,
        ExampleLevel = 16;

    /// <summary>Whether a tensor of a model that was written here is a constant of its operations, no weight.</summary>
    /// <param name="name">Of the tensor.</param>
    public static bool IsConstant(string name) => name.StartsWith(OnnxWeights.NumbersPrefix, StringComparison.Ordinal);

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">As for <see cref="AtomicFile.Write"/>.</param>
    /// <param name="architecture">A <c>maskrcnn</c>, with its thresholds.</param>
    /// <param name="parameters">Everything that its graph needs.</param>
    /// <param name="metadata">Text to store in the model.</param>
    /// <returns>An error if the file system refuses.</returns>
    /// <exception cref="ArgumentException">The architecture is no Mask R-CNN that can be built.</exception>
    /// <exception cref="OverflowException">The model is larger than 2 GiB.</exception>
    public static Result<Unit, PqfError> Write(
        string path,
        Architecture architecture,
        Parameters parameters,
        IReadOnlyDictionary<string, string> metadata
    ) => AtomicFile.Write(path, stream => Write(stream, architecture, parameters, metadata));

    /// <summary>Writes a model to a stream.</summary>
    /// <inheritdoc cref="Write(string, Architecture, Parameters, IReadOnlyDictionary{string, string})"/>
    public static void Write(Stream stream, Architecture architecture, Parameters parameters, IReadOnlyDictionary<string, string> metadata)
    {
        List<WireField> nodes = [];
        var weights = new OnnxWeights(nodes);
        var parts = new Parts(architecture, parameters, nodes, weights, new(nodes, weights));
        parts.Append();
        var graph = OnnxMessages.Graph(
            "network",
            nodes,
            weights.Initialisers,
            OnnxMessages.OpenInput("image", ["3", "height", "width"]),
            [
                OnnxMessages.OpenOutput("boxes", DType.F32, ["objects", "4"]),
                OnnxMessages.OpenOutput("labels", DType.I64, ["objects"]),
                OnnxMessages.OpenOutput("scores", DType.F32, ["objects"]),
                OnnxMessages.OpenOutput("masks", DType.F32, ["objects", "1", "height", "width"]),
            ]
        );
        OnnxMessages.Write(stream, OnnxMessages.Model(graph, metadata));
    }

    /// <summary>The graphs of the network and what joins them, in the order of <see cref="Detector.Detect"/>.</summary>
    sealed class Parts(Architecture architecture, Parameters parameters, List<WireField> nodes, OnnxWeights weights, OnnxFormula formula)
    {
        readonly MaskRcnnOptions options = MaskRcnnOptions.Of(architecture);
        readonly MaskRcnn network = MaskRcnn.Of(architecture);

        public void Append()
        {
            var image = OnnxImage.Of(formula.Named("image"), options);
            ImmutableArray<OnnxValue> levels = Run(network.Features, "features", image.Images, [1, ExampleSide, ExampleSide, 3]),
                pooled = levels[..^1];
            var proposals = new OnnxProposals(image, options).Of([.. levels.Select(ProposalHead)]);
            ImmutableArray<OnnxValue> box = Run(
                network.Boxes,
                "boxes",
                Cells(pooled, proposals, options.BoxRoiSize),
                [1, options.BoxRoiSize, options.BoxRoiSize, options.FpnChannels]
            );
            var resized = image.Resized.Cast(DType.F32);
            var found = OnnxDetections.Of(proposals, box[0], box[1], resized, architecture.ClassCount, options);
            var boxes = found.InPhotograph(image);
            formula.Name(boxes, "boxes");
            formula.Name(found.Labels, "labels");
            formula.Name(found.Scores, "scores");
            var masks = OnnxPasting.Of(Masks(pooled, found), boxes, image.Size, 2 * options.MaskRoiSize);
            formula.Name(masks.Unsqueeze(1), "masks");
        }

        (OnnxValue Objectness, OnnxValue Codes) ProposalHead(OnnxValue level, int number)
        {
            var values = Run(network.Proposals, $"proposals{number}", level, [1, ExampleLevel, ExampleLevel, options.FpnChannels]);
            return (values[0], values[1]);
        }

        /// <summary>Probabilities of each detection's own class, [n, side, side].</summary>
        OnnxValue Masks(ImmutableArray<OnnxValue> pooled, OnnxDetections found)
        {
            var logits = Run(
                network.Masks,
                "masks",
                Cells(pooled, found.Boxes, options.MaskRoiSize),
                [1, options.MaskRoiSize, options.MaskRoiSize, options.FpnChannels]
            )[0];
            var own = formula.Of("GatherND", [logits, found.Labels.Unsqueeze(1)], OnnxMessages.Attribute("batch_dims", 1));
            return own.Map("Sigmoid");
        }

        OnnxValue Cells(ImmutableArray<OnnxValue> pooled, OnnxValue boxes, int size) =>
            OnnxCells.Of(pooled, boxes, MaskRcnn.Pooling(options, size, options.BoxDetectionsPerImg));

        ImmutableArray<OnnxValue> Run(Graph graph, string name, OnnxValue input, Shape example)
        {
            ImmutableArray<OnnxNetworkOutput> outputs = [.. graph.Outputs.Select((node, i) => new OnnxNetworkOutput($"{name}/{i}", node))];
            OnnxGraph.Append(graph, parameters, example, new(input.Name, outputs), nodes, new($"{name}/", weights));
            return [.. outputs.Select(output => formula.Named(output.Name))];
        }
    }
}

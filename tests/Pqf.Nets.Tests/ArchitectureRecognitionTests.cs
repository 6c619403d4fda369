using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class ArchitectureRecognitionTests
{
    [Theory]
    [InlineData("resnet18", 1000, 3)]
    [InlineData("resnet34", 10, 1)]
    [InlineData("resnet50", 7, 3)]
    [InlineData("resnet101", 1000, 3)]
    [InlineData("resnet152", 1000, 3)]
    [InlineData("resnet20", 10, 1)]
    [InlineData("resnet20", 10, 1, 32)]
    [InlineData("resnet18", 10, 3, 8)]
    [InlineData("maskrcnn", 91, 3)]
    [InlineData("maskrcnn", 4, 3, 16)]
    public void A_network_is_known_by_its_layers(string name, int classCount, int inChannels, int? width = null)
    {
        var architecture = new Architecture(name, classCount, inChannels, width);
        Assert.Equal(architecture, Recognised(Dense(architecture)));
        Assert.Equal(architecture, Recognised(Dense(architecture).Select(tensor => tensor.Rename("module." + tensor.Name))));
    }

    [Fact]
    public void A_compressed_network_is_known_by_its_codes() =>
        Assert.Equal(new Architecture("resnet18", 5), Recognised(Dense(new Architecture("resnet18", 5)).Select(AsCodes)));

    [Fact]
    public void A_detector_is_known_by_its_newer_names_too_and_by_its_codes()
    {
        var architecture = new Architecture("maskrcnn", 91);
        var newer = Dense(architecture)
            .Select(tensor =>
                tensor.Rename(
                    tensor
                        .Name.Replace("blocks.0.", "blocks.0.0.", StringComparison.Ordinal)
                        .Replace("blocks.1.", "blocks.1.0.", StringComparison.Ordinal)
                        .Replace("blocks.2.", "blocks.2.0.", StringComparison.Ordinal)
                        .Replace("blocks.3.", "blocks.3.0.", StringComparison.Ordinal)
                        .Replace("rpn.head.conv.", "rpn.head.conv.0.0.", StringComparison.Ordinal)
                        .Replace("backbone.body.", "backbone.body.layers.", StringComparison.Ordinal)
                )
            );
        Assert.Equal(architecture, Recognised(newer));
        string[] dense =
        [
            "backbone.body.conv1.weight",
            "rpn.head.cls_logits.weight",
            "rpn.head.bbox_pred.weight",
            "roi_heads.mask_predictor.mask_fcn_logits.weight",
        ];
        Assert.Equal(
            architecture,
            Recognised(Dense(architecture).Select(tensor => dense.Contains(tensor.Name) ? tensor : AsCodes(tensor)))
        );
    }

    [Fact]
    public void A_narrow_detector_has_its_files_channels()
    {
        var found = Recognised(Dense(TestGraphs.NarrowDetector));
        Assert.Equal(("maskrcnn", 5, 8), (found.Name, found.ClassCount, found.Width));
        Assert.Equal((16, 24, 12), (found.MaskRcnn!.FpnChannels, found.MaskRcnn.RepresentationSize, found.MaskRcnn.MaskChannels));
    }

    [Fact]
    public void A_stranger_is_an_error_that_names_the_nearest()
    {
        var tensors = Dense(new Architecture("resnet18"))
            .Where(tensor => tensor.Name != "layer4.1.conv2.weight")
            .Append(Tensor("head.weight", [3, 4]));
        Assert.Equal(
            "f.pth: no known architecture has its layers; the nearest is resnet18, which has 1 layers that the file lacks (layer4.1.conv2, …), and lacks 1 of its layers (head, …)",
            Recognise(tensors).Match(architecture => architecture.Name, error => error.Message)
        );
    }

    static StoredTensor AsCodes(StoredTensor tensor) =>
        tensor.Name.StartsWith("conv1.", StringComparison.Ordinal) || tensor.Shape.Rank < 2
            ? tensor
            : Tensor(tensor.Name.Replace(".weight", ".codes_matrix", StringComparison.Ordinal), [tensor.Shape[0], 4]);

    static IEnumerable<StoredTensor> Dense(Architecture architecture) =>
        Networks
            .Build(architecture)
            .Match(
                graph => ParameterSpecs.Of(graph).Select(spec => Tensor(spec.Name, spec.Shape)),
                error => throw new InvalidOperationException(error.Message)
            );

    static StoredTensor Tensor(string name, Shape shape) =>
        new(name, DType.F32, shape, _ => throw new InvalidOperationException("values are not needed"));

    static Architecture Recognised(IEnumerable<StoredTensor> tensors) =>
        Recognise(tensors).Match(architecture => architecture, error => throw new InvalidOperationException(error.Message));

    static Result<Architecture, PqfError> Recognise(IEnumerable<StoredTensor> tensors)
    {
        using var file = new TensorFile("f.pth", "test", tensors, new Dictionary<string, string>());
        return ArchitectureRecognition.Recognise(file);
    }
}

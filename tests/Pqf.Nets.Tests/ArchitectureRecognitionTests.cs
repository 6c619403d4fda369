using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
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
    [InlineData("resnext50_32x4d", 1000, 3)]
    [InlineData("resnext50_32x4d", 10, 1, 16)]
    [InlineData("resnext101_32x8d", 1000, 3)]
    [InlineData("wide_resnet50_2", 1000, 3)]
    [InlineData("wide_resnet101_2", 7, 3)]
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

    [Theory]
    [InlineData("resnet50")]
    [InlineData("resnext50_32x4d")]
    [InlineData("wide_resnet50_2")]
    public void Compressed_networks_of_equal_names_are_told_apart_by_codes_and_codebooks(string name)
    {
        var architecture = new Architecture(name, 5);
        Assert.Equal(architecture, Recognised(Dense(architecture).SelectMany(Compressed)));
    }

    // Widths of 64 inner channels in 1 group, 128 in 32 and 128 in 1: the rows alone do not tell the last two apart.
    [Fact]
    public void Codes_of_another_block_length_do_not_make_a_weight()
    {
        var tensors = Dense(new Architecture("resnet18"))
            .SelectMany(tensor =>
                tensor.Name == "layer1.0.conv2.weight"
                    ? [Tensor("layer1.0.conv2.codes_matrix", [64, 64]), Tensor("layer1.0.conv2.codebook", [256, 8])]
                    : (IEnumerable<StoredTensor>)[tensor]
            );
        Assert.Equal(
            "f.pth: no known architecture has its layers; the nearest is resnet18, whose weights have other shapes in 1 layer "
                + "(layer1.0.conv2.weight: expected [64, 64, 3, 3], got codes [64, 64] of a codebook [256, 8])",
            Recognise(tensors).Match(architecture => architecture.Name, error => error.Message)
        );
    }

    [Fact]
    public void Known_names_of_other_shapes_are_an_error_that_shows_the_first()
    {
        // ResNeXt-50 with a stem of half the width: torchvision has no such network.
        var tensors = Dense(new Architecture("resnext50_32x4d"))
            .Select(tensor => tensor.Name == "conv1.weight" ? Tensor("conv1.weight", [32, 3, 7, 7]) : tensor);
        string message = Recognise(tensors).Match(architecture => architecture.Name, error => error.Message);
        Assert.StartsWith("f.pth: no known architecture has its layers; the nearest is ", message, StringComparison.Ordinal);
        Assert.Contains(": expected [", message, StringComparison.Ordinal);
        Assert.EndsWith("; …)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_that_no_network_has_is_an_error_that_names_it() =>
        Assert.Equal(
            "f.pth: model: width: expected 1 to 256 channels in the first stage, got 257",
            Recognise(
                    Dense(new Architecture("resnet18"))
                        .Select(tensor => tensor.Name == "conv1.weight" ? Tensor("conv1.weight", [257, 3, 7, 7]) : tensor)
                )
                .Match(architecture => architecture.Name, error => error.Message)
        );

    [Fact]
    public void The_class_count_is_read_from_a_dense_or_compressed_head()
    {
        Assert.Equal(3, Sized(Tensor("fc.weight", [3, 2])).ClassCount);
        Assert.Equal(3, Sized(Tensor("module.fc.weight", [3, 2])).ClassCount);
        Assert.Equal(7, Sized(Tensor("fc.codes_matrix", [7, 1])).ClassCount);
        Assert.Equal(1000, Sized(Tensor("head.weight", [3, 2])).ClassCount);
    }

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
        var options = MaskRcnnOptions.Of(found);
        Assert.Equal((16, 24, 12), (options.FpnChannels, options.RepresentationSize, options.MaskChannels));
    }

    [Fact]
    public void A_stranger_is_an_error_that_names_the_nearest()
    {
        var tensors = Dense(new Architecture("resnet18"))
            .Where(tensor => tensor.Name != "layer4.1.conv2.weight")
            .Append(Tensor("head.weight", [3, 4]));
        Assert.Equal(
            "f.pth: no known architecture has its layers; the nearest is resnet18, which has 1 layer that the file lacks "
                + "(layer4.1.conv2, …), and lacks 1 of its layers (head, …)",
            Recognise(tensors).Match(architecture => architecture.Name, error => error.Message)
        );
    }

    static StoredTensor AsCodes(StoredTensor tensor) =>
        tensor.Name.StartsWith("conv1.", StringComparison.Ordinal) || tensor.Shape.Rank < 2
            ? tensor
            : Tensor(tensor.Name.Replace(".weight", ".codes_matrix", StringComparison.Ordinal), [tensor.Shape[0], 4]);

    /// <summary>Codes and codebook of a weight, in blocks of 4 or of one kernel's taps.</summary>
    static IEnumerable<StoredTensor> Compressed(StoredTensor tensor)
    {
        if (tensor.Name == "conv1.weight" || tensor.Shape.Rank < 2)
            return [tensor];
        int d = tensor.Shape is [_, _, 3, 3] ? 9 : 4;
        string layer = tensor.Name[..^".weight".Length];
        return
        [
            Tensor($"{layer}.codes_matrix", [tensor.Shape[0], tensor.Shape.Count / tensor.Shape[0] / d]),
            Tensor($"{layer}.codebook", [256, d]),
        ];
    }

    static Architecture Sized(StoredTensor tensor)
    {
        using var file = new TensorFile("f.pth", "test", [tensor], new Dictionary<string, string>());
        return ResNet.Family.Sized("resnet18", WeightShapes.Of(NamedTensors.Of(file).Value()));
    }

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

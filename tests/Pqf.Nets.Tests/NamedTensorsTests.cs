using System.Text.RegularExpressions;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Names that other programs give to the tensors of known networks.</summary>
public sealed partial class NamedTensorsTests
{
    static readonly Architecture Narrow = new("resnet18", 5, 3, 8),
        NarrowBottleneck = new("resnet50", 7, 3, 8);

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("model.")]
    [InlineData("net.")]
    [InlineData("backbone.")]
    [InlineData("encoder.")]
    [InlineData("module.encoder_q.")]
    [InlineData("module.model.")]
    [InlineData("model._orig_mod.")]
    [InlineData("_orig_mod.module.")]
    [InlineData("module.module.")]
    [InlineData("_fsdp_wrapped_module.model.")]
    [InlineData("state_dict_ema.")]
    public void A_prefix_before_every_name_is_stripped(string prefix)
    {
        foreach (var architecture in new[] { Narrow, NarrowBottleneck, TestGraphs.NarrowDetector })
        {
            var (found, report) = Read(Dense(architecture).Select(tensor => tensor.Rename(prefix + tensor.Name)));
            Assert.Equal(architecture.Name, found.Name);
            Assert.Equal(architecture.ClassCount, found.ClassCount);
            Assert.Equal("", report.ToString());
        }
    }

    [Fact]
    public void Wrappers_within_a_name_are_left_out()
    {
        var tensors = Dense(Narrow)
            .Select(tensor =>
                tensor.Rename(tensor.Name.Replace("layer1.0.", "layer1._orig_mod.0._checkpoint_wrapped_module.", StringComparison.Ordinal))
            );
        Assert.Equal("", Read(tensors).Report.ToString());
    }

    [Fact]
    public void The_codes_of_a_compressed_network_have_prefixes_too()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Build(Narrow);
        var parameters = TestGraphs.Quantise(
            graph,
            GeneratedWeights.Parameters(graph, device, "net"),
            ("layer1.0.conv1", 16, 9),
            ("fc", 8, 4)
        );
        var tensors = StateDict.Published(graph, parameters).Select(tensor => tensor.Rename("model." + tensor.Name));
        Assert.Equal((Narrow, ""), (Read(tensors).Architecture, Read(tensors).Report.ToString()));
    }

    [Fact]
    public void What_is_beside_the_network_is_reported_as_unused()
    {
        var lightning = Dense(Narrow)
            .Select(tensor => tensor.Rename("model." + tensor.Name))
            .Append(Tensor("criterion.weight", [5, 3]))
            .Append(Tensor("metric.total", []));
        Assert.Equal(["unused: criterion.weight", "unused: metric.total"], Read(lightning).Report.Findings);
    }

    [Fact]
    public void Of_momentum_contrast_the_trained_encoder_is_read_and_the_average_reported()
    {
        var moco = Dense(Narrow)
            .Select(tensor => tensor.Rename("module.encoder_q." + tensor.Name))
            .Concat(Dense(Narrow).Select(tensor => tensor.Rename("module.encoder_k." + tensor.Name)))
            .Append(Tensor("module.queue", [5, 9]))
            .Append(Tensor("module.queue_ptr", [1]));
        var (architecture, report) = Read(moco);
        Assert.Equal(Narrow, architecture);
        Assert.Empty(report.Missing);
        Assert.Contains("unused: module.queue", report.Findings);
        Assert.Contains("unused: module.encoder_k.fc.weight", report.Findings);
        Assert.DoesNotContain(report.Findings, line => line.Contains("encoder_q", StringComparison.Ordinal));
    }

    [Fact]
    public void An_average_beside_a_network_without_a_prefix_is_reported_as_unused()
    {
        var tensors = Dense(Narrow).Concat(Dense(Narrow).Select(tensor => tensor.Rename("ema." + tensor.Name)));
        var (architecture, report) = Read(tensors);
        Assert.Equal(Narrow, architecture);
        Assert.All(report.Unused, unused => Assert.StartsWith("ema.", unused.Name, StringComparison.Ordinal));
        Assert.Contains(report.Unused, unused => unused.Name == "ema.fc.weight");
    }

    [Theory]
    [InlineData("model.", "ema.")]
    [InlineData("student.", "teacher.")]
    [InlineData("module.online.", "module.target.")]
    public void Two_networks_are_an_error_that_names_both_places(string first, string second)
    {
        var tensors = Dense(Narrow)
            .Select(tensor => tensor.Rename(first + tensor.Name))
            .Concat(Dense(Narrow).Select(tensor => tensor.Rename(second + tensor.Name)));
        string message = Refused(tensors);
        Assert.StartsWith("f.pth: holds several networks, under ", message, StringComparison.Ordinal);
        Assert.Contains(first, message, StringComparison.Ordinal);
        Assert.Contains(second, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("fc.1")]
    [InlineData("fc.3")]
    [InlineData("fc.linear")]
    [InlineData("head.fc")]
    [InlineData("head")]
    [InlineData("classifier.1")]
    [InlineData("classifier")]
    [InlineData("last_linear")]
    [InlineData("linear")]
    [InlineData("my_own_name")]
    public void The_one_linear_layer_left_is_the_head(string name)
    {
        foreach (string prefix in new[] { "", "module." })
        {
            var (architecture, report) = Read(
                Dense(Narrow).Select(tensor => tensor.Rename(prefix + tensor.Name.Replace("fc.", name + ".", StringComparison.Ordinal)))
            );
            Assert.Equal(Narrow, architecture);
            Assert.Equal("", report.ToString());
        }
    }

    [Theory]
    [InlineData("backbone.", "head.fc", true)]
    [InlineData("backbone.", "classifier", true)]
    [InlineData("module.backbone.", "module.head", true)]
    [InlineData("model.encoder.", "model.fc", true)]
    [InlineData("backbone.", "criterion", false)]
    [InlineData("backbone.", "projector.0", false)]
    public void A_head_beside_the_body_has_a_heads_name(string body, string head, bool isHead)
    {
        var tensors = Dense(Narrow)
            .Select(tensor =>
                tensor.Rename(
                    tensor.Name.StartsWith("fc.", StringComparison.Ordinal)
                        ? tensor.Name.Replace("fc.", head + ".", StringComparison.Ordinal)
                        : body + tensor.Name
                )
            )
            .ToArray();
        if (isHead)
            Assert.Equal("", Read(tensors).Report.ToString());
        else
            Assert.Equal(
                "f.pth: has all layers of resnet18 but its head: it is missing (fc); training with model.class_count draws a new one",
                Refused(tensors)
            );
    }

    [Fact]
    public void A_head_that_is_taken_for_one_is_noted()
    {
        using var file = File(Dense(Narrow).Select(tensor => tensor.Rename(tensor.Name.Replace("fc.", "fc.1.", StringComparison.Ordinal))));
        Assert.Equal(["takes fc.1 for the head, fc"], NamedTensors.Of(file).Value().Notes);
    }

    [Fact]
    public void A_head_of_two_layers_is_an_error()
    {
        var tensors = Dense(Narrow)
            .Where(tensor => !tensor.Name.StartsWith("fc.", StringComparison.Ordinal))
            .Concat([Tensor("fc.0.weight", [32, 64]), Tensor("fc.0.bias", [32]), Tensor("fc.3.weight", [5, 32]), Tensor("fc.3.bias", [5])]);
        Assert.Equal(
            "f.pth: has all layers of resnet18 but its head: expected one linear layer (fc), got fc.0 [32, 64] and fc.3 [5, 32]; "
                + "training with model.class_count draws a new one",
            Refused(tensors)
        );
    }

    [Fact]
    public void A_head_of_other_inputs_is_an_error()
    {
        var tensors = Dense(Narrow)
            .Where(tensor => !tensor.Name.StartsWith("fc.", StringComparison.Ordinal))
            .Append(Tensor("head.weight", [5, 32]));
        Assert.Contains("expected one linear layer (fc), got head [5, 32]", Refused(tensors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void Names_of_Hugging_Face(bool isBottleneck, bool hasModel)
    {
        var architecture = isBottleneck ? NarrowBottleneck : Narrow;
        var tensors = Dense(architecture).Select(tensor => tensor.Rename(HuggingFace(tensor.Name, hasModel)));
        Assert.Contains(
            tensors,
            tensor => tensor.Name.EndsWith("stages.3.layers.0.shortcut.normalization.running_var", StringComparison.Ordinal)
        );
        Assert.Equal((architecture, ""), (Read(tensors).Architecture, Read(tensors).Report.ToString()));
        var wrapped = tensors.Select(tensor => tensor.Rename("model." + tensor.Name));
        Assert.Equal((architecture, ""), (Read(wrapped).Architecture, Read(wrapped).Report.ToString()));
    }

    [Fact]
    public void Two_tensors_of_one_name_are_an_error_that_names_both()
    {
        var tensors = Dense(Narrow).Append(Tensor("classifier.1.weight", [5, 64]));
        Assert.Equal("f.pth: holds fc.weight twice, as fc.weight and as classifier.1.weight; expected one of them", Refused(tensors));
        Assert.Equal(
            "f.pth: holds conv1.weight twice, as conv1.weight and as _orig_mod.conv1.weight; expected one of them",
            Refused(Dense(Narrow).Append(Tensor("_orig_mod.conv1.weight", [8, 3, 7, 7])))
        );
    }

    [Fact]
    public void A_pruned_weight_is_the_product_with_its_mask()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var tensors = Values(device)
            .SelectMany(tensor =>
                tensor.Name is "conv1.weight" or "fc.bias"
                    ?
                    [
                        tensor.Rename(tensor.Name + "_orig"),
                        StoredTensor.FromSingles(
                            tensor.Name + "_mask",
                            tensor.Shape,
                            [.. Enumerable.Range(0, tensor.Shape.Count).Select(i => (float)(i % 2))]
                        ),
                    ]
                    : (IEnumerable<StoredTensor>)[tensor]
            );
        using var file = File(tensors);
        var (parameters, report) = StateDict.Load(TestGraphs.Build(Narrow), file, device).Value();
        Assert.Equal("", report.ToString());
        float[] whole = Values(device).Single(tensor => tensor.Name == "conv1.weight").ToSingles(),
            pruned = parameters["conv1.weight"].Decode().ToArray();
        Assert.Equal(whole.Select((value, i) => value * (i % 2)), pruned);
    }

    [Theory]
    [InlineData("conv1.weight_orig", "expected a mask of pruning beside it, conv1.weight_mask [8, 3, 7, 7], got none")]
    [InlineData(
        "conv1.weight_g",
        "its layer has weight norm; expected plain weights: call torch.nn.utils.remove_weight_norm before saving"
    )]
    [InlineData(
        "conv1.weight_u",
        "its layer has spectral norm; expected plain weights: call torch.nn.utils.remove_spectral_norm before saving"
    )]
    [InlineData(
        "layer1.0.conv1.parametrizations.weight.original0",
        "its layer has a parametrization; expected plain weights: call torch.nn.utils.parametrize.remove_parametrizations before saving"
    )]
    public void Weights_in_another_form_are_an_error(string name, string problem) =>
        Assert.Equal($"f.pth: {name}: {problem}", Refused(Dense(Narrow).Append(Tensor(name, [8, 3, 7, 7]))));

    [Theory]
    [InlineData("rpn_head.rpn_conv.weight", "mmdetection")]
    [InlineData("roi_head.bbox_head.shared_fcs.0.weight", "mmdetection")]
    [InlineData("bbox_head.cls_convs.0.conv.weight", "mmdetection")]
    [InlineData("module.rpn_head.rpn_conv.weight", "mmdetection")]
    [InlineData("proposal_generator.rpn_head.conv.weight", "detectron2")]
    [InlineData("backbone.bottom_up.stem.conv1.weight", "detectron2")]
    public void Other_programs_detectors_are_named(string name, string program)
    {
        var tensors = Dense(Narrow).Select(tensor => tensor.Rename("backbone." + tensor.Name)).Append(Tensor(name, [3, 3, 3, 3]));
        Assert.StartsWith(
            $"f.pth: holds a detector of {program} ({name}, …); expected torchvision's Mask R-CNN",
            Refused(tensors),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_detector_without_a_mask_head_is_no_classifier()
    {
        var tensors = Dense(TestGraphs.NarrowDetector)
            .Where(tensor => !tensor.Name.StartsWith("roi_heads.mask_", StringComparison.Ordinal));
        Assert.Contains("the nearest is maskrcnn, which has 6 layers that the file lacks", Refused(tensors), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_layers_within_the_body_are_an_error()
    {
        var tensors = Dense(Narrow).Append(Tensor("layer1.0.se.fc1.weight", [2, 8]));
        Assert.Contains("lacks 1 of its layers (layer1.0.se.fc1, …)", Refused(tensors), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_deep_names_take_little_time()
    {
        string deep = string.Join('.', Enumerable.Repeat("a", 500));
        var tensors = Enumerable.Range(0, 5_000).Select(i => Tensor($"m{i}.{deep}.conv1.weight", [1, 1, 1, 1]));
        Assert.Contains("no known architecture", Refused(tensors), StringComparison.Ordinal);
    }

    /// <summary>Hugging Face's name of torchvision's, by its ResNetModel: written here a second time, from the other end.</summary>
    static string HuggingFace(string name, bool hasModel)
    {
        string model = hasModel ? "resnet." : "";
        if (name.StartsWith("fc.", StringComparison.Ordinal))
            return name.Replace("fc.", "classifier.1.", StringComparison.Ordinal);
        name = StemName().Replace(name, match => $"{model}embedder.embedder.{Kind(match.Groups[1].Value)}.");
        name = BlockName()
            .Replace(
                name,
                match =>
                    $"{model}encoder.stages.{match.Groups[1].Value[0] - '1'}.layers.{match.Groups[2]}.layer."
                    + $"{match.Groups[4].Value[0] - '1'}.{Kind(match.Groups[3].Value)}."
            );
        return ShortcutName()
            .Replace(
                name,
                match =>
                    $"{model}encoder.stages.{match.Groups[1].Value[0] - '1'}.layers.{match.Groups[2]}.shortcut."
                    + (match.Groups[3].Value == "0" ? "convolution." : "normalization.")
            );

        static string Kind(string text) => text == "conv" ? "convolution" : "normalization";
    }

    [GeneratedRegex(@"^(conv|bn)1\.")]
    private static partial Regex StemName();

    [GeneratedRegex(@"^layer(\d)\.(\d+)\.(conv|bn)(\d)\.")]
    private static partial Regex BlockName();

    [GeneratedRegex(@"^layer(\d)\.(\d+)\.downsample\.(\d)\.")]
    private static partial Regex ShortcutName();

    static IEnumerable<StoredTensor> Dense(Architecture architecture) =>
        ParameterSpecs.Of(TestGraphs.Build(architecture)).Select(spec => Tensor(spec.Name, spec.Shape));

    static IEnumerable<StoredTensor> Values(HostDevice device)
    {
        var graph = TestGraphs.Build(Narrow);
        return StateDict.Dense(graph, GeneratedWeights.Parameters(graph, device, "net"));
    }

    static StoredTensor Tensor(string name, Shape shape) => StoredTensor.FromSingles(name, shape, [.. Enumerable.Repeat(1f, shape.Count)]);

    static TensorFile File(IEnumerable<StoredTensor> tensors) => new("f.pth", "test", tensors, new Dictionary<string, string>());

    /// <summary>The network of a file, and how its tensors fit.</summary>
    static (Architecture Architecture, LoadReport Report) Read(IEnumerable<StoredTensor> tensors)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var file = File(tensors);
        var architecture = ArchitectureRecognition.Recognise(file).Value();
        return (architecture, StateDict.Load(TestGraphs.Build(architecture), file, device).Value().Report);
    }

    static string Refused(IEnumerable<StoredTensor> tensors)
    {
        using var file = File(tensors);
        return ArchitectureRecognition.Recognise(file).ErrorMessage();
    }
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

public sealed class PqfModelTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public PqfModelTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Fact]
    public void Metadata_list_layers_in_ordinal_order_of_their_names()
    {
        // Hash codes of strings differ from process to process: seven names are in order by chance once in 5,040 times.
        string[] names = ["layer2", "fc", "layer10", "a", "B", "layer1.0", "layer1"];
        var spec = new CompressionSpec
        {
            IgnoredModules = [.. names],
            LayerSpecs = names.ToImmutableSortedDictionary(name => name, _ => new LayerSpec { K = 8 }),
        };
        var metadata = (Compressed("resnet18", new CompressionSpec()) with { Compression = spec }).ToMetadata();
        string[] quoted = [.. names.Order(StringComparer.Ordinal).Select(name => $"\"{name}\"")];
        Assert.Contains($"\"ignored_modules\":[{string.Join(',', quoted)}]", metadata["compression"], StringComparison.Ordinal);
        string layers = string.Join(',', quoted.Select(name => name + ":{\"k\":8}"));
        Assert.Contains($"\"layer_specs\":{{{layers}}}", metadata["compression"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_gives_back_what_was_written()
    {
        using var folder = new TemporaryFolder();
        var model = Compressed(
            "resnet18",
            new CompressionSpec
            {
                LargeSubvectors = true,
                LayerSpecs = Only("fc", new LayerSpec { K = 2048, KMeansType = KMeansType.KMeans }),
            }
        ) with
        {
            ClassNames = new ClassNames.WellKnown("imagenet"),
            Preprocessing = new Preprocessing { Resize = 232 },
            Seed = -7,
            Provenance = new Provenance("resnet18 \"ü\".pth", "00ff", "0.1.0"),
        };
        model.Write(folder.File("model.pqf")).Value();
        using var file = TensorFiles.Open(folder.File("model.pqf")).Value();
        var read = PqfModel.From(file, host).Value();
        Assert.Equal(model.Architecture, read.Architecture);
        Assert.Equal(model.ClassNames, read.ClassNames);
        Assert.Equal((model.Seed, model.Provenance), (read.Seed, read.Provenance));
        Assert.Equal((232, 224), (read.Preprocessing.Resize, read.Preprocessing.Crop));
        Assert.Equal(model.Preprocessing.Mean.AsSpan(), read.Preprocessing.Mean.AsSpan());
        Assert.Equal(model.Compression!.LayerSpecs, read.Compression!.LayerSpecs);
        Assert.Equal(model.Compression.IgnoredModules, read.Compression.IgnoredModules);
        Assert.Equal(
            (true, 256, 1000, KMeansType.Src),
            (read.Compression.LargeSubvectors, read.Compression.K, read.Compression.KMeansIterations, read.Compression.KMeansType)
        );
        AssertSame(Norms.Fold(model.Graph, model.Parameters), read.Parameters);
    }

    [Fact]
    public void The_options_of_a_family_stand_under_its_key_and_come_back()
    {
        using var folder = new TemporaryFolder();
        var architecture = TestGraphs.NarrowDetector;
        var graph = TestGraphs.Build(architecture);
        var model = new PqfModel
        {
            Architecture = architecture,
            Graph = graph,
            Parameters = GeneratedWeights.Parameters(graph, host, "narrow"),
            Preprocessing = new Preprocessing(),
        };
        // As written before families had options of their own: files of version 1 stay readable in both directions.
        const string Text = """
            {"name":"maskrcnn","class_count":5,"in_channels":3,"width":8,"mask_rcnn":{"min_size":800,"max_size":1333,"size_divisible":32,
            "image_mean":[0.485,0.456,0.406],"image_std":[0.229,0.224,0.225],"norm_eps":1E-05,"fpn_channels":16,"representation_size":24,
            "mask_channels":12,"anchor_sizes":[32,64,128,256,512],"aspect_ratios":[0.5,1,2],"rpn_pre_nms_top_n_train":2000,
            "rpn_pre_nms_top_n_test":1000,"rpn_post_nms_top_n_train":2000,"rpn_post_nms_top_n_test":1000,"rpn_nms_thresh":0.7,
            "rpn_score_thresh":0,"rpn_min_box_size":0.001,"rpn_fg_iou_thresh":0.7,"rpn_bg_iou_thresh":0.3,"rpn_batch_size_per_image":256,
            "rpn_positive_fraction":0.5,"box_roi_size":7,"mask_roi_size":14,"roi_sampling_ratio":2,"roi_canonical_scale":224,
            "roi_canonical_level":4,"box_score_thresh":0.05,"box_nms_thresh":0.5,"box_detections_per_img":100,"box_min_size":0.01,
            "box_fg_iou_thresh":0.5,"box_bg_iou_thresh":0.5,"box_batch_size_per_image":512,"box_positive_fraction":0.25,
            "bbox_reg_weights":[10,10,5,5],"box_scale_clip":62.5,"smooth_l1_beta":0.11111111,"mask_thresh":0.5}}
            """;
        Assert.Equal(Text.ReplaceLineEndings(""), model.ToMetadata()["architecture"]);
        model.Write(folder.File("model.pqf")).Value();
        using var file = TensorFiles.Open(folder.File("model.pqf")).Value();
        var read = PqfModel.From(file, host).Value();
        Assert.Equal(model.ToMetadata(), read.ToMetadata());
        Assert.Equal(16, Assert.IsType<MaskRcnnOptions>(read.Architecture.Options).FpnChannels);
    }

    [Fact]
    public void A_dense_network_with_listed_names_can_be_stored_too()
    {
        using var folder = new TemporaryFolder();
        var architecture = new Architecture("resnet18", 2, 1);
        var model = new PqfModel
        {
            Architecture = architecture,
            Graph = TestGraphs.Build(architecture),
            Parameters = GeneratedWeights.Parameters(TestGraphs.Build(architecture), host, "dense"),
            Preprocessing = new Preprocessing { Mean = [0.5f], Deviation = [0.25f] },
            ClassNames = new ClassNames.Listed(["cat", "dog"]),
        };
        model.Write(folder.File("model.pqf")).Value();
        using var file = TensorFiles.Open(folder.File("model.pqf")).Value();
        var read = PqfModel.From(file, host).Value();
        Assert.Equal(["cat", "dog"], Assert.IsType<ClassNames.Listed>(read.ClassNames).Names);
        Assert.Null(read.Compression);
        AssertSame(Norms.Fold(model.Graph, model.Parameters), read.Parameters);
    }

    // Bits: ../shared/facts.md, "Sizes".
    [Theory]
    [InlineData("resnet18", false, 4, 2048, 12_927_232)]
    [InlineData("resnet18", true, 4, 2048, 8_634_624)]
    [InlineData("resnet50", false, 4, 1024, 42_714_368)]
    [InlineData("resnet50", true, 8, 1024, 26_718_976)]
    public void A_file_is_at_most_two_percent_larger_than_the_counted_bits(
        string architecture,
        bool large,
        int pointwise,
        int fcK,
        long bits
    )
    {
        using var folder = new TemporaryFolder();
        var spec = new CompressionSpec
        {
            LargeSubvectors = large,
            PwSubvectorSize = pointwise,
            LayerSpecs = Only("fc", new LayerSpec { K = fcK }),
        };
        var model = Compressed(architecture, spec) with
        {
            ClassNames = new ClassNames.WellKnown("imagenet"),
            Seed = 0,
            Provenance = new Provenance("resnet50-0676ba61.pth", new string('0', 64), "0.1.0"),
        };
        model.Write(folder.File("model.pqf")).Value();
        Assert.Equal(bits, 8 * model.ToTensors().Sum(tensor => tensor.SizeBytes));
        Assert.InRange(8 * new FileInfo(folder.File("model.pqf")).Length, bits, bits * 1.02);
    }

    [Theory]
    [InlineData("format", "", "x.pqf: is a safetensors file, but not a .pqf file: its metadata does not say so")]
    [InlineData("version", "3", "x.pqf: is of version 3 of the .pqf format; this program reads versions 1 and 2")]
    [InlineData("architecture", "{\"name\":\"resnet19\",\"class_count\":1000,\"in_channels\":3}", "resnet19")]
    [InlineData(
        "architecture",
        "{\"name\":\"resnet18\",\"class_count\":2147483647,\"in_channels\":3}",
        "x.pqf: metadata: model: arch: expected 1 to 250000 classes"
    )]
    [InlineData(
        "architecture",
        "{\"name\":\"resfet18\",\"class_count\":1000,\"in_channels\":3}",
        "x.pqf: metadata: model: arch: expected one of resnet18, "
    )]
    [InlineData("architecture", "", "x.pqf: metadata: architecture: is missing")]
    [InlineData("architecture", "[1, 2", "x.pqf: metadata: architecture: expected a value of another kind")]
    [InlineData(
        "architecture",
        "{\"name\": \"resnet18\"",
        "x.pqf: metadata: architecture: is not JSON: line 1, position 20: ends too early"
    )]
    [InlineData("architecture", "{}", "x.pqf: metadata: architecture: lacks name")]
    [InlineData("architecture", "{\"name\":3}", "x.pqf: metadata: architecture: name: expected a text")]
    [InlineData("architecture", "{\"name\":\"resnet18\",\"width\":1.5}", "x.pqf: metadata: architecture: width: expected a whole number")]
    [InlineData("preprocessing", "{\"crop\":\"x\"}", "x.pqf: metadata: preprocessing: crop: expected a number")]
    [InlineData("preprocessing", "{\"mean\":[0,\"x\",0]}", "x.pqf: metadata: preprocessing: mean[1]: expected a number")]
    [InlineData("preprocessing", "{\"mean\":[0,\n1;]}", "x.pqf: metadata: preprocessing: is not JSON: line 2, position 2")]
    [InlineData("classes", "[1]", "x.pqf: metadata: classes: [0]: expected a text")]
    [InlineData("architecture", "null", "x.pqf: metadata: architecture: expected a value, got null")]
    [InlineData(
        "preprocessing",
        "{\"resize\":256,\"crop\":224,\"mean\":[0.5],\"deviation\":[0.5]}",
        "x.pqf: metadata: preprocessing: expected a mean and a positive deviation for each of 3 channels"
    )]
    [InlineData(
        "preprocessing",
        "{\"resize\":256,\"crop\":2147483647,\"mean\":[0,0,0],\"deviation\":[1,1,1]}",
        "x.pqf: metadata: preprocessing: expected sizes of 1 to 16384, the crop's at most the other's, got resize 256 and crop 2147483647"
    )]
    [InlineData(
        "preprocessing",
        "{\"resize\":256,\"crop\":224,\"mean\":[0,0,1e999],\"deviation\":[1,1,1]}",
        "x.pqf: metadata: preprocessing: expected a mean"
    )]
    [InlineData("classes", "[\"one\"]", "x.pqf: metadata: classes: expected 1,000 names, got 1")]
    [InlineData("seed", "seven", "x.pqf: metadata: seed: expected a whole number, got seven")]
    public void Corrupt_text_gives_one_clear_error(string key, string value, string message)
    {
        var model = Compressed("resnet18", new CompressionSpec());
        var metadata = model.ToMetadata().ToDictionary();
        if (value.Length == 0)
            metadata.Remove(key);
        else
            metadata[key] = value;
        using var file = new TensorFile("x.pqf", "safetensors", model.ToTensors(), metadata);
        string shown = PqfModel.From(file, host).ErrorMessage();
        Assert.Contains(message, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("JSON value", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_outside_its_codebook_is_an_error()
    {
        var model = Compressed("resnet18", new CompressionSpec { LayerSpecs = Only("fc", new LayerSpec { K = 200 }) });
        string message = ErrorOf(
            model,
            tensor =>
                tensor.Name == "fc.codes_matrix"
                    ? new StoredTensor(tensor.Name, tensor.Type, tensor.Shape, bytes => bytes.Fill(0xFF))
                    : tensor
        );
        Assert.Equal("x.pqf: fc.codes_matrix: expected codes below 200, the rows of the codebook, got 255 at position 0", message);
    }

    [Fact]
    public void Codes_of_the_wrong_size_are_an_error() =>
        Assert.Contains(
            "fc.weight",
            ErrorOf(
                Compressed("resnet18", new CompressionSpec()),
                tensor => tensor.Name == "fc.codes_matrix" ? new StoredTensor(tensor.Name, DType.U8, [7], _ => { }) : tensor
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("layer1.0.conv1.codebook")]
    [InlineData("layer1.0.conv1.codes_matrix")]
    [InlineData("layer2.0.bn1.bias")]
    public void A_missing_tensor_is_named(string name) =>
        Assert.Contains(
            name,
            ErrorOf(Compressed("resnet18", new CompressionSpec()), tensor => tensor.Name == name ? null : tensor),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("other.bias", "holds tensors that the network has no use for: other.bias")]
    [InlineData(
        "layer1.0.conv9.bias",
        "the tensors do not fit the network:\n"
            + "extra: layer1.0.conv9.bias: the known network has no such parameter, and computes something else without it"
    )]
    public void A_tensor_without_use_is_an_error(string name, string problem) =>
        Assert.Equal(
            $"x.pqf: {problem}",
            ErrorOf(
                    Compressed("resnet18", new CompressionSpec()),
                    tensor => tensor.Name == "fc.bias" ? tensor : tensor,
                    StoredTensor.FromSingles(name, [1], [0f])
                )
                .ReplaceLineEndings("\n")
        );

    string ErrorOf(PqfModel model, Func<StoredTensor, StoredTensor?> change, params StoredTensor[] added)
    {
        using var file = new TensorFile(
            "x.pqf",
            "safetensors",
            [.. model.ToTensors().Select(change).OfType<StoredTensor>(), .. added],
            model.ToMetadata()
        );
        return PqfModel.From(file, host).ErrorMessage();
    }

    /// <summary>A network with random codes and codebooks of the sizes that a spec asks for.</summary>
    // Computed from the published sizes: 8 bits less for a value of a codebook, 16 less for every other value, 16 more for a scale.
    [Theory]
    [InlineData("resnet18", true, 4, 2048, 11.6)]
    [InlineData("resnet50", false, 4, 1024, 3.84)]
    public void A_compact_file_is_smaller_by_the_computed_part(string architecture, bool large, int pointwise, int fcK, double percent)
    {
        using var folder = new TemporaryFolder();
        var spec = new CompressionSpec
        {
            LargeSubvectors = large,
            PwSubvectorSize = pointwise,
            LayerSpecs = Only("fc", new LayerSpec { K = fcK }),
        };
        var published = Compressed(architecture, spec);
        var compact = (published with { Compression = spec with { Compact = true } }).WithForms().AsStored();
        double before = Cost.Of(published.Graph, published.Parameters, [1, 224, 224, 3]).Bits,
            after = Cost.Of(compact.Graph, compact.Parameters, [1, 224, 224, 3]).Bits;
        Assert.Equal(percent, 100 * (1 - (after / before)), 0.05);
        compact.Write(folder.File("compact.pqf")).Value();
        using var file = TensorFiles.Open(folder.File("compact.pqf")).Value();
        Assert.Equal("2", file.Metadata["version"]);
        var read = PqfModel.From(file, host).Value();
        AssertSame(compact.Parameters, read.Parameters);
        Assert.Equal(after, Cost.Of(read.Graph, read.Parameters, [1, 224, 224, 3]).Bits);
        // Packed codes take whole bytes; names, shapes and text take some kilobytes.
        Assert.InRange(new FileInfo(folder.File("compact.pqf")).Length - (after / 8), 0, 40_000);
    }

    [Theory]
    [InlineData(".pqf")]
    [InlineData(".pth")]
    [InlineData(".safetensors")]
    [InlineData(".onnx")]
    public void Values_of_all_forms_come_back_from_files_of_all_kinds(string extension)
    {
        using var folder = new TemporaryFolder();
        var spec = new CompressionSpec
        {
            Compact = true,
            LayerSpecs = Only("layer1.0.conv1", new LayerSpec { Values = ValueForm.Scaled8 }),
        };
        var model = (Compressed("resnet18", spec) with { Compression = spec }).WithForms().AsStored();
        string path = folder.File("model" + extension);
        model.Save(path, ModelFormats.Of(path)!.Value).Value();
        var read = Network.Load(path, host).Value();
        Assert.True(read.IsCompressed);
        foreach (string name in (string[])["layer1.0.conv1.weight", "conv1.weight", "layer1.0.conv2.weight", "fc.weight"])
        {
            Assert.Equal(model.Parameters[name].Decode().ToArray(), read.Parameters[name].Decode().ToArray());
            Assert.Equal(model.Parameters[name].SizeBits, read.Parameters[name].SizeBits);
        }
    }

    [Fact]
    public void Values_in_half_precision_beyond_its_range_stay_single()
    {
        var model = Compressed("resnet18", new CompressionSpec { Compact = true });
        var large = new Weight.Dense(Tensor<float>.From(host, [64], [.. Enumerable.Repeat(70_000f, 64)]));
        var marked = (model with { Parameters = model.Parameters.With("bn1.bias", large) }).WithForms().Parameters;
        Assert.Equal(ValueForm.Single, ((Weight.Dense)marked["bn1.bias"]).Form);
        Assert.Equal(ValueForm.Half, ((Weight.Dense)marked["bn1.weight"]).Form);
    }

    // Of bn1: its values, and the forms of its folded weight and bias. Half precision ends at 65,504 and has only a few digits below 6e-5.
    public static TheoryData<string, float, float, float, float, ValueForm, ValueForm> NormForms =>
        new()
        {
            { "as usual", 1, 0.1f, 0.2f, 0.5f, ValueForm.Half, ValueForm.Half },
            { "the bias alone ends beyond half precision", 1, 0, 1e6f, 1, ValueForm.Half, ValueForm.Single },
            { "weight and bias do", 1e6f, 0, 1, 1, ValueForm.Single, ValueForm.Single },
            { "a channel that is very large", 1, 0, 0, 1e18f, ValueForm.Single, ValueForm.Half },
            { "a channel that is almost dead", 1e-9f, 0, 0, 1, ValueForm.Half, ValueForm.Half },
        };

    [Theory, MemberData(nameof(NormForms))]
    public void Norms_have_the_form_that_holds_their_folded_values(
        string what,
        float weight,
        float bias,
        float mean,
        float variance,
        ValueForm ofWeight,
        ValueForm ofBias
    )
    {
        var model = Compressed("resnet18", new CompressionSpec { Compact = true });
        Weight Vector(float first, float others) =>
            new Weight.Dense(Tensor<float>.From(host, [64], [first, .. Enumerable.Repeat(others, 63)]));
        model = model with
        {
            Parameters = model
                .Parameters.With("bn1.weight", Vector(weight, 1))
                .With("bn1.bias", Vector(bias, 0))
                .With("bn1.running_mean", Vector(mean, 0))
                .With("bn1.running_var", Vector(variance, 1)),
        };
        var marked = model.WithForms();
        Assert.Equal(
            (what, ofWeight, ofBias),
            (what, ((Weight.Dense)marked.Parameters["bn1.weight"]).Form, ((Weight.Dense)marked.Parameters["bn1.bias"]).Form)
        );
        using var folder = new TemporaryFolder();
        marked.Write(folder.File("net.pqf")).Value();
        var read = Network.Load(folder.File("net.pqf"), host).Value().Parameters;
        var folded = Norms.Fold(model.Graph, model.Parameters);
        Assert.Equal(
            folded["bn1.weight"].Decode().ToArray()[0],
            read["bn1.weight"].Decode().ToArray()[0],
            Math.Max(1e-8, 1e-3 * Math.Abs(folded["bn1.weight"].Decode().ToArray()[0]))
        );
    }

    [Fact]
    public void Values_that_are_not_finite_are_not_written_over_a_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("net.pqf");
        File.WriteAllText(path, "before");
        var model = Compressed("resnet18", new CompressionSpec { Compact = true });
        var zeros = new Weight.Dense(Tensor<float>.Zeros(host, [64]));
        var huge = new Weight.Dense(Tensor<float>.From(host, [64], [.. Enumerable.Repeat(3e38f, 64)]));
        var tiny = model with { Parameters = model.Parameters.With("bn1.weight", huge).With("bn1.running_var", zeros) };
        Assert.Equal(
            "bn1: bn1.weight would be Infinity at position 0 in a file; expected finite values",
            ((Result<Unit, PqfError>.Error)tiny.WithForms().Write(path)).Value.Message
        );
        Assert.Equal("before", File.ReadAllText(path));
    }

    PqfModel Compressed(string name, CompressionSpec spec)
    {
        var graph = TestGraphs.Build(new Architecture(name));
        var layers = Blocks.Of(graph, spec).Value().ToDictionary(layer => layer.WeightName);
        var parameters = new Parameters(
            ParameterSpecs
                .Of(graph)
                .ToImmutableDictionary(
                    parameter => parameter.Name,
                    parameter =>
                        layers.TryGetValue(parameter.Name, out var layer)
                            ? GeneratedWeights.Quantised(host, layer.Layer, layer.Weight, layer.K, layer.D)
                            : (Weight)
                                new Weight.Dense(
                                    Tensor<float>.From(
                                        host,
                                        parameter.Shape,
                                        [.. GeneratedWeights.Uniform(parameter.Name, parameter.Shape.Count).Select(u => (float)u)]
                                    )
                                )
                )
        );
        return new PqfModel
        {
            Architecture = new Architecture(name),
            Graph = graph,
            Parameters = parameters,
            Compression = spec,
        };
    }

    static ImmutableSortedDictionary<string, LayerSpec> Only(string layer, LayerSpec spec) =>
        ImmutableSortedDictionary<string, LayerSpec>.Empty.Add(layer, spec);

    static void AssertSame(Parameters expected, Parameters actual)
    {
        Assert.Equal(expected.Values.Keys.Order(), actual.Values.Keys.Order());
        foreach (var (name, weight) in expected.Values)
            Assert.Equal(weight.Tensors().Select(Bytes), actual[name].Tensors().Select(Bytes));
    }

    static object Bytes(ITensor tensor) =>
        tensor switch
        {
            Tensor<float> values => values.ToArray(),
            Tensor<ushort> codes => codes.ToArray(),
            _ => throw new ArgumentException($"unexpected {tensor}", nameof(tensor)),
        };
}

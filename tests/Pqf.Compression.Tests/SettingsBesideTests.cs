using System.Text.Json;
using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>Files of timm and of Hugging Face beside weights.</summary>
public sealed class SettingsBesideTests : IDisposable
{
    const string Change = "change it with preprocessing.resize, crop, mean, deviation";

    readonly TemporaryFolder folder = new();
    readonly HostDevice host = new();
    readonly Scope scope;

    public SettingsBesideTests()
    {
        scope = host.BeginScope();
        File.Copy(SharedData.Path("cases/checkpoints/base.pth"), Weights);
    }

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
        folder.Dispose();
    }

    string Weights => folder.File("model.pth");

    [Fact]
    public void Without_a_file_it_is_ImageNets()
    {
        var network = Load().Value();
        Assert.Equal((256, 224, 0.485f), (network.Preprocessing.Resize, network.Preprocessing.Crop, network.Preprocessing.Mean[0]));
        Assert.Empty(network.Notes);
    }

    // As timm/resnet50.a1_in1k has it; timm resizes to int(floor(224 / 0.95)) = 235.
    [Fact]
    public void Timms_file_is_read_and_what_is_not_supported_is_said()
    {
        Write(
            "config.json",
            """
            {"architecture": "resnet18", "num_classes": 10, "pretrained_cfg": {"tag": "a1_in1k", "input_size": [3, 224, 224],
            "test_input_size": [3, 288, 288], "fixed_input_size": false, "interpolation": "bicubic", "crop_pct": 0.95,
            "crop_mode": "center", "mean": [0.5, 0.25, 0.125], "std": [0.5, 0.5, 0.25]}}
            """
        );
        var network = Load().Value();
        Assert.Equal((235, 224), (network.Preprocessing.Resize, network.Preprocessing.Crop));
        Assert.Equal([0.5f, 0.25f, 0.125f], network.Preprocessing.Mean);
        Assert.Equal([0.5f, 0.5f, 0.25f], network.Preprocessing.Deviation);
        Assert.Equal(
            [
                "config.json beside the weights says how images are prepared (timm): resize 235, crop 224, mean [0.5, 0.25, 0.125], "
                    + $"deviation [0.5, 0.5, 0.25]; {Change}",
                "config.json: interpolation bicubic is not supported: images are resized by the bilinear filter, which may cost some "
                    + "accuracy",
                "config.json: test_input_size 288 is not used: timm measures the network on such images too (preprocessing.crop)",
            ],
            network.Notes
        );
    }

    [Theory]
    [InlineData("""{"mean": [0.5, 0.5, 0.5], "input_size": [3, 160, 160]}""", 182, 160)] // 160 / 0.875
    [InlineData("""{"pretrained_cfg": {"crop_pct": 1.0, "crop_mode": "squash"}}""", 224, 224, "crop_mode squash is not supported")]
    [InlineData("""{"pretrained_cfg": {"crop_pct": null, "input_size": [3, 300, 300], "interpolation": "bilinear"}}""", 342, 300)]
    public void Older_and_shorter_files_of_timm_are_read(string text, int resize, int crop, params string[] notes)
    {
        Write("config.json", text);
        var network = Load().Value();
        Assert.Equal((resize, crop), (network.Preprocessing.Resize, network.Preprocessing.Crop));
        Assert.Equal(notes.Length + 1, network.Notes.Length);
        Assert.All(notes, note => Assert.Contains(network.Notes, line => line.Contains(note, StringComparison.Ordinal)));
    }

    // As microsoft/resnet-50 and google/vit-base-patch16-224 have them, and forms of other processors.
    [Theory]
    [InlineData("""{"crop_pct": 0.875, "do_normalize": true, "do_resize": true, "resample": 2, "size": 224}""", 256, 224)]
    [InlineData("""{"crop_pct": 0.95, "size": {"shortest_edge": 224}, "resample": 3}""", 235, 224, "resample 3 (bicubic) is not supported")]
    [InlineData("""{"crop_pct": 0.95, "size": {"shortest_edge": 384}}""", 384, 384, "images are not stretched to 384 × 384 pixels")]
    [InlineData("""{"do_center_crop": true, "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}""", 256, 224)]
    [InlineData("""{"size": {"shortest_edge": 232}, "crop_size": 224}""", 232, 224)]
    [InlineData("""{"size": {"height": 224, "width": 224}}""", 224, 224, "images are not stretched to 224 × 224 pixels")]
    [InlineData("""{"size": {"shortest_edge": 230}, "do_center_crop": false}""", 230, 230, "do_center_crop false is not supported")]
    [InlineData("""{"size": 224, "do_center_crop": true, "do_resize": false}""", 224, 224, "do_resize false is not supported")]
    [InlineData(
        """{"size": 224, "do_center_crop": true, "do_pad": true, "do_flip_channel_order": true, "do_reduce": false}""",
        224,
        224,
        "may change the network's answers: do_flip_channel_order, do_pad"
    )]
    public void Hugging_Faces_file_is_read(string text, int resize, int crop, params string[] notes)
    {
        Write("preprocessor_config.json", text);
        Write("config.json", """{"architectures": ["ResNetForImageClassification"]}""");
        var network = Load().Value();
        Assert.Equal((resize, crop), (network.Preprocessing.Resize, network.Preprocessing.Crop));
        Assert.Equal(notes.Length + 1, network.Notes.Length);
        Assert.StartsWith("preprocessor_config.json beside the weights says how images are prepared (Hugging Face): ", network.Notes[0]);
        Assert.All(notes, note => Assert.Contains(network.Notes, line => line.Contains(note, StringComparison.Ordinal)));
    }

    // x = (255 f p − m) / s for p from 0 to 1.
    [Theory]
    [InlineData("""{"rescale_factor": 0.00392156862745098, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1]}""", 0.5f, 0.25f)]
    [InlineData("""{"do_rescale": false, "image_mean": [127.5, 0, 0], "image_std": [51, 1, 1]}""", 0.5f, 0.2f)]
    [InlineData("""{"rescale_factor": 0.00784313725490196, "image_mean": [1, 1, 1], "image_std": [0.5, 1, 1]}""", 0.5f, 0.25f)] // 2 / 255
    [InlineData("""{"do_normalize": false, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1]}""", 0f, 1f)]
    public void Scales_are_brought_to_pixels_from_0_to_1(string text, float mean, float deviation)
    {
        Write("preprocessor_config.json", text);
        var found = Load().Value().Preprocessing;
        Assert.Equal((mean, deviation), (found.Mean[0], found.Deviation[0]));
    }

    [Fact]
    public void Keys_of_the_configuration_and_what_the_weights_file_says_win()
    {
        Write("config.json", """{"pretrained_cfg": {"input_size": [3, 160, 160], "mean": [0.5, 0.5, 0.5]}}""");
        var network = Load(new() { Crop = 128 }).Value();
        // In the file's proportion: 128 / 0.875 = 146.3.
        Assert.Equal((146, 128, 0.5f), (network.Preprocessing.Resize, network.Preprocessing.Crop, network.Preprocessing.Mean[0]));
        string stored = folder.File("model.pqf");
        network.Save(stored).Value();
        Write("config.json", """{"pretrained_cfg": {"input_size": [3, 64, 64]}}""");
        Assert.Equal(128, Network.Load(stored, host).Value().Preprocessing.Crop);
        // With all keys the file is not even read.
        File.Delete(folder.File("config.json"));
        Write("preprocessor_config.json", "{");
        Assert.Empty(
            Load(
                    new()
                    {
                        Resize = 40,
                        Crop = 32,
                        Mean = [0, 0, 0],
                        Deviation = [1, 1, 1],
                    }
                )
                .Value()
                .Notes
        );
    }

    [Theory]
    [InlineData("config.json", """{"pretrained_cfg": {"input_size": [3, 160, 160], "crop_pct": 0.8}}""", null, 120, 150)]
    [InlineData("config.json", """{"pretrained_cfg": {"input_size": [3, 160, 160], "crop_pct": 0.8}}""", 400, 120, 400)]
    [InlineData("preprocessor_config.json", """{"size": 224, "crop_pct": 0.95}""", null, 128, 134)]
    [InlineData("preprocessor_config.json", """{"size": 384, "crop_pct": 0.95}""", null, 128, 134)]
    [InlineData("preprocessor_config.json", """{"size": {"shortest_edge": 256}, "crop_size": 224}""", null, 128, 256)]
    public void Another_crop_is_resized_in_the_files_proportion(string name, string text, int? resize, int crop, int used)
    {
        Write(name, text);
        var network = Load(new() { Crop = crop, Resize = resize }).Value();
        Assert.Equal((used, crop), (network.Preprocessing.Resize, network.Preprocessing.Crop));
        Assert.Contains(
            $"resize {used}{(resize is null ? "" : " (preprocessing.resize)")}, crop {crop} (preprocessing.crop), mean [",
            network.Notes[0]
        );
    }

    [Theory]
    [InlineData("{", "is not JSON: line 1, position 2: ends too early")]
    [InlineData("", "is not JSON: line 1, position 1: ends too early")]
    [InlineData("{\n \"size\": 224,\n}", "is not JSON: line 3, position 1: a comma too many")]
    [InlineData("{\n \"size\": 2 2}", "is not JSON: line 2, position 12")]
    [InlineData("[1, 2]", "expected an object of fields in braces")]
    [InlineData(
        """{"image_mean": [0.5]}""",
        "image_mean: expected 3 numbers from −1,000,000 to 1,000,000, one for each channel of the network, got [0.5]"
    )]
    [InlineData("""{"size": {"width": 3}}""", "size: expected shortest_edge, or equal height and width, got {\"width\": 3}")]
    [InlineData("""{"do_resize": "yes"}""", "do_resize: expected true or false, got \"yes\"")]
    [InlineData("""{"rescale_factor": 1e-45}""", "rescale_factor: expected a number above 1E-05, at most 1000, got 1e-45")]
    [InlineData("""{"size": 224, "\ud800": 1}""", "holds text that is not Unicode")]
    [InlineData("""{"resample": 9}""", "resample: expected a whole number from 0 to 5, got 9")]
    [InlineData("""{"size": 224, "crop_size": 256}""", "crop_size: expected at most the 224 pixels that images are resized to, got 256")]
    public void A_processors_file_that_cannot_be_understood_is_a_note_and_the_network_is_read(string text, string problem)
    {
        Write("preprocessor_config.json", text);
        var network = Load().Value();
        Assert.Equal([$"preprocessor_config.json beside the weights: not taken: {problem}"], network.Notes);
        Assert.Equal((256, 224), (network.Preprocessing.Resize, network.Preprocessing.Crop));
    }

    [Theory]
    [InlineData("{", "is not JSON: line 1, position 2: ends too early")]
    [InlineData("not JSON at all", "is not JSON: line 1, position 2")]
    [InlineData("[1, 2]", "expected an object of fields in braces")]
    [InlineData("\"a text\"", "expected an object of fields in braces")]
    [InlineData("3.5", "expected an object of fields in braces")]
    [InlineData("""{"mean": "x"}""", "mean: expected it in pretrained_cfg, or input_size with mean or crop_pct, as in timm's files")]
    [InlineData(
        """{"std": [0.5, 0.5, 0.5], "input_size": null}""",
        "std: expected it in pretrained_cfg, or input_size with mean or crop_pct, as in timm's files"
    )]
    [InlineData(
        """{"input_size": 3}""",
        "input_size: expected it in pretrained_cfg, or input_size with mean or crop_pct, as in timm's files"
    )]
    [InlineData(
        """{"input_size": 3.5, "mean": 1}""",
        "input_size: expected the network's 3 channels, then equal height and width from 1 to 16384, got 3.5"
    )]
    [InlineData("""{"pretrained_cfg": 3}""", "pretrained_cfg: expected an object, got 3")]
    [InlineData("""{"pretrained_cfg": {"crop_pct": 0}}""", "pretrained_cfg.crop_pct: expected a number above 0, at most 1, got 0")]
    [InlineData(
        """{"pretrained_cfg": {"std": [0.5, 0, 1]}}""",
        "pretrained_cfg.std: expected 3 numbers from 0.000001 to 1,000,000, one for each channel of the network, got [0.5, 0, 1]"
    )]
    [InlineData(
        """{"pretrained_cfg": {"input_size": [3, 224, 200]}}""",
        "pretrained_cfg.input_size: expected the network's 3 channels, then equal height and width from 1 to 16384, got [3, 224, 200]"
    )]
    [InlineData("""{"pretrained_cfg": {"mean": [0, 0, 0], "interpolation": "\ud800"}}""", "holds text that is not Unicode")]
    [InlineData("""{"architecture": 7}""", "architecture: expected a text, got 7")]
    [InlineData("""{"id2label": ["a"]}""", "id2label: expected an object, got [\"a\"]")]
    [InlineData(
        """{"id2label": {"0": "a"}}""",
        "id2label: expected a name for each of 0 to 9, as the network has 10 classes, got {\"0\": \"a\"}"
    )]
    public void A_config_json_that_cannot_be_understood_is_a_note_and_the_network_is_read(string text, string problem)
    {
        Write("config.json", text);
        var network = Load().Value();
        Assert.Equal([$"config.json beside the weights: not taken: {problem}"], network.Notes);
        Assert.Equal((256, 224), (network.Preprocessing.Resize, network.Preprocessing.Crop));
    }

    [Theory]
    [InlineData("""{"architectures": ["BertModel"], "hidden_size": 768}""")]
    [InlineData("""{"name": "an app", "meaning": "of nothing"}""")]
    public void A_file_about_something_else_is_passed_over(string text)
    {
        Write("config.json", text);
        Assert.Empty(Load().Value().Notes);
    }

    // As facebook/wav2vec2-base-960h has it.
    [Fact]
    public void A_processor_of_sound_is_left()
    {
        Write(
            "preprocessor_config.json",
            """
            {"do_normalize": true, "feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1, "padding_side": "right",
            "padding_value": 0.0, "return_attention_mask": false, "sampling_rate": 16000}
            """
        );
        Write("config.json", """{"pretrained_cfg": {"input_size": [3, 160, 160], "crop_pct": 1}}""");
        var network = Load().Value();
        Assert.Equal("preprocessor_config.json beside the weights: not taken: it says nothing about images", network.Notes[0]);
        Assert.Equal((160, 160), (network.Preprocessing.Resize, network.Preprocessing.Crop));
    }

    [Theory]
    [InlineData("""{"architecture": "resnet18", "num_classes": 10}""")]
    [InlineData("""{"architecture": "a_name_that_is_timms", "num_classes": 10}""")]
    [InlineData("""{"num_labels": 10, "num_classes": 10}""")]
    [InlineData("""{"num_labels": 11}""", "config.json beside the weights says 11 classes; the weights have 10, which are used")]
    [InlineData(
        """{"architecture": "resnet50"}""",
        "config.json beside the weights says resnet50; the weights are those of resnet18, which is used"
    )]
    [InlineData(
        """{"architecture": "vgg16", "num_classes": 1000}""",
        "config.json beside the weights says 1,000 classes; the weights have 10, which are used",
        "config.json beside the weights says vgg16; the weights are those of resnet18, which is used"
    )]
    public void What_the_weights_contradict_is_a_note(string text, params string[] notes)
    {
        Write("config.json", text);
        Assert.Equal(notes, Load().Value().Notes);
    }

    [Theory]
    [InlineData("""{"num_classes": "many"}""", "num_classes: expected a whole number from 0 to 2147483647, got \"many\"")]
    [InlineData("""{"num_classes": -1}""", "num_classes: expected a whole number from 0 to 2147483647, got -1")]
    [InlineData("""{"num_classes": 2.5}""", "num_classes: expected a whole number from 0 to 2147483647, got 2.5")]
    [InlineData("""{"num_classes": true}""", "num_classes: expected a whole number from 0 to 2147483647, got true")]
    [InlineData("""{"num_classes": [10]}""", "num_classes: expected a whole number from 0 to 2147483647, got [10]")]
    [InlineData("""{"num_classes": {}}""", "num_classes: expected a whole number from 0 to 2147483647, got {}")]
    [InlineData("""{"architecture": 5}""", "architecture: expected a text, got 5")]
    [InlineData("""{"architecture": ["resnet18"]}""", "architecture: expected a text, got [\"resnet18\"]")]
    [InlineData("""{"id2label": ["a"]}""", "id2label: expected an object, got [\"a\"]")]
    [InlineData("""{"pretrained_cfg": "resnet18"}""", "pretrained_cfg: expected an object, got \"resnet18\"")]
    [InlineData("""{"num_labels": 2.5}""", "num_labels: expected a whole number from 0 to 2147483647, got 2.5")]
    [InlineData("""{"num_classes": null, "architecture": null}""")]
    [InlineData(
        """{"num_classes": "many", "architecture": 5}""",
        "num_classes: expected a whole number from 0 to 2147483647, got \"many\"",
        "architecture: expected a text, got 5"
    )]
    public void A_value_of_a_wrong_kind_is_a_note(string text, params string[] problems)
    {
        Write("config.json", text);
        Assert.Equal(problems.Select(problem => $"config.json beside the weights: not taken: {problem}"), Load().Value().Notes);
    }

    [Fact]
    public void A_folder_called_config_json_is_a_note()
    {
        Directory.CreateDirectory(folder.File("config.json"));
        Assert.Equal(["config.json beside the weights: not taken: is a folder; expected a file"], Load().Value().Notes);
    }

    [Fact]
    public void The_names_of_classes_are_taken()
    {
        Write("config.json", Labels(Enumerable.Range(0, 10).Reverse().Select(number => (number, $"kind {number}"))));
        var network = Load().Value();
        Assert.Equal("kind 7", network.ClassNames[7]);
        Assert.StartsWith("config.json beside the weights names the classes (id2label): kind 0, kind 1, ", Assert.Single(network.Notes));
        string[] own = [.. Enumerable.Range(0, 10).Select(number => $"own {number}")];
        var given = Load(new() { ClassNames = [.. own] }).Value();
        Assert.Equal(("own 7", 0), (given.ClassNames[7], given.Notes.Length));
    }

    [Theory]
    [InlineData(1, 10, "kind")]
    [InlineData(0, 9, "kind")]
    [InlineData(0, 11, "kind")]
    [InlineData(0, 10, "")]
    public void Names_that_are_not_one_for_each_class_are_left(int first, int count, string prefix)
    {
        var numbers = Enumerable.Range(first, count);
        Write("config.json", Labels(numbers.Select(number => (number, prefix is "" ? " " : $"{prefix} {number}"))));
        var network = Load().Value();
        Assert.StartsWith("config.json beside the weights: not taken: id2label: expected ", Assert.Single(network.Notes));
        Assert.Equal("class 7", network.ClassNames[7]);
    }

    [Fact]
    public void Names_that_say_nothing_are_none()
    {
        Write("config.json", Labels(Enumerable.Range(0, 10).Select(number => (number, $"LABEL_{number}"))));
        var network = Load().Value();
        Assert.Equal(("class 7", 0), (network.ClassNames[7], network.Notes.Length));
    }

    // As microsoft/resnet-50 has them: with all synonyms.
    [Theory]
    [InlineData(950, true)]
    [InlineData(850, false)]
    public void ImageNets_names_are_those_that_folders_are_matched_with(int same, bool areImageNets)
    {
        var names = ImageNetClasses.Table.Names.Select(
            (name, number) => (number, number < same ? $"{name}, a synonym" : $"other {number}")
        );
        using var json = JsonDocument.Parse(Labels(names));
        var found = HuggingFaceClasses.Of(new JsonFields(json.RootElement, ""), 1000);
        Assert.Equal(areImageNets, found is ClassNames.WellKnown { Set: ClassNames.ImageNet });
        Assert.Equal(!areImageNets, found is ClassNames.Listed);
    }

    static string Labels(IEnumerable<(int Number, string Name)> names) =>
        JsonSerializer.Serialize(new { id2label = names.ToDictionary(pair => $"{pair.Number}", pair => pair.Name) });

    void Write(string name, string text) => File.WriteAllText(folder.File(name), text);

    Result<Network, PqfError> Load(NetworkOverrides? overrides = null) => Network.Load(Weights, host, overrides);
}

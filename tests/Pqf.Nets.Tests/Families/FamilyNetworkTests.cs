using System.Security.Cryptography;
using System.Text;
using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Xunit;

namespace Pqf.Nets.Tests.Families;

/// <summary>Networks of families by name, and state dicts that do not fit.</summary>
public class FamilyNetworkTests
{
    // Produced by: family_cases.py --hashes, torchvision 0.14.
    [Theory]
    [InlineData("vgg11", 132863336, "67a7eb563529a90c4919aa9f311cf8cbd3775bd175d0162a247a5bec4b13a2e2")]
    [InlineData("vgg13", 133047848, "06fdc111ee6d2ed83c07302ebe0ae7141713c3cf33ecf9efbe9c601326f79067")]
    [InlineData("vgg16", 138357544, "26a44a8d3cab16c67a2e446a90410ce627919f48ca28949d4a95f218ccda926f")]
    [InlineData("vgg19", 143667240, "2ae6c231664ee367071ca5d4a5c107a2d050bf17770fd8ec8b15ea256a24087f")]
    [InlineData("vgg11_bn", 132868840, "ee867f83a281cbc7c058e95942095b889f89adf237db377ba0c2b2a901081b9f")]
    [InlineData("vgg13_bn", 133053736, "50719b09f72d03d3a626096d139f35d497ceb7a11abf4e95e0f68979ff6fe350")]
    [InlineData("vgg16_bn", 138365992, "7f63603ea8fd0df99bbf598583db4046599a9a216da59c39547c89b4696dfa72")]
    [InlineData("vgg19_bn", 143678248, "885add70e54bca0e3c6718442bc05ea7a3dc0e3724b00b11de01562ae4e2d8b0")]
    [InlineData("alexnet", 61100840, "12a60b133d7b54dce49b426ee056c8e126f3e05efa66ff070a809ad5ccf9140b")]
    [InlineData("mobilenet_v2", 3504872, "07c1a8796c1aa659704bff922a9fd79773dd549def1a80747d38e220c211db05")]
    [InlineData("mobilenet_v3_large", 5483032, "01e1084ad1e703dafcf7935042438db5b648ebe2fae92d521df5856db8a441a9")]
    [InlineData("mobilenet_v3_small", 2542856, "cb6b8a086b0ea7e8e6bbb9207a1db7fa1dfd3007ca5c7ab62b1c4f9e23a54206")]
    [InlineData("efficientnet_b0", 5288548, "29f2e4b8ed94097f30a89eced93c3b97c89a41217ba85615e104ff044a01534c")]
    [InlineData("efficientnet_b1", 7794184, "862f9aeff2465d0f00c2ecfdd707547e74ca9974a919e61c694465833e19fae4")]
    [InlineData("efficientnet_b2", 9109994, "de9614689bf7d763a0cfd00ecb289c0ebb7d34c521bccb8288ea5c8187c3b0d5")]
    [InlineData("efficientnet_b3", 12233232, "ccb31ffefca1d9c69818b1d9a521d38b60fd756d2ec5d9f0aab8cfa0885f8197")]
    [InlineData("efficientnet_b4", 19341616, "c2f4ec4c1c14bb79694d2228f52834c2ca2d9a19c3d5629e08dd0a0c5f152ff0")]
    [InlineData("efficientnet_b5", 30389784, "ab8694d714ade49b4e947cbd3782824cbd4ab2c0747610331cc6582bb67a5147")]
    [InlineData("efficientnet_b6", 43040704, "036eb0c7b230862a3f5dc6ede11a27c7725767a687e068b626b73c20e3df6ce1")]
    [InlineData("efficientnet_b7", 66347960, "3293eeb66bda30298adca3991afa57461f2d71eaaf4a9c7f3dcde0aefc45f362")]
    [InlineData("efficientnet_v2_s", 21458488, "1063aaeb78b59ee1a3ad0a579242c4fa3072d0ff2218b6e4b00d513bde2ea2af")]
    [InlineData("efficientnet_v2_m", 54139356, "61b280be401b83bb8801fa00ecc6d1bb159ee56e8fe2dbe714961fb810316fa7")]
    [InlineData("efficientnet_v2_l", 118515272, "7dd1b0be10edffaff9d98c4542b03ef505e3b8251e63a4cd1e53788235e7ff28")]
    [InlineData("densenet121", 7978856, "c4a956e878d257a80aa164c2244c868af1e51756baa6f7b1b5679554c01a7c08")]
    [InlineData("densenet161", 28681000, "b66bab0e56d41d25f82bac93fc245a2162489b311815240b790fe857638671ae")]
    [InlineData("densenet169", 14149480, "fd90e10f1d684dad7a5a05aa426414f8958fe1421899bdb2fdf451eb2469de21")]
    [InlineData("densenet201", 20013928, "0d8c78bf4f9952f398cf4d17721298a2704bcc8fdb37f804b805096fb9a4f967")]
    [InlineData("regnet_x_400mf", 5495976, "909e0b348f418ca915ae5b75e9dbad2e60407064bfbb02fc372bcca1f34aebe2")]
    [InlineData("regnet_x_800mf", 7259656, "3f8a089bf7576de97826173cd8a740ba0976a668497b877d024cbf209dc5fa4e")]
    [InlineData("regnet_x_1_6gf", 9190136, "a16722f2e23f83b955bde3c0e48e30d981c5e7c38416ab2fb2b4a3ba86414f2d")]
    [InlineData("regnet_x_3_2gf", 15296552, "151e4804df965b3ed70abd9fb3dc9223df7c4d77529356dcb2bb9fbc2f03fc89")]
    [InlineData("regnet_x_8gf", 39572648, "2ab4b56ef8cddaf0a3405d04c98f722739b875aad2e491b39f6ed4dd405b0639")]
    [InlineData("regnet_x_16gf", 54278536, "fe722d80607d661e260a1cde7c3c46a6fcc7200d118ace8c0d69cd9113edf8f6")]
    [InlineData("regnet_x_32gf", 107811560, "ac68729ea53c5aed7262b614ea35007fa64d1f63abc47d50318d1bada5b4a1f5")]
    [InlineData("regnet_y_400mf", 4344144, "ade00d0c8c654416d801536dde031f567259e05b24ebb47a89e86a9078c165f8")]
    [InlineData("regnet_y_800mf", 6432512, "b3c9facfcce57150036237a651d247b886447bfe7138749645452b04b9957b11")]
    [InlineData("regnet_y_1_6gf", 11202430, "5a32d0d935d27ff5b8a431686edb42f921b894930afaff2480bbc7d09420d035")]
    [InlineData("regnet_y_3_2gf", 19436338, "d28a2534ddb9853fd0d10d6ec243f366df4f6e232d73b233f7104b679fd57963")]
    [InlineData("regnet_y_8gf", 39381472, "70c2c7cd2dc3e9c92dc5727e7666a6f5ad5125ff6eed344ba6a40a15d906f7a7")]
    [InlineData("regnet_y_16gf", 83590140, "33011cc948b155dfd8d8d000892b93dafa375c9c0ad0cb33dc8c6972316dd395")]
    [InlineData("regnet_y_32gf", 145046770, "dfc5c956b0fa06063b780d885f91483a1d96c35e7eef4022a1574503a52bd42d")]
    [InlineData("regnet_y_128gf", 644812894, "321e3ee7e6fa9606a2a1ffc06c3f660299e93eeca7f2c9bfdb8e80ca248a1663")]
    [InlineData("squeezenet1_0", 1248424, "72c82121c56da74cd64f9b560ef659e40ac9f4269b0298a5e1ae7eb6c74b4999")]
    [InlineData("squeezenet1_1", 1235496, "d67adc94cdb2fd983c096bed9c1b8ed61d6876fda060b408e11557c9852fe2fa")]
    [InlineData("googlenet", 6624904, "fa3d44cfc0caf5571cbd42bfbe28247497c47309ed718b95218f4c2515825cab")]
    [InlineData("shufflenet_v2_x0_5", 1366792, "5256355d14fec523d9c42f697df24279691586066a7f83b9860fdcf955790ca5")]
    [InlineData("shufflenet_v2_x1_0", 2278604, "6d95c44f61a9b376b6a308a1b261bec1a3fd30b3d0d956c072f4abfe6229f869")]
    [InlineData("shufflenet_v2_x1_5", 3503624, "652c53659417ce652d2cc19dcc7bfc9134158c5ba0d9471c1c1ff8b84ed9ab11")]
    [InlineData("shufflenet_v2_x2_0", 7393996, "7254f79514bd303a0eb5b2510c071543eb8e0f68249b616d537236d7a3774dd3")]
    [InlineData("mnasnet0_5", 2218512, "2f61b02c32a6b8c4dbe50aa8d1665157f95890299cea692c835a89f40d3308fe")]
    [InlineData("mnasnet0_75", 3170208, "02b51a2f87300dbde90d64eea2fff1e854e1d02b1897d431a75b5d92fd9a91e9")]
    [InlineData("mnasnet1_0", 4383312, "a7a5b7a4fef0e1ff9d180d74362bddb79a3f2b99790df0b58bca2c0e86f6ca73")]
    [InlineData("mnasnet1_3", 6282256, "08b5c7056480fb0094b4be4e171ba4a266c0bcc39a1cd282a419d178dfd4fff2")]
    public void A_network_of_a_known_name_has_torchvisions_parameters_and_is_recognised(string name, int trained, string hash)
    {
        var family = FamilyNetwork.FamilyOf(name)!;
        var shapes = family.Define(name, 1000, 3);
        var lines = shapes.Names.Select(tensor => $"{tensor} {shapes.Find(tensor)}").Order(StringComparer.Ordinal);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join("\n", lines)))));
        using var file = FamilyCase.Of(shapes.Names.Select(tensor => KeyValuePair.Create(tensor, shapes.Find(tensor)!.Value)));
        var found = FamilyNetwork.Find(file).ValueOrThrow()!;
        Assert.Same(family, found.Family);
        var graph = found.Read(family.SizeOf(name).Crop).ValueOrThrow();
        Assert.Equal(
            trained,
            ParameterSpecs
                .Of(graph)
                .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
                .Sum(spec => spec.Shape.Count)
        );
        Assert.Equal(name, found.NameOf(graph));
    }

    [Fact]
    public void A_network_of_a_name_has_the_classes_and_channels_that_are_asked_for()
    {
        var architecture = FamilyNetwork.Resolve(new("mobilenet_v2", classCount: 7, inChannels: 1), 32).ValueOrThrow();
        var options = Assert.IsType<GraphOptions>(architecture.Options);
        Assert.Equal((7, 1, "mobilenet_v2"), (architecture.ClassCount, architecture.InChannels, architecture.Title));
        Assert.Equal(new Pair(32, 32), options.ImageSize);
        Assert.Equal([32, 1, 3, 3], ParameterSpecs.Of(options.Graph)[0].Shape);
        Assert.Equal([7], ParameterSpecs.Of(options.Graph)[^1].Shape);
    }

    [Theory]
    [InlineData("mobilenet_v2", 1000, 16, null, "model: width: expected none, as mobilenet_v2 has widths of its own, got 16")]
    [InlineData("vgg11", 0, null, null, "model: arch: expected 1 to 250000 classes and 1 to 4096 input channels, got 0 and 3")]
    [InlineData(
        "vgg11",
        10,
        null,
        64,
        "preprocessing: crop: expected images that vgg11 takes, got 64 × 64 pixels: AdaptiveAvgPool2d: expected images for which the last "
            + "convolution has a divisor or a multiple of 7 × 7 pixels, got 2 × 2"
    )]
    public void Sizes_that_a_network_does_not_have_are_an_error(string name, int classes, int? width, int? side, string message)
    {
        var result = FamilyNetwork.Resolve(new(name, classes, 3, width), side is { } pixels ? new Pair(pixels, pixels) : null);
        Assert.Equal(message, Assert.IsType<Result<Architecture, PqfError>.Error>(result).Value.Message);
    }

    [Theory]
    [InlineData("", "module.")]
    [InlineData("", "model.backbone.")]
    public void Modules_around_the_network_are_left_out(string from, string prefix)
    {
        var known = FamilyCase.Read("mobilenet_v2");
        using var file = known.File(all => all.Select(pair => KeyValuePair.Create(prefix + pair.Key[from.Length..], pair.Value)));
        var found = FamilyNetwork.Find(file).ValueOrThrow()!;
        Assert.Equal(known.Tensors.Select(pair => pair.Key), found.Tensors.File.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("features.0.0", ParameterSpecs.Of(found.Read(64).ValueOrThrow())[0].Layer);
    }

    [Fact]
    public void The_old_names_of_a_DenseNet_are_read()
    {
        var known = FamilyCase.Read("densenet");
        using var file = known.File(all =>
            all.Select(pair =>
                KeyValuePair.Create(
                    pair.Key.Contains("denselayer")
                        ? pair
                            .Key.Replace("norm1", "norm.1")
                            .Replace("norm2", "norm.2")
                            .Replace("conv1", "conv.1")
                            .Replace("conv2", "conv.2")
                        : pair.Key,
                    pair.Value
                )
            )
        );
        var graph = FamilyNetwork.Find(file).ValueOrThrow()!.Read(64).ValueOrThrow();
        Assert.Contains(ParameterSpecs.Of(graph), spec => spec.Name == "features.denseblock1.denselayer2.conv.2.weight");
    }

    [Fact]
    public void Two_networks_in_a_file_are_an_error()
    {
        var known = FamilyCase.Read("vgg");
        using var file = known.File(all => [.. Under("a.", all), .. Under("b.", all)]);
        Assert.Equal(
            "x.pth: holds several networks, under a. and under b.; expected one: save the state dict of that alone",
            Assert.IsType<Result<FamilyNetwork?, PqfError>.Error>(FamilyNetwork.Find(file)).Value.Message
        );
    }

    // What happens to a case's tensors: a name without a shape is left out, one with a shape has it.
    [Theory]
    [InlineData("vgg", "features.3.weight", null, "features.3.weight: is missing; expected a convolution of 4 channels")]
    [InlineData("vgg", "features.0.weight", "5, 3, 3, 3", "features.0.bias: expected [5], a bias of 5 channels, got [4]")]
    [InlineData("vgg", "classifier.6.weight", null, "classifier.6.weight: is missing; expected a linear layer of 16 inputs")]
    [InlineData(
        "vgg",
        "classifier.0.weight",
        "20, 587",
        "classifier.0.weight: expected [out, 12 · k · k], a linear layer of k × k cells of 12 channels, got [20, 587]"
    )]
    [InlineData(
        "vgg",
        "features.13.weight",
        "4, 12, 3, 3",
        "features.14.weight: expected the convolution after features.13 to be number 15, or 16 after a pool"
    )]
    [InlineData(
        "mobilenet_v2",
        "features.3.conv.0.0.weight",
        "48, 9, 1, 1",
        "features.3.conv.0.0.weight: expected [out, 8, k, k], a convolution of 8 channels, got [48, 9, 1, 1]"
    )]
    [InlineData(
        "mobilenet_v2",
        "features.3.conv.1.0.weight",
        "48, 2, 3, 3",
        "features.3.conv.1.0.weight: expected [48, 1, k, k], a depthwise convolution of 48 channels, got [48, 2, 3, 3]"
    )]
    [InlineData(
        "mobilenet_v2",
        "features.3.conv.0.1.weight",
        "47",
        "features.3.conv.0.1.weight: expected [48], a norm of 48 channels, got [47]"
    )]
    [InlineData(
        "mobilenet_v2",
        "features.3.conv.0.1.weight",
        null,
        "features.3.conv.0.1.weight: is missing; expected a norm of 48 channels"
    )]
    [InlineData("mobilenet_v2", "features.19.0.weight", "2, 2, 1, 1", "features.19.0.weight: expected no such tensor in a MobileNetV2")]
    [InlineData(
        "mobilenet_v2",
        "features.2.conv.0.0.codes_matrix",
        "4, 4",
        "features.2.conv.0.0.codes_matrix: expected dense weights of a MobileNetV2, got codes: the graph of a compressed one is in its "
            + ".pqf, .onnx or .safetensors file"
    )]
    [InlineData(
        "regnet_y",
        "trunk_output.block1.block1-0.f.b.0.weight",
        "16, 3, 3, 3",
        "trunk_output.block1.block1-0.f.b.0.weight: expected a grouped convolution of 16 channels, whose groups have equal sizes, got "
            + "[16, 3, 3, 3]"
    )]
    [InlineData("densenet", "features.norm5.weight", null, "features.norm5.weight: is missing; expected a norm of ")]
    [InlineData(
        "mobilenet_v3_small",
        "features.12.block.0.0.weight",
        "1, 1, 1, 1",
        "features.1.block: expected 15 blocks (mobilenet_v3_large) or 11 blocks (mobilenet_v3_small), got 12"
    )]
    [InlineData("googlenet", "inception4a.branch1.conv.weight", "3, 3", "inception4a.branch1.conv.weight: expected a convolution of ")]
    [InlineData("shufflenet_v2", "fc.weight", "10, 41", "fc.weight: expected [out, 40], a linear layer of 40 inputs, got [10, 41]")]
    public void A_state_dict_that_does_not_fit_is_an_error_that_names_the_tensor(string name, string tensor, string? shape, string message)
    {
        using var file = FamilyCase.Read(name).File(all => Changed(all, tensor, shape));
        var found = FamilyNetwork.Find(file).ValueOrThrow()!;
        string got = Assert.IsType<Result<Graph, PqfError>.Error>(found.Read(32)).Value.Message;
        Assert.DoesNotContain('\n', got);
        Assert.StartsWith($"x.pth: {message}", got, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_of_timms_names_whose_activations_are_unknown_is_refused()
    {
        var known = FamilyCase.Read("mobilenet_v2");
        using var file = known.File(all =>
            Changed(
                all.Select(pair => KeyValuePair.Create(TimmNames.Of("mobilenet_v2", pair.Key), pair.Value)),
                "blocks.2.0.conv_dw.weight",
                "48, 1, 5, 5"
            )
        );
        Assert.Equal(
            "x.pth: blocks.0.0: expected the layers of a MobileNetV2, a MobileNetV3 or an EfficientNet; timm has other networks with these "
                + "names, whose activations a state dict does not show: export the network to ONNX (a MobileNet or EfficientNet of timm's)",
            Assert.IsType<Result<Graph, PqfError>.Error>(FamilyNetwork.Find(file).ValueOrThrow()!.Read(64)).Value.Message
        );
    }

    [Fact]
    public void A_state_dict_of_other_names_is_no_familys()
    {
        using var file = FamilyCase.Of([new("conv1.weight", [64, 3, 7, 7]), new("fc.weight", [10, 512])]);
        Assert.Null(FamilyNetwork.Find(file).ValueOrThrow());
    }

    static IEnumerable<KeyValuePair<string, Shape>> Under(string prefix, IEnumerable<KeyValuePair<string, Shape>> all) =>
        all.Select(pair => KeyValuePair.Create(prefix + pair.Key, pair.Value));

    static Dictionary<string, Shape> Changed(IEnumerable<KeyValuePair<string, Shape>> all, string name, string? shape)
    {
        var changed = all.ToDictionary(pair => pair.Key, pair => pair.Value);
        if (shape is null)
            changed.Remove(name);
        else
            changed[name] = [.. shape.Split(", ").Select(int.Parse)];
        return changed;
    }
}

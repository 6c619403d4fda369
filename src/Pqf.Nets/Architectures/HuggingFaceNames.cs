using System.Globalization;

namespace Pqf.Nets.Architectures;

/// <summary>Hugging Face's names of a residual network's layers: <c>resnet.encoder.stages.0.layers.1.layer.0.convolution</c> is
/// <c>layer1.1.conv1</c>, <c>classifier.1</c> is <c>fc</c>.</summary>
/// <remarks>Names do not show where a bottleneck has its stride. It is taken to be in the 3×3 convolution, as in torchvision and in Hugging
/// Face's networks without <c>downsample_in_bottleneck</c>.</remarks>
static class HuggingFaceNames
{
    const string Model = "resnet.";

    // encoder.stages.S.layers.L.layer.N.kind.tensor
    const int MostParts = 10;

    static readonly string[] Modules = ["embedder.", "encoder.", "classifier."];

    /// <summary>The name used here of a tensor or a layer; other names are as they were.</summary>
    public static string Canonical(string name)
    {
        string own = name.StartsWith(Model, StringComparison.Ordinal) ? name[Model.Length..] : name;
        if (!Array.Exists(Modules, module => own.StartsWith(module, StringComparison.Ordinal)))
            return name;
        return own.Split('.', MostParts) switch
        {
            ["embedder", "embedder", var kind, .. var tensor] when Layer(kind) is { } layer => Join(tensor, $"{layer}1"),
            ["encoder", "stages", var stage, "layers", var block, "layer", var number, var kind, .. var tensor]
                when Layer(kind) is { } layer && Next(stage) is { } first && Next(number) is { } next => Join(
                tensor,
                $"layer{first}",
                block,
                $"{layer}{next}"
            ),
            ["encoder", "stages", var stage, "layers", var block, "shortcut", var kind, .. var tensor]
                when Layer(kind) is { } layer && Next(stage) is { } first => Join(
                tensor,
                $"layer{first}",
                block,
                "downsample",
                layer == "conv" ? "0" : "1"
            ),
            ["classifier", "1", .. { Length: <= 1 } tensor] => Join(tensor, "fc"),
            _ => name,
        };
    }

    static string Join(string[] tensor, params ReadOnlySpan<string> layer) => string.Join('.', (string[])[.. layer, .. tensor]);

    static string? Layer(string kind) =>
        kind switch
        {
            "convolution" => "conv",
            "normalization" => "bn",
            _ => null,
        };

    /// <summary>Numbers begin at 0 there and at 1 here.</summary>
    static string? Next(string number) =>
        number.Length <= 4 && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? (value + 1).ToString(CultureInfo.InvariantCulture)
            : null;
}

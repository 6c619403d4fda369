using System.Text.RegularExpressions;
using Pqf.Tensors;

namespace Pqf.Nets.Tests.Families;

/// <summary>timm's names of the layers of torchvision's networks.</summary>
static class TimmNames
{
    // Blocks of each stage, in order.
    static readonly int[] V2 = [1, 2, 3, 4, 3, 3, 1],
        Large = [1, 2, 3, 4, 2, 3],
        Small = [1, 2, 3, 2, 3];

    /// <summary>The name of a tensor.</summary>
    public static string Of(string network, string name) =>
        network switch
        {
            "vgg" => name.Replace("classifier.0", "pre_logits.fc1")
                .Replace("classifier.3", "pre_logits.fc2")
                .Replace("classifier.6", "head.fc"),
            "regnet_y" => RegNet(name),
            "mobilenet_v2" => V2Name(name),
            "mobilenet_v3_large_timm" => V3Name(name, Large),
            "mobilenet_v3_small_timm" or "mobilenet_v3_small_tf" => V3Name(name, Small),
            _ => EfficientNet(name),
        };

    /// <summary>The shape of a tensor: some linear layers are convolutions.</summary>
    public static Shape Shape(string network, KeyValuePair<string, Shape> tensor) =>
        (network, tensor.Key) switch
        {
            ("vgg", "classifier.0.weight") => [tensor.Value[0], tensor.Value[1] / 49, 7, 7],
            ("vgg", "classifier.3.weight") => [tensor.Value[0], tensor.Value[1], 1, 1],
            (['m', 'o', 'b', ..], "classifier.0.weight") => [tensor.Value[0], tensor.Value[1], 1, 1],
            _ => tensor.Value,
        };

    static string RegNet(string name)
    {
        name = Regex.Replace(
            name,
            @"^trunk_output\.block(\d)\.block\d-(\d)\.",
            match => $"s{match.Groups[1]}.b{int.Parse(match.Groups[2].Value) + 1}."
        );
        name = Regex.Replace(
            name,
            @"\bf\.([abc])\.([01])\.",
            match => $"conv{match.Groups[1].Value[0] - 'a' + 1}.{Part(match.Groups[2].Value)}."
        );
        name = Regex.Replace(name, @"\bproj\.([01])\.", match => $"downsample.{Part(match.Groups[1].Value)}.");
        name = Regex.Replace(name, @"^stem\.([01])\.", match => $"stem.{Part(match.Groups[1].Value)}.");
        return name.Replace(".f.se.", ".se.").Replace("fc.", name.StartsWith("fc.") ? "head.fc." : "fc.");
    }

    static string Part(string number) => number == "0" ? "conv" : "bn";

    static string V2Name(string name)
    {
        if (Regex.Match(name, @"^features\.(\d+)\.conv\.(.*)$") is { Success: true } match)
        {
            int number = int.Parse(match.Groups[1].Value);
            return Place(number - 1, V2)
                + Regex.Replace(
                    match.Groups[2].Value,
                    @"^(\d(\.\d)?)",
                    part =>
                        (number == 1, part.Value) switch
                        {
                            (true, "0.0") => "conv_dw",
                            (true, "0.1") => "bn1",
                            (true, "1") => "conv_pw",
                            (true, "2") => "bn2",
                            (_, "0.0") => "conv_pw",
                            (_, "0.1") => "bn1",
                            (_, "1.0") => "conv_dw",
                            (_, "1.1") => "bn2",
                            (_, "2") => "conv_pwl",
                            _ => "bn3",
                        }
                );
        }

        return Ends(name, 18).Replace("classifier.1.", "classifier.");
    }

    static string V3Name(string name, int[] depths)
    {
        int last = depths.Sum() + 1;
        if (Regex.Match(name, @"^features\.(\d+)\.block\.(\d)\.(.*)$") is { Success: true } match)
        {
            int number = int.Parse(match.Groups[1].Value);
            return Place(number - 1, depths) + Listed(int.Parse(match.Groups[2].Value), match.Groups[3].Value, number > 1);
        }

        return name.Replace("features.0.0", "conv_stem")
            .Replace("features.0.1", "bn1")
            .Replace($"features.{last}.0", $"blocks.{depths.Length}.0.conv")
            .Replace($"features.{last}.1", $"blocks.{depths.Length}.0.bn1")
            .Replace("classifier.0", "conv_head")
            .Replace("classifier.3", "classifier");
    }

    static string EfficientNet(string name)
    {
        if (Regex.Match(name, @"^features\.(\d)\.(\d)\.block\.(\d)\.(.*)$") is { Success: true } match)
        {
            int stage = int.Parse(match.Groups[1].Value) - 1;
            return $"blocks.{stage}.{match.Groups[2].Value}." + Listed(int.Parse(match.Groups[3].Value), match.Groups[4].Value, stage > 0);
        }

        return Ends(name, 8).Replace("classifier.1.", "classifier.");
    }

    /// <summary>A tensor of a part of a block.</summary>
    static string Listed(int part, string rest, bool isWidened)
    {
        int from = part + (isWidened ? 0 : 1);
        if (rest.StartsWith("fc"))
            return "se." + rest.Replace("fc1", "conv_reduce").Replace("fc2", "conv_expand");
        int kind =
            from == 0 ? 0
            : from == 1 ? 1
            : 2;
        string conv = !isWidened && kind == 2 ? "conv_pw" : ((string[])["conv_pw", "conv_dw", "conv_pwl"])[kind];
        return rest.StartsWith("0.") ? conv + rest[1..] : $"bn{(isWidened ? kind + 1 : kind)}" + rest[1..];
    }

    static string Ends(string name, int last) =>
        name.Replace("features.0.0", "conv_stem")
            .Replace("features.0.1", "bn1")
            .Replace($"features.{last}.0", "conv_head")
            .Replace($"features.{last}.1", "bn2");

    static string Place(int number, int[] depths)
    {
        int stage = 0;
        while (number >= depths[stage])
            number -= depths[stage++];
        return $"blocks.{stage}.{number}.";
    }
}

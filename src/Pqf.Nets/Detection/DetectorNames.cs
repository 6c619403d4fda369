using System.Globalization;

namespace Pqf.Nets.Detection;

/// <summary>The names under which files and configurations have the layers of a detector.</summary>
/// <remarks>
/// torchvision's first names (<c>backbone.fpn.inner_blocks.0</c>, <c>rpn.head.conv</c>, <c>roi_heads.mask_head.mask_fcn1</c>) are this
/// project's: every version of torchvision reads them. Since its release 0.14 the
/// layers are one module deeper (<c>….inner_blocks.0.0</c>, <c>rpn.head.conv.0.0</c>, <c>roi_heads.mask_head.0.0</c>); some files have
/// <c>backbone.body.layers.</c> for <c>backbone.body.</c>.
/// </remarks>
public static class DetectorNames
{
    const string Body = "backbone.body.",
        BodyLayers = "backbone.body.layers.",
        RpnConv = "rpn.head.conv.",
        RpnConvDeep = "rpn.head.conv.0.0.",
        MaskHead = "roi_heads.mask_head.";

    /// <summary>The name used here of a tensor or a layer; names of other networks are as they were.</summary>
    public static string Canonical(string name) =>
        (name + ".") switch // with a dot, a layer's name is a prefix of its tensors'
        {
            var x when x.StartsWith(BodyLayers, StringComparison.Ordinal) => Body + name[BodyLayers.Length..],
            var x when x.StartsWith(RpnConvDeep, StringComparison.Ordinal) => (RpnConv + x[RpnConvDeep.Length..])[..^1],
            var x when Numbered(x, "backbone.fpn.inner_blocks.") is { } fpn => $"backbone.fpn.inner_blocks.{fpn.Number}.{fpn.Tail}"[..^1],
            var x when Numbered(x, "backbone.fpn.layer_blocks.") is { } fpn => $"backbone.fpn.layer_blocks.{fpn.Number}.{fpn.Tail}"[..^1],
            var x when Numbered(x, MaskHead) is { } mask => $"{MaskHead}mask_fcn{mask.Number + 1}.{mask.Tail}"[..^1],
            _ => name,
        };

    /// <summary>Splits a name of the form prefix, number, <c>.0.</c>, rest; null if it has another.</summary>
    static (int Number, string Tail)? Numbered(string name, string prefix)
    {
        if (
            !name.StartsWith(prefix, StringComparison.Ordinal)
            || name.IndexOf(".0.", prefix.Length, StringComparison.Ordinal) is not (> 0 and var end)
        )
            return null;
        return int.TryParse(
            name.AsSpan(prefix.Length, end - prefix.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int number
        )
            ? (number, name[(end + 3)..])
            : null;
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>How images are prepared, in the words of timm: <c>pretrained_cfg</c> of <c>config.json</c>.</summary>
/// <remarks>Source: timm's documentation of <c>resolve_data_config</c> and <c>create_transform</c>, and the files of its networks on
/// Hugging Face's hub.</remarks>
static class TimmPreprocessing
{
    // timm's where the file is silent.
    const double UsualCropShare = 0.875;

    /// <summary>Understands a file.</summary>
    /// <param name="json">The file.</param>
    /// <param name="channels">Of the network.</param>
    /// <param name="crop">Pixels of the input in place of the file's; images are resized in the file's proportion to it. Null for the
    /// file's.</param>
    /// <returns>Null for a file that does not speak of images: a <c>config.json</c> may be anything.</returns>
    public static FoundPreprocessing? Of(JsonFields json, int channels, int? crop)
    {
        // Files of timm before version 0.9 have the fields at the top.
        var fields = json.Child("pretrained_cfg") ?? (json.Has("input_size") && (json.Has("mean") || json.Has("crop_pct")) ? json : null);
        if (fields is null)
            return null;
        var usual = Preprocessing.Of(channels);
        int own = Side(fields, channels) ?? usual.Crop,
            side = crop ?? own;
        double share = fields.Number("crop_pct", 0, 1) ?? UsualCropShare;
        return new(
            "timm",
            usual with
            {
                Crop = side,
                // timm rounds down.
                Resize = Math.Min((int)Math.Floor(side / share), Preprocessing.MaxSide),
                Mean = ImageFields.Mean(fields, "mean", channels) ?? usual.Mean,
                Deviation = ImageFields.Deviation(fields, "std", channels) ?? usual.Deviation,
            },
            [.. Unsupported(fields, side)]
        );
    }

    /// <summary>A field of images at the top of a file that lacks other fields of timm's; null where there is none.</summary>
    public static string? Stray(JsonFields json) => new[] { "input_size", "mean", "std", "crop_pct" }.FirstOrDefault(json.Has);

    /// <summary>Rows and columns of the input.</summary>
    static int? Side(JsonFields fields, int channels)
    {
        string expected = $"the network's {Plural.Of(channels, "channel")}, then equal height and width from 1 to {Preprocessing.MaxSide}";
        return fields.Numbers("input_size", 3, value => value is >= 1 and <= Preprocessing.MaxSide, expected) switch
        {
            [] => null,
            [var first, var rows, var columns] when first == channels && rows == columns && rows == Math.Floor(rows) => (int)rows,
            _ => throw fields.Unexpected("input_size", expected),
        };
    }

    static IEnumerable<string> Unsupported(JsonFields fields, int side)
    {
        if (fields.Text("interpolation") is { } kind and not "bilinear")
            yield return ImageFields.OtherFilter("interpolation", Printable.Name(kind));
        if (fields.Text("crop_mode") is { } mode and not "center")
            yield return $"crop_mode {Printable.Name(mode)} is not supported: the shorter side is resized and the centre is cut";
        if (
            fields.Numbers("test_input_size", 3, value => value >= 1, "three sizes above 0") is [_, var rows, _]
            && rows.ToString(CultureInfo.InvariantCulture) is var test
            && rows != side
        )
            yield return $"test_input_size {test} is not used: timm measures the network on such images too (preprocessing.crop)";
    }
}

/// <summary>Fields of images that files of several programs have.</summary>
static class ImageFields
{
    /// <summary>Mean of each channel; null where there is none.</summary>
    public static ImmutableArray<float>? Mean(JsonFields fields, string name, int channels) =>
        Values(fields, name, channels, value => Math.Abs(value) <= 1e6, "numbers from −1,000,000 to 1,000,000");

    /// <summary>Deviation of each channel; null where there is none.</summary>
    public static ImmutableArray<float>? Deviation(JsonFields fields, string name, int channels) =>
        Values(fields, name, channels, value => value is >= 1e-6 and <= 1e6, "numbers from 0.000001 to 1,000,000");

    /// <summary>Text that says that images are resized by another filter.</summary>
    public static string OtherFilter(string field, string kind) =>
        $"{field} {kind} is not supported: images are resized by the bilinear filter, which may cost some accuracy";

    static ImmutableArray<float>? Values(JsonFields fields, string name, int channels, Func<double, bool> isAllowed, string expected) =>
        fields.Numbers(name, channels, isAllowed, $"{channels} {expected}, one for each channel of the network")
            is { IsEmpty: false } values
            ? [.. values.Select(value => (float)value)]
            : null;
}

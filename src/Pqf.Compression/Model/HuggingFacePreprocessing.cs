using System.Collections.Immutable;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>How images are prepared, in the words of Hugging Face's image processors: <c>preprocessor_config.json</c>.</summary>
/// <remarks>Source: the documentation of transformers' <c>ImageProcessor</c> classes, and files of networks on the hub.</remarks>
static class HuggingFacePreprocessing
{
    /// <summary>Below this side, processors with <c>crop_pct</c> cut the centre; from it on they stretch the image.</summary>
    const int LeastStretched = 384;

    /// <summary>Pillow's number of the bilinear filter.</summary>
    const int Bilinear = 2;

    static readonly ImmutableArray<string> Filters = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

    // Fields that are understood here, and those that say nothing about the values of images.
    static readonly ImmutableArray<string> Known =
    [
        "crop_pct",
        "crop_size",
        "do_center_crop",
        "do_convert_rgb",
        "do_normalize",
        "do_rescale",
        "do_resize",
        "image_mean",
        "image_std",
        "resample",
        "rescale_factor",
        "size",
        "_processor_class",
        "_valid_processor_keys",
        "auto_map",
        "data_format",
        "default_to_square",
        "device",
        "feature_extractor_type",
        "image_processor_type",
        "input_data_format",
        "processor_class",
        "return_tensors",
    ];

    // Any of these makes a file one of an image processor. Extractors of sound have names of the same kind and do_normalize.
    static readonly ImmutableArray<string> OfImages =
    [
        "crop_pct",
        "crop_size",
        "do_center_crop",
        "do_convert_rgb",
        "do_rescale",
        "do_resize",
        "image_mean",
        "image_processor_type",
        "image_std",
        "resample",
        "rescale_factor",
        "size",
    ];

    /// <summary>Whether a file is that of an image processor: other networks have files of the same name for sound or text.</summary>
    public static bool SpeaksOfImages(JsonFields json) => OfImages.Any(json.Has);

    /// <summary>Understands a file.</summary>
    /// <param name="json">The file.</param>
    /// <param name="channels">Of the network.</param>
    /// <param name="crop">Pixels of the input in place of the file's; null for the file's.</param>
    public static FoundPreprocessing Of(JsonFields json, int channels, int? crop)
    {
        var unsupported = ImmutableArray.CreateBuilder<string>();
        var usual = Preprocessing.Of(channels);
        var (resize, side) = Sides(json, usual, crop, unsupported);
        if (side > resize)
            throw json.Unexpected("crop_size", $"at most the {resize} pixels that images are resized to");
        if (!json.Flag("do_resize", true))
            unsupported.Add($"do_resize false is not supported: images are resized to {resize} pixels");
        if (json.Integer("resample", 0, Filters.Length - 1) is { } filter and not Bilinear)
            unsupported.Add(ImageFields.OtherFilter("resample", $"{filter} ({Filters[filter]})"));
        if (Unknown(json) is not [] and var unknown)
            unsupported.Add($"fields that are not known here and may change the network's answers: {string.Join(", ", unknown)}");
        return new("Hugging Face", Normalised(json, usual with { Resize = resize, Crop = side }, channels), unsupported.ToImmutable());
    }

    static (int Resize, int Crop) Sides(JsonFields json, Preprocessing usual, int? crop, ImmutableArray<string>.Builder unsupported)
    {
        var (size, isShortest) = Size(json, "size") ?? (usual.Crop, true);
        if (json.Number("crop_pct", 0, 1) is { } share)
        {
            size = crop ?? size;
            if (size >= LeastStretched)
                unsupported.Add(Stretched(size));
            return size < LeastStretched ? (Math.Min((int)Math.Floor(size / share), Preprocessing.MaxSide), size) : (size, size);
        }

        bool isCut = json.Flag("do_center_crop", json.Has("crop_size"));
        if (!isShortest)
            unsupported.Add(Stretched(size));
        else if (!isCut)
            unsupported.Add(
                $"do_center_crop false is not supported: the shorter side is resized to {size} pixels and a square is cut from the centre"
            );
        return (size, isCut ? (Size(json, "crop_size") ?? (size, true)).Side : size);
    }

    static string Stretched(int size) =>
        $"images are not stretched to {size} × {size} pixels: the shorter side is resized and a square is cut from the centre";

    /// <summary>A size of a square or of the shorter side; null where there is none.</summary>
    static (int Side, bool IsShortest)? Size(JsonFields json, string name)
    {
        if (!json.IsObject(name))
            return json.Integer(name, 1, Preprocessing.MaxSide) is { } side ? (side, true) : null;
        var fields = json.Child(name)!;
        if (fields.Integer("shortest_edge", 1, Preprocessing.MaxSide) is { } shortest)
            return (shortest, true);
        return (Integer("height"), Integer("width")) is var (height, width) && height == width
            ? (height, false)
            : throw json.Unexpected(name, "shortest_edge, or equal height and width");

        int Integer(string part) =>
            fields.Integer(part, 1, Preprocessing.MaxSide) ?? throw json.Unexpected(name, "shortest_edge, or equal height and width");
    }

    /// <summary>Mean and deviation of pixels from 0 to 1, whatever the file scales them to.</summary>
    static Preprocessing Normalised(JsonFields json, Preprocessing preprocessing, int channels)
    {
        // Wider than any image processor scales bytes; means and deviations stay numbers that images can have.
        const double Least = 1e-5,
            Most = 1e3;
        double factor = json.Flag("do_rescale", true) ? json.Number("rescale_factor", Least, Most) ?? 1.0 / byte.MaxValue : 1;
        var (mean, deviation) = json.Flag("do_normalize", true)
            ? (
                ImageFields.Mean(json, "image_mean", channels) ?? preprocessing.Mean,
                ImageFields.Deviation(json, "image_std", channels) ?? preprocessing.Deviation
            )
            : ([.. Enumerable.Repeat(0f, channels)], [.. Enumerable.Repeat(1f, channels)]);
        // (p · f − m) / s of bytes p is (p / 255 − m / (255 f)) / (s / (255 f)). The usual factor is 1 / 255 to the digits that files have.
        double scale = byte.MaxValue * factor;
        return Math.Abs(scale - 1) < 1e-6
            ? preprocessing with
            {
                Mean = mean,
                Deviation = deviation,
            }
            : preprocessing with
            {
                Mean = [.. mean.Select(value => (float)(value / scale))],
                Deviation = [.. deviation.Select(value => (float)(value / scale))],
            };
    }

    /// <summary>Fields that are set and not known: the first few.</summary>
    static string[] Unknown(JsonFields json)
    {
        const int MostShown = 8;
        string[] unknown = [.. json.Names.Where(name => !Known.Contains(name) && json.IsOn(name)).Order(StringComparer.Ordinal)];
        return [.. unknown.Take(MostShown).Select(Printable.Name), .. unknown.Length > MostShown ? (string[])["…"] : []];
    }
}

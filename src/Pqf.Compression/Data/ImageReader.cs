using System.Collections.Immutable;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Decodes an image file and writes a network's input.</summary>
/// <param name="path">The file.</param>
/// <param name="preprocessing">What the network was trained with.</param>
/// <param name="input">[crop, crop, channels], filled.</param>
/// <param name="variation">For training; null for the centre as it is.</param>
/// <returns>An error that names the file if it cannot be decoded.</returns>
public delegate Result<Unit, PqfError> PrepareFile(string path, Preprocessing preprocessing, Memory<float> input, Variation? variation);

/// <summary>Decodes image files. The libraries decode none themselves: a program passes its decoder in.</summary>
/// <param name="Decode">The image of a path, grey or colour, or an error that names the path. Called on several threads at once.</param>
public sealed record ImageReader(Func<string, Result<PixelImage, PqfError>> Decode)
{
    /// <summary>Endings of the names of files that any decoder reads.</summary>
    public static ImmutableArray<string> CommonExtensions { get; } = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];

    /// <summary>Endings of the names of files that this decoder reads, in lower case.</summary>
    public ImmutableArray<string> Extensions { get; init; } = CommonExtensions;

    /// <summary>What the decoder does with orientation tags, for messages about sizes.</summary>
    public ExifOrientation Exif { get; init; } = ExifOrientation.Apply;

    /// <summary>Whether a file's name is that of an image.</summary>
    public bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Decodes and prepares at once. By default the whole image is decoded first; a decoder that works row by row needs less
    /// memory. Called on several threads at once.</summary>
    public PrepareFile Prepare { get; init; } =
        (path, preprocessing, input, variation) =>
            Decode(path)
                .Map(image =>
                {
                    Preprocess.ToInput(image, preprocessing, input.Span, variation);
                    return default(Unit);
                });
}

using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Nets.Images;

namespace Pqf.Bench;

/// <summary>A photograph as a network sees it.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Values">[H, W, 3], prepared as torchvision's networks want it.</param>
sealed record PreparedPhotograph(string Path, float[] Values);

/// <summary>Photographs of many classes.</summary>
static class PhotographSet
{
    /// <summary>Pixels of a side once prepared.</summary>
    public const int Side = 224;

    /// <summary>A folder of photographs beside the checkout.</summary>
    public const string Shared = "../shared/data/imagenet-ccby/val";

    /// <summary>Some photographs, taken evenly from all under a folder.</summary>
    public static PreparedPhotograph[] Take(string folder, int count)
    {
        var paths = ImageFolder.FindImages(folder, ImageDecoder.Reader).Value();
        return [.. Enumerable.Range(0, count).Select(i => Prepare(paths[(int)((i + 0.5) * paths.Length / count)]))];
    }

    static PreparedPhotograph Prepare(string path)
    {
        var preprocessing = new Preprocessing();
        float[] values = new float[Preprocess.InputCount(preprocessing)];
        _ = ImageDecoder.ToInput(path, preprocessing, values).Value();
        return new(path, values);
    }
}

using Pqf.Images;
using Pqf.Nets.Images;

namespace Pqf.Cli.Images;

/// <summary>Notes on the images of a data set: a line for the first of each kind as soon as it comes, and one that counts the others in the
/// end.</summary>
/// <param name="exif">What becomes of orientation tags.</param>
/// <param name="note">Receives lines.</param>
sealed class DataSetNotes(ExifOrientation exif, Action<string> note) : IDisposable
{
    const string Key = "preprocessing.exif";

    // Images come once an epoch, on any thread.
    readonly HashSet<string> turned = new(StringComparer.Ordinal),
        guessed = new(StringComparer.Ordinal);

    /// <summary>Where the decoder reports to.</summary>
    public ImageNotes Notes =>
        new()
        {
            Turned = (path, orientation) =>
                Add(
                    turned,
                    path,
                    exif == ExifOrientation.Apply
                        ? $"is turned as its EXIF orientation {(int)orientation} says; {Key}: ignore takes images as they are stored"
                        : $"has EXIF orientation {(int)orientation}, which is not applied ({Key}: ignore)"
                ),
            Guessed = (path, guess) => Add(guessed, path, guess),
        };

    /// <summary>Counts the images that were not named.</summary>
    public void Dispose()
    {
        if (turned.Count > 1)
            note(
                exif == ExifOrientation.Apply
                    ? $"{turned.Count} images are turned as their EXIF orientation says"
                    : $"{turned.Count} images have an EXIF orientation that is not applied ({Key}: ignore)"
            );
        if (guessed.Count > 1)
            note($"{guessed.Count} images have samples of 16 bits that are stretched");
    }

    void Add(HashSet<string> paths, string path, string text)
    {
        lock (paths)
            if (paths.Add(path) && paths.Count == 1)
                note($"{path}: {text}");
    }
}

using System.Collections.Immutable;

namespace Pqf.Compression.Data;

/// <summary>A part of a data set: what is trained on, or what is measured on.</summary>
/// <param name="Name">In keys and messages: <c>train</c>.</param>
/// <param name="Own">As COCO calls it: <c>train2017</c>.</param>
/// <param name="Words">What files and folders of the part are called, in lower case.</param>
sealed record CocoSplit(string Name, string Own, ImmutableArray<string> Words)
{
    // Not read; a file of it is not one without a part.
    static readonly CocoSplit Test = new("test", "test2017", ["test", "testing", "testset"]);

    /// <summary>What is trained on.</summary>
    public static CocoSplit Training { get; } = new("train", "train2017", ["train", "training", "trainset"]);

    /// <summary>What is measured on.</summary>
    public static CocoSplit Validation { get; } = new("val", "val2017", ["val", "valid", "validation", "valset", "validset"]);

    /// <summary>Key of the file of annotations.</summary>
    public string AnnotationsKey => $"dataloader.{Name}_annotations";

    /// <summary>Key of the folder of images.</summary>
    public string ImagesKey => $"dataloader.{Name}_images";

    /// <summary>The part that a file or folder belongs to by its name; null if the name has no such word, or those of several
    /// parts.</summary>
    /// <param name="name">Without its folder: <c>instances_Train.json</c>, <c>valid</c>.</param>
    public static CocoSplit? Of(string name)
    {
        string[] words = new string([.. name.Select(letter => char.IsLetter(letter) ? char.ToLowerInvariant(letter) : ' ')]).Split(' ');
        CocoSplit[] found = [.. new[] { Training, Validation, Test }.Where(split => split.Words.Any(word => words.Contains(word)))];
        return found.Length == 1 ? found[0] : null;
    }
}

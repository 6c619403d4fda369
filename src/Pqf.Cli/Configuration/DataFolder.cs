using Pqf.Nets.Architectures;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Configuration;

/// <summary>Which key of the configuration a folder of data belongs to, by what it holds.</summary>
static class DataFolder
{
    const string Annotations = "annotations",
        Idx = "dataloader.idx_path",
        Coco = "dataloader.coco_path",
        Classes = "dataloader.imagenet_path";

    /// <summary>Sets the key that the folder belongs to, and unsets the others, which a file of settings may hold.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="task">What its images are for; null where the folder says it.</param>
    public static IEnumerable<ConfigOverride> Overrides(string folder, NetworkTask? task)
    {
        string key = KeyOf(folder, task);
        return new[] { Idx, Coco, Classes }.Select(one => new ConfigOverride(Arguments.PathOf(one), one == key ? folder : "null"));
    }

    /// <summary>The key: of IDX files, of annotated images, or of folders of classes.</summary>
    /// <param name="folder">The folder; one that is not there counts as folders of classes, and is an error when it is opened.</param>
    /// <param name="task">What its images are for; null where the folder says it.</param>
    public static string KeyOf(string folder, NetworkTask? task) =>
        task is NetworkTask.Detection ? Coco
        : Has(folder, "*-images-idx3-ubyte*") ? Idx
        : task is null && HasAnnotations(folder) ? Coco
        : Classes;

    static bool HasAnnotations(string folder) =>
        Has(folder, "*.json")
        || Has(Path.Combine(folder, Annotations), "*.json")
        || Folders(folder).Any(part => Has(part, "*.json") || Has(Path.Combine(part, Annotations), "*.json"));

    static string[] Folders(string folder) => List(folder, () => Directory.EnumerateDirectories(folder).Take(MostFolders));

    static bool Has(string folder, string pattern) => List(folder, () => Directory.EnumerateFiles(folder, pattern).Take(1)).Length > 0;

    // ImageNet has 1,000 folders of classes; parts of a data set are a few.
    const int MostFolders = 16;

    static string[] List(string folder, Func<IEnumerable<string>> find)
    {
        try
        {
            return Directory.Exists(folder) ? [.. find()] : [];
        }
        catch (Exception problem) when (IoProblem.IsFileSystem(problem))
        {
            return []; // whoever opens the folder reports it
        }
    }
}

using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Walks through folders of images.</summary>
static class FolderWalk
{
    /// <summary>A folder and all folders below it, hidden ones left out. Each is visited once: symbolic links may lead back to a folder
    /// above.</summary>
    /// <param name="path">The folder.</param>
    public static IEnumerable<string> Folders(string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([path]);
        while (open.TryPop(out string? folder))
        {
            if (!seen.Add(Target(folder)))
                continue;
            yield return folder;
            foreach (string below in Directory.EnumerateDirectories(folder).Where(IsVisible).OrderDescending(StringComparer.Ordinal))
                open.Push(below);
        }
    }

    /// <summary>Checks that a folder is there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="content">What it is expected to hold, for messages.</param>
    public static Result<Unit, PqfError> Check(string path, string content) =>
        Directory.Exists(path) ? default(Unit)
        : File.Exists(path) ? new PqfError.File(path, $"is a file; expected a folder of {content}")
        : new PqfError.File(path, "folder not found");

    /// <summary>Whether a file or folder is shown to people: its name does not begin with a dot.</summary>
    public static bool IsVisible(string path) => !Path.GetFileName(path).StartsWith('.');

    /// <summary>The folder behind symbolic links on the way to it.</summary>
    static string Target(string folder)
    {
        string full = Path.GetFullPath(folder);
        for (string? part = full; part is not null; part = Path.GetDirectoryName(part))
            if (new DirectoryInfo(part) is { LinkTarget: not null } link && link.ResolveLinkTarget(true) is { } target)
                return Target(Path.Combine(target.FullName, Path.GetRelativePath(part, full)));
        return full;
    }
}

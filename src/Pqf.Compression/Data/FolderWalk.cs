using Pqf.Tensors;
using Pqf.Tensors.Formats;

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
            if (!seen.Add(RealPath.Of(folder)))
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
}

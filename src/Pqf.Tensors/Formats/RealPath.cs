namespace Pqf.Tensors.Formats;

/// <summary>Where a path leads: two texts may name one file or folder.</summary>
public static class RealPath
{
    // Linux follows as many; links that lead into themselves have no end.
    const int MostLinks = 40;

    /// <summary>How this system compares names of files.</summary>
    public static StringComparer Comparer { get; } =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>The full path behind all symbolic links on the way, without a separator at its end.</summary>
    /// <param name="path">Of a file or folder, which may be missing.</param>
    public static string Of(string path) => Of(path, MostLinks);

    static string Of(string path, int linksLeft)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            for (string? part = linksLeft > 0 ? full : null; part is not null; part = Path.GetDirectoryName(part))
                if (new FileInfo(part) is { LinkTarget: not null } link && link.ResolveLinkTarget(true) is { } target)
                    return Of(
                        part == full ? target.FullName : Path.Combine(target.FullName, Path.GetRelativePath(part, full)),
                        linksLeft - 1
                    );
        }
        catch (Exception problem) when (IoProblem.IsFileSystem(problem))
        {
            // Links that lead in a circle lead nowhere: opening the path reports it.
        }

        return full;
    }

    /// <summary>Whether two paths lead to one file or folder.</summary>
    /// <param name="first">A path.</param>
    /// <param name="second">Another one.</param>
    public static bool AreSame(string first, string second) => Comparer.Equals(Of(first), Of(second));

    /// <summary>Whether a path leads to a folder or to anything below it.</summary>
    /// <param name="path">A path.</param>
    /// <param name="folder">The folder.</param>
    public static bool IsWithin(string path, string folder)
    {
        string root = Of(folder);
        for (string? part = Of(path); part is not null; part = Path.GetDirectoryName(part))
            if (Comparer.Equals(part, root))
                return true;
        return false;
    }
}

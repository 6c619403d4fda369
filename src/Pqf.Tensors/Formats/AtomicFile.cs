using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pqf.Tensors.Formats;

/// <summary>Writes files whole or not at all: beside the target first, then renamed over it.</summary>
public static partial class AtomicFile
{
    const string PartialSuffix = ".partial";

    /// <summary>Writes a file.</summary>
    /// <param name="path">The target; an existing file is replaced, a symbolic link followed.</param>
    /// <param name="write">Writes the contents. Whatever it throws, no partial file is left; its file-system errors are returned, all else
    /// passes on.</param>
    /// <returns>An error that names path and reason if the file system refuses.</returns>
    public static Result<Unit, PqfError> Write(string path, Action<Stream> write)
    {
        return IoProblem.Try(
            path,
            () =>
            {
                WriteAndRename(Target(path), write);
                return default(Unit);
            },
            "cannot be written"
        );
    }

    /// <summary>Writes a text file: UTF-8 without a mark, lines ending in a line feed.</summary>
    /// <param name="path">As for <see cref="Write"/>.</param>
    /// <param name="write">As for <see cref="Write"/>.</param>
    public static Result<Unit, PqfError> WriteText(string path, Action<TextWriter> write) =>
        Write(
            path,
            stream =>
            {
                using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
                write(writer);
            }
        );

    /// <summary>Whether a path is one that a file can be written to, so that hours of work do not end at a folder of its name.</summary>
    /// <param name="path">As for <see cref="Write"/>.</param>
    /// <returns>The error that <see cref="Write"/> would return.</returns>
    public static Result<Unit, PqfError> CheckTarget(string path) =>
        IoProblem.Try(
            path,
            () =>
            {
                _ = Target(path);
                return default(Unit);
            },
            "cannot be written"
        );

    static string Target(string path)
    {
        var link = new FileInfo(path);
        string target = link.LinkTarget is null ? link.FullName : link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        if (Directory.Exists(target))
            throw new IOException("is a folder");
        // Renaming over a device would replace the device itself. Files in memory lie below the devices too.
        if (
            target.StartsWith("/dev/", StringComparison.Ordinal)
            && !target.StartsWith("/dev/shm/", StringComparison.Ordinal)
            && File.Exists(target)
        )
            throw new IOException("is a device");
        return target;
    }

    /// <summary>Deletes what runs that were ended by force left half written in a folder.</summary>
    /// <param name="folder">No other run writes to it.</param>
    /// <exception cref="IOException">The file system refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static void DeletePartials(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*" + PartialSuffix).Where(file => PartialName.IsMatch(file)))
            File.Delete(file);
    }

    [GeneratedRegex(@"\.[0-9a-f]{16}\.partial$", RegexOptions.CultureInvariant)]
    private static partial Regex PartialName { get; }

    static void WriteAndRename(string target, Action<Stream> write)
    {
        // A name that no other run has, and nobody can guess and lay a link under.
        string partial = $"{target}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}{PartialSuffix}";
        bool created = false;
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                created = true;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, target, overwrite: true);
            created = false;
        }
        finally
        {
            if (created)
                File.Delete(partial);
        }
    }
}

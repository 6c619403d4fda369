using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Pqf.Tensors.Formats;

/// <summary>Opens files that a person named: those that end. Devices and pipes may never, and opening a pipe may wait for ever.</summary>
public static partial class InputFile
{
    // Larger than any text that a person writes or a tool writes for people.
    const int MostTextBytes = 64 << 20;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">A file, or a symbolic link to one.</param>
    /// <param name="bufferSize">As for a <see cref="FileStream"/>.</param>
    /// <exception cref="IOException">It is missing, cannot be read, or is a folder, a device or a pipe.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream Open(string path, int bufferSize = 1 << 12)
    {
        if (path.Length == 0)
            throw new FileNotFoundException();
        if (Directory.Exists(path))
            throw new IOException("is a folder; expected a file");
        if (IsPipe(path))
            throw NoFile();
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);
        if (stream.CanSeek)
            return stream;
        stream.Dispose();
        throw NoFile();
    }

    /// <summary>Reads a file of text, or what another program writes to a pipe: 64 MiB at most.</summary>
    /// <param name="path">A file, or a pipe that is open already: <c>/dev/stdin</c>, <c>/dev/fd/63</c>.</param>
    /// <exception cref="IOException">As for <see cref="Open"/>; also where it is larger.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadText(string path)
    {
        using var stream = IsOpenAlready(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) : Open(path);
        // A device says that it has no bytes, and is taken at its word.
        long most = stream.CanSeek ? stream.Length : MostTextBytes + 1L;
        if (stream.CanSeek && most > MostTextBytes)
            throw TooLarge();
        using var text = new MemoryStream();
        byte[] part = new byte[1 << 16];
        while (text.Length < most && stream.Read(part, 0, (int)Math.Min(part.Length, most - text.Length)) is > 0 and var read)
            text.Write(part, 0, read);
        return text.Length > MostTextBytes ? throw TooLarge() : text.ToArray();
    }

    static bool IsOpenAlready(string path) =>
        path is "/dev/stdin"
        || path.StartsWith("/dev/fd/", StringComparison.Ordinal)
        || (path.StartsWith("/proc/", StringComparison.Ordinal) && path.Contains("/fd/", StringComparison.Ordinal));

    /// <summary>Whether opening might wait for another program.</summary>
    static bool IsPipe(string path)
    {
        if (!(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()))
            return false;
        var (nonBlocking, closeOnExec) = OperatingSystem.IsLinux() ? (0x800, 0x80000) : (0x4, 0x1000000);
        int descriptor = OpenDescriptor(path, nonBlocking | closeOnExec);
        if (descriptor < 0)
            return false; // the open that follows says why
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        return !stream.CanSeek;
    }

    // Flags as in fcntl.h; reading is 0.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    static IOException NoFile() => new("is a pipe or a device; expected a file");

    static IOException TooLarge() => new($"is larger than {MostTextBytes >> 20} MiB; expected a text");
}

using System.IO.MemoryMappedFiles;

namespace Pqf.Tensors.Formats;

/// <summary>A file's bytes, mapped read-only: pages are loaded when touched and belong to the system's cache.</summary>
/// <remarks>Every access is checked against the length. A file must not be shortened by others while it is open.</remarks>
sealed unsafe class MappedFile : IDisposable
{
    readonly MemoryMappedFile? map;
    readonly MemoryMappedViewAccessor? view;
    byte* start;

    /// <summary>Maps a file.</summary>
    /// <exception cref="IOException">It is missing, a folder or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public MappedFile(string path)
    {
        if (Directory.Exists(path))
            throw new IOException("is a folder");
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Length = stream.Length;
        if (Length == 0) // an empty file cannot be mapped
        {
            stream.Dispose();
            return;
        }

        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        view = map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>The bytes of one range; valid until the file is disposed.</summary>
    /// <exception cref="InvalidDataException">The range is not within the file.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ReadOnlySpan<byte> Slice(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > int.MaxValue || offset > Length - length)
            throw new InvalidDataException($"expected {length} bytes at offset {offset}, but the file has {Length}");
        if (length == 0)
            return [];
        ObjectDisposedException.ThrowIf(start == null, this);
        return new(start + offset, (int)length);
    }

    /// <summary>Everything from an offset on, at most 2 GiB of it.</summary>
    public ReadOnlySpan<byte> From(long offset) => Slice(offset, Math.Min(Length - offset, int.MaxValue));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (start != null)
            view!.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        map?.Dispose();
    }
}

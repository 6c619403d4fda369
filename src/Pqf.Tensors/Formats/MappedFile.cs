using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Formats;

/// <summary>A file's bytes, read-only: a small file's are read at once, a large one is mapped, and its pages are loaded when
/// touched.</summary>
/// <remarks>Every access is checked against the length. One that others shorten meanwhile gives an error where it was shortened before the
/// access; the system ends the process where that happens within the access, which no check can prevent.</remarks>
sealed unsafe class MappedFile : IDisposable
{
    // Files beyond this are mapped: the system's cache holds them once for all processes.
    const int MostReadBytes = 64 << 20;

    // Bytes copied at a time: what is mapped and copied already need not stay in memory beside the copy.
    const int PartBytes = 16 << 20;

    readonly SafeFileHandle? handle;
    readonly MemoryMappedFile? map;
    readonly MemoryMappedViewAccessor? view;
    byte* start;

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">As <see cref="InputFile.Open"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public MappedFile(string path)
        : this(path, MostReadBytes) { }

    /// <summary>Opens a file, and maps it if it has more bytes than a number.</summary>
    internal MappedFile(string path, int mostReadBytes)
    {
        var stream = InputFile.Open(path, bufferSize: 0);
        Length = stream.Length;
        if (Length <= mostReadBytes)
        {
            using (stream)
                start = Read(stream);
            return;
        }

        handle = stream.SafeFileHandle;
        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        view = map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>The bytes of one range; valid until the file is disposed.</summary>
    /// <exception cref="InvalidDataException">The range is not within the file, or the file was shortened.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ReadOnlySpan<byte> Slice(long offset, long length)
    {
        if (offset < 0 || length < 0 || length > int.MaxValue || offset > Length - length)
            throw new InvalidDataException($"expected {length} bytes at offset {offset}, but the file has {Length}");
        if (length == 0)
            return [];
        ObjectDisposedException.ThrowIf(start == null, this);
        if (handle is not null && RandomAccess.GetLength(handle) is var now && now < offset + length)
            throw Shortened(now);
        return new(start + offset, (int)length);
    }

    /// <summary>Everything from an offset on, at most 2 GiB of it.</summary>
    public ReadOnlySpan<byte> From(long offset) => Slice(offset, Math.Min(Length - offset, int.MaxValue));

    /// <summary>Copies bytes of one range. Their pages do not stay in memory.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">As many bytes as are wanted.</param>
    /// <exception cref="InvalidDataException">As <see cref="Slice"/>.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void Copy(long offset, Span<byte> destination)
    {
        for (int done = 0; done < destination.Length; )
        {
            int count = Math.Min(PartBytes, destination.Length - done);
            var part = Slice(offset + done, count);
            part.CopyTo(destination.Slice(done, count));
            Forget(part);
            done += count;
        }
    }

    /// <summary>Copies bytes that may be a part of this file, as <see cref="Copy(long, Span{byte})"/> does, or of memory of their
    /// own.</summary>
    public void Copy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* first = source)
            if (start != null && first >= start && first < start + Length)
            {
                Copy(first - start, destination[..source.Length]);
                return;
            }

        source.CopyTo(destination);
    }

    /// <summary>Tells the system that the pages of a part of the map are not needed soon. They are read again if they are.</summary>
    void Forget(ReadOnlySpan<byte> part)
    {
        if (view is null || !OperatingSystem.IsLinux())
            return;
        fixed (byte* first = part)
        {
            nint page = Environment.SystemPageSize,
                from = ((nint)first + page - 1) / page * page,
                to = (nint)(first + part.Length) / page * page;
            if (to > from)
                MemoryAdvice.Forget(from, to - from);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (start != null && view is null)
            NativeMemory.Free(start);
        else if (start != null)
            view!.SafeMemoryMappedViewHandle.ReleasePointer();
        start = null;
        view?.Dispose();
        map?.Dispose();
    }

    byte* Read(FileStream stream)
    {
        byte* bytes = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, Length));
        try
        {
            int read = stream.ReadAtLeast(new Span<byte>(bytes, (int)Length), (int)Length, throwOnEndOfStream: false);
            if (read < Length)
                throw Shortened(read);
            return bytes;
        }
        catch
        {
            NativeMemory.Free(bytes);
            throw;
        }
    }

    InvalidDataException Shortened(long now) => new($"was shortened from {Length} to {now} bytes while it was read");
}

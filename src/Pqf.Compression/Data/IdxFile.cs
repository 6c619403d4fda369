using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>An array of bytes in the IDX format of MNIST and its successors.</summary>
/// <param name="Lengths">Of its axes.</param>
/// <param name="Values">Row-major.</param>
/// <remarks>Two zero bytes, the type of the elements, the number of axes, the axes' lengths as 32 bits each, highest byte first, then the
/// elements. Source: the MNIST database's page.</remarks>
public sealed record IdxFile(ImmutableArray<int> Lengths, byte[] Values)
{
    const byte UnsignedByte = 0x08;

    // Of the largest set in use, EMNIST's, there are 814,255 images of 784 pixels.
    const long MaxCount = 1L << 30;

    // Images pack to a quarter or more; labels in order pack to next to nothing, but are few.
    const long MostUnpacked = 64 << 20,
        MostPacked = 50;

    /// <summary>Reads a file, plain or compressed by gzip.</summary>
    /// <param name="path">The file.</param>
    /// <param name="axisCount">Axes expected.</param>
    public static Result<IdxFile, PqfError> Read(string path, int axisCount)
    {
        try
        {
            using var stream = InputFile.Open(path);
            return Read(stream, path, axisCount);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(path, exception);
        }
    }

    /// <summary>Reads a stream that can seek, plain or compressed by gzip.</summary>
    /// <param name="stream">At its beginning.</param>
    /// <param name="name">For messages.</param>
    /// <param name="axisCount">Axes expected.</param>
    public static Result<IdxFile, PqfError> Read(Stream stream, string name, int axisCount)
    {
        bool isCompressed = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B; // gzip's magic number (RFC 1952)
        stream.Position = 0;
        try
        {
            using var plain = isCompressed ? new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true) : stream;
            return ReadPlain(plain, name, axisCount, isCompressed ? Math.Max(MostUnpacked, stream.Length * MostPacked) : stream.Length);
        }
        catch (EndOfStreamException)
        {
            return new PqfError.File(name, "is truncated");
        }
        catch (InvalidDataException exception)
        {
            return new PqfError.File(name, $"is damaged: {exception.Message}");
        }
    }

    /// <summary>Reads the array.</summary>
    /// <param name="stream">Unpacked.</param>
    /// <param name="name">For messages.</param>
    /// <param name="axisCount">Axes expected.</param>
    /// <param name="most">Bytes that a file of this size may hold.</param>
    static Result<IdxFile, PqfError> ReadPlain(Stream stream, string name, int axisCount, long most)
    {
        byte[] header = new byte[4 + (4 * axisCount)];
        stream.ReadExactly(header);
        if (header is not [0, 0, UnsignedByte, var axes, ..] || axes != axisCount)
            return new PqfError.File(
                name,
                $"expected an IDX file of bytes with {axisCount} axes, got one that begins with {Convert.ToHexString(header.AsSpan(0, 4))}"
            );
        ImmutableArray<int> lengths =
        [
            .. Enumerable.Range(0, axisCount).Select(axis => BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 + (4 * axis)))),
        ];
        double count = lengths.Aggregate(1.0, (product, length) => product * length);
        if (lengths.Any(length => length < 0) || count > MaxCount)
            return new PqfError.File(name, $"claims [{string.Join(", ", lengths)}] bytes; at most {MaxCount} are read");
        if (count > most)
            return new PqfError.File(name, $"claims [{string.Join(", ", lengths)}] bytes, {count}, more than a file of its size can hold");
        byte[] values = new byte[(int)count];
        int read = stream.ReadAtLeast(values, values.Length, throwOnEndOfStream: false);
        return read == count && stream.ReadByte() < 0
            ? new IdxFile(lengths, values)
            : new PqfError.File(
                name,
                $"claims [{string.Join(", ", lengths)}] bytes, {count}, but holds {(read == count ? "more" : $"{read}")}"
            );
    }
}

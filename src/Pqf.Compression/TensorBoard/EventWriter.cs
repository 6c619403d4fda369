using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.TensorBoard;

/// <summary>Writes what TensorBoard shows: a file of records, each an event with a time and a step.</summary>
/// <remarks>
/// A record is the length of its data (8 bytes), the masked CRC-32C of those 8 bytes, the data, and their masked CRC-32C. Every call writes
/// whole records and hands them to the operating
/// system, so that a run can be watched and one that was killed leaves all but its last record.
/// </remarks>
public sealed class EventWriter : IDisposable
{
    const string Failure = "cannot be written";

    const int ChecksumSize = sizeof(uint),
        HeaderSize = sizeof(ulong) + ChecksumSize;

    readonly FileStream stream;
    readonly TimeProvider clock;

    EventWriter(FileStream stream, TimeProvider clock) => (this.stream, this.clock) = (stream, clock);

    /// <summary>The file.</summary>
    public string Path => stream.Name;

    /// <summary>Starts a file <c>events.out.tfevents.SECONDS.HOST</c>.</summary>
    /// <param name="folder">Made if need be. A resumed run writes one more file beside the earlier ones: TensorBoard joins
    /// them.</param>
    /// <param name="host">Name of this machine.</param>
    /// <param name="clock">Times of events, and the file's name.</param>
    /// <param name="firstStep">Where a run goes on: what earlier files hold of this step and later ones is void. Null for a new
    /// run.</param>
    /// <returns>An error that names the file if the file system refuses.</returns>
    public static Result<EventWriter, PqfError> Create(string folder, string host, TimeProvider clock, long? firstStep = null)
    {
        string path = folder;
        try
        {
            Directory.CreateDirectory(folder);
            path = FreePath(folder, host, clock);
            var writer = new EventWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read), clock);
            return writer
                .Append(EventMessages.Version(writer.Now))
                .Bind<Unit>(_ => firstStep is { } step ? writer.Append(EventMessages.Restart(writer.Now, step)) : default(Unit))
                .Map(_ => writer);
        }
        catch (Exception exception) when (IoProblem.IsExpected(exception))
        {
            return IoProblem.Error(path, exception, Failure);
        }
    }

    /// <summary>Writes numbers of one step.</summary>
    /// <param name="step">Counts batches or epochs; never falls within a file.</param>
    /// <param name="scalars">At least one.</param>
    public Result<Unit, PqfError> Scalars(long step, params ImmutableArray<Scalar> scalars) =>
        Append(EventMessages.Scalars(Now, step, scalars));

    /// <summary>Writes a text.</summary>
    /// <param name="step">As for <see cref="Scalars"/>.</param>
    /// <param name="tag">Such as <c>config</c>.</param>
    /// <param name="markdown">In Markdown; what shall stay as it is needs a fence around it.</param>
    public Result<Unit, PqfError> Text(long step, string tag, string markdown) => Append(EventMessages.Text(Now, step, tag, markdown));

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    double Now => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    // Two runs of one second must not share a file.
    static string FreePath(string folder, string host, TimeProvider clock)
    {
        long seconds = clock.GetUtcNow().ToUnixTimeSeconds();
        string At(long time) =>
            System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{time:D10}.{host}"));
        while (File.Exists(At(seconds)))
            seconds++;
        return At(seconds);
    }

    Result<Unit, PqfError> Append(byte[] data)
    {
        byte[] record = new byte[HeaderSize + data.Length + ChecksumSize];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), Crc32C.Masked(record.AsSpan(0, sizeof(ulong))));
        data.CopyTo(record, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(HeaderSize + data.Length), Crc32C.Masked(data));
        return IoProblem.Try(
            Path,
            () =>
            {
                stream.Write(record);
                stream.Flush();
                return default(Unit);
            },
            Failure
        );
    }
}

namespace Pqf.Tensors.Formats;

/// <summary>Counts the bytes that are written to it and keeps none.</summary>
public sealed class CountingStream : Stream
{
    long count;

    /// <summary>Bytes that something writes.</summary>
    public static long Count(Action<Stream> write)
    {
        using var stream = new CountingStream();
        write(stream);
        return stream.count;
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => count;

    /// <inheritdoc/>
    public override long Position
    {
        get => count;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => this.count += count;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => count += buffer.Length;

    /// <inheritdoc/>
    public override void WriteByte(byte value) => count++;
}

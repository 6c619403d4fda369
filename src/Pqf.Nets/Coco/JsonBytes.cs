using System.Text;

namespace Pqf.Nets.Coco;

/// <summary>The bytes of a JSON file as a strict UTF-8 reader takes them.</summary>
/// <remarks>
/// Windows PowerShell writes UTF-16; Python's json.dumps and pandas write <c>NaN</c> and <c>Infinity</c>, which JSON does not have. Outside
/// of
/// texts <c>NaN</c> becomes <c>null</c> and <c>Infinity</c> becomes 1e999, which reads as a number that is not finite, so that the reader
/// of a
/// key decides whether it does harm.
/// </remarks>
sealed class JsonBytes : ReadOnlyStream
{
    const int BufferBytes = 1 << 16;

    static ReadOnlySpan<byte> NaN => "NaN"u8;

    static ReadOnlySpan<byte> Infinity => "Infinity"u8;

    readonly Stream source;
    readonly byte[] input = new byte[BufferBytes];
    readonly Queue<byte> waiting = new();
    int start,
        end;
    bool isInText,
        isEscaped,
        isAtEnd;

    JsonBytes(Stream source) => this.source = source;

    /// <summary>Bytes of a file in UTF-8 or UTF-16, with a byte order mark or without.</summary>
    public static JsonBytes Of(Stream file)
    {
        byte[] head = new byte[4];
        int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        Stream whole = new Prefixed(head.AsMemory(0, count), file);
        return new(
            Utf16(head.AsSpan(0, count)) is { } encoding
                ? Encoding.CreateTranscodingStream(whole, encoding, new UTF8Encoding(false))
                : whole
        );
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length)
        {
            if (waiting.TryDequeue(out byte next))
            {
                buffer[written++] = next;
                continue;
            }

            if (end - start < Infinity.Length && !isAtEnd)
                Fill();
            if (start == end)
                break;
            written += Move(buffer[written..]);
        }

        return written;
    }

    // JSON begins with an ASCII character, so that one of its first two bytes is zero in UTF-16.
    static Encoding? Utf16(ReadOnlySpan<byte> head) =>
        head switch
        {
            [0xFF, 0xFE, ..] or [not 0, 0, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] or [0, not 0, ..] => Encoding.BigEndianUnicode,
            _ => null,
        };

    void Fill()
    {
        input.AsSpan(start, end - start).CopyTo(input);
        (start, end) = (0, end - start);
        int count = source.ReadAtLeast(input.AsSpan(end), Infinity.Length, throwOnEndOfStream: false);
        isAtEnd = count < Infinity.Length;
        end += count;
    }

    /// <summary>Copies up to the next byte that may matter, and replaces a word if one begins there.</summary>
    int Move(Span<byte> buffer)
    {
        var from = input.AsSpan(start, end - start);
        if (isEscaped)
        {
            isEscaped = false;
            return Copy(from, buffer, 1);
        }

        int stop = isInText ? from.IndexOfAny((byte)'"', (byte)'\\') : from.IndexOfAny((byte)'"', (byte)'N', (byte)'I');
        if (stop != 0)
            return Copy(from, buffer, stop < 0 ? from.Length : stop);
        if (isInText)
            (isInText, isEscaped) = (from[0] == '\\', from[0] == '\\');
        else if (from[0] == '"')
            isInText = true;
        else if (Replace(from, NaN, "null"u8) || Replace(from, Infinity, "1e999"u8))
            return 0;
        return Copy(from, buffer, 1);
    }

    int Copy(Span<byte> from, Span<byte> to, int count)
    {
        count = Math.Min(count, to.Length);
        from[..count].CopyTo(to);
        start += count;
        return count;
    }

    bool Replace(ReadOnlySpan<byte> from, ReadOnlySpan<byte> word, ReadOnlySpan<byte> by)
    {
        if (!from.StartsWith(word))
            return false;
        foreach (byte value in by)
            waiting.Enqueue(value);
        start += word.Length;
        return true;
    }

    /// <summary>A stream whose first bytes have been read already.</summary>
    sealed class Prefixed(ReadOnlyMemory<byte> head, Stream rest) : ReadOnlyStream
    {
        int taken;

        public override int Read(Span<byte> buffer)
        {
            if (taken == head.Length)
                return rest.Read(buffer);
            int count = Math.Min(buffer.Length, head.Length - taken);
            head.Span.Slice(taken, count).CopyTo(buffer);
            taken += count;
            return count;
        }
    }
}

using System.Buffers;
using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>A PBM, PGM or PPM file: P1 to P6. Of several pictures in a file, the first.</summary>
/// <remarks>Source: the manual pages of Netpbm, pbm(5), pgm(5), ppm(5). Samples are scaled to bytes as Pillow does it.</remarks>
sealed class NetpbmFile : IImageFile
{
    readonly byte[] file;
    readonly int length;
    int at = 2;
    byte[]? whole;

    NetpbmFile(byte[] file, int length)
    {
        (this.file, this.length) = (file, length);
        (Width, Height) = (Number(), Number());
        Maximum = IsBits ? 1 : Number();
        at++; // one white space
    }

    /// <summary>Whether bytes begin as such a file does.</summary>
    public static bool IsNetpbm(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 3 && bytes[0] == 'P' && bytes[1] is >= (byte)'1' and <= (byte)'6' && (IsSpace(bytes[2]) || bytes[2] == '#');

    /// <summary>Opens a file.</summary>
    /// <param name="file">Bytes that begin as <see cref="IsNetpbm"/> says; others may follow.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Null if its header is damaged.</returns>
    public static NetpbmFile? Open(byte[] file, int length) =>
        new NetpbmFile(file, length) is { Width: > 0, Height: > 0, Maximum: > 0 and <= ushort.MaxValue } opened ? opened : null;

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public Orientation Orientation => Orientation.TopLeft;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Pixels => whole.AsSpan(0, Height * Width * 4);

    /// <inheritdoc/>
    public string? Guess { get; private set; }

    int Maximum { get; }

    bool IsBits => file[1] is (byte)'1' or (byte)'4';

    int Channels => file[1] is (byte)'3' or (byte)'6' ? 3 : 1;

    /// <inheritdoc/>
    public bool StartRows() => false;

    /// <inheritdoc/>
    public bool ReadRow(Span<byte> row) => false;

    /// <inheritdoc/>
    public string? ReadAll()
    {
        whole = ArrayPool<byte>.Shared.Rent(Width * Height * 4);
        int[] row = new int[Width * Channels];
        int first = at,
            largest = 0;
        // The header of 16 bits does not say how many are in use.
        for (int y = 0; y < Height && Maximum == ushort.MaxValue; y++)
            if (!Read(row))
                return Truncated(y);
            else
                largest = Math.Max(largest, row.Max());
        at = first;
        var depth = DeepSamples.Of(Maximum == ushort.MaxValue ? largest : ushort.MaxValue);
        Guess = depth.Guess;
        for (int y = 0; y < Height; y++)
        {
            if (!Read(row))
                return Truncated(y);
            Write(row, depth, whole.AsSpan(y * Width * 4, Width * 4));
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (whole is not null)
            ArrayPool<byte>.Shared.Return(whole);
    }

    string Truncated(int row) => $"is a damaged image: it is truncated or corrupt at row {row + 1} of {Height}";

    void Write(ReadOnlySpan<int> row, DeepSamples depth, Span<byte> pixels)
    {
        for (int i = 0; i < row.Length; i++)
        {
            byte value =
                IsBits ? (byte)(255 * (1 - row[i]))
                : depth.Bits < 16 ? depth.ToByte(row[i])
                : (byte)Math.Round(Math.Min(row[i], Maximum) / (double)Maximum * 255, MidpointRounding.ToEven);
            if (Channels == 3)
                pixels[(i / 3 * 4) + (i % 3)] = value;
            else
                pixels.Slice(4 * i, 3).Fill(value);
        }
    }

    /// <summary>Reads the samples of the next row; false if they are not there.</summary>
    bool Read(Span<int> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = file[1] switch
            {
                (byte)'1' => Digit(),
                (byte)'2' or (byte)'3' => Number(),
                (byte)'4' => Bit(i),
                _ => Maximum > 255 ? Pair() : Single(),
            };
            if (row[i] < 0)
                return false;
        }

        // Rows of bits end with their last byte.
        at += file[1] == '4' ? (row.Length + 7) / 8 : 0;
        return true;
    }

    int Single() => at < length ? file[at++] : -1;

    int Pair()
    {
        int high = Single(),
            low = Single();
        return low < 0 ? -1 : (high << 8) | low;
    }

    int Bit(int x) => at + (x / 8) < length ? (file[at + (x / 8)] >> (7 - (x % 8))) & 1 : -1;

    int Digit()
    {
        SkipSpace();
        return Single() switch
        {
            '0' => 0,
            '1' => 1,
            _ => -1,
        };
    }

    /// <summary>A number as text, of at most five digits: sides and samples are below 65,536. −1 if there is none.</summary>
    int Number()
    {
        SkipSpace();
        int first = at,
            value = 0;
        for (; at < length && at < first + 5 && file[at] is >= (byte)'0' and <= (byte)'9'; at++)
            value = (value * 10) + file[at] - '0';
        return at > first && (at == length || IsSpace(file[at])) ? value : -1;
    }

    void SkipSpace()
    {
        while (at < length && (IsSpace(file[at]) || file[at] == '#'))
        {
            bool isComment = file[at] == '#';
            at++;
            while (isComment && at < length && file[at] is not ((byte)'\n' or (byte)'\r'))
                at++;
        }
    }

    static bool IsSpace(byte value) => value is (byte)' ' or (>= 9 and <= 13);
}

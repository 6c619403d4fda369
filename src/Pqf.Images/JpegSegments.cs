using System.Buffers.Binary;

namespace Pqf.Images;

/// <summary>The segments of a JPEG before its first scan.</summary>
/// <remarks>Source: ITU T.81, annex B.</remarks>
static class JpegSegments
{
    const byte StartOfScan = 0xDA,
        EndOfImage = 0xD9;

    // Marker, components' count within frame and scan headers.
    const int FrameComponentsAt = 5;

    /// <summary>Whether the file begins as a JPEG does.</summary>
    public static bool IsJpeg(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]);

    /// <summary>Finds the next segment.</summary>
    /// <param name="file">A JPEG.</param>
    /// <param name="at">Where to look, 2 at first; then behind the segment.</param>
    /// <param name="marker">Its second byte.</param>
    /// <param name="from">The first byte of what it holds.</param>
    /// <param name="count">The bytes that it holds.</param>
    /// <returns>False behind the header of the first scan, and where there is no segment.</returns>
    public static bool Next(ReadOnlySpan<byte> file, ref int at, out byte marker, out int from, out int count)
    {
        (marker, from, count) = (0, 0, 0);
        while (at + 1 < file.Length && file[at] == 0xFF && file[at + 1] == 0xFF) // more of them may come before a marker
            at++;
        if (at + 4 > file.Length || file[at] != 0xFF || file[at + 1] == EndOfImage)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
        if (length < 2 || length > file.Length - at - 2)
            return false;
        (marker, from, count) = (file[at + 1], at + 4, length - 2);
        at = marker == StartOfScan ? file.Length : at + 2 + length;
        return true;
    }

    /// <summary>Whether rows can only be decoded once the whole image's coefficients are held: progressive images, and those whose first
    /// scan lacks components.</summary>
    /// <param name="file">A file of any kind.</param>
    public static bool HoldsWholeImage(ReadOnlySpan<byte> file)
    {
        int components = 0;
        for (int at = 2; IsJpeg(file) && Next(file, ref at, out byte marker, out int from, out int count); )
        {
            if (IsProgressive(marker))
                return true;
            if (IsFrame(marker) && count > FrameComponentsAt)
                components = file[from + FrameComponentsAt];
            if (marker == StartOfScan)
                return count > 0 && file[from] < components;
        }

        return false;
    }

    static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    static bool IsProgressive(byte marker) => marker is 0xC2 or 0xC6 or 0xCA or 0xCE;
}

using System.Buffers;
using Pqf.Compression.Data;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Images;

/// <summary>Decodes images to the bytes that Pillow gives for them: see <see cref="ImageRows"/>.</summary>
public static class ImageDecoder
{
    /// <summary>The decoder, as the libraries take it: images are turned as people see them.</summary>
    public static ImageReader Reader { get; } = ReaderOf(ExifOrientation.Apply);

    /// <summary>A decoder, as the libraries take it.</summary>
    /// <param name="exif">What becomes of orientation tags.</param>
    /// <param name="notes">Receives what a person should know; null for nobody.</param>
    public static ImageReader ReaderOf(ExifOrientation exif, ImageNotes? notes = null) =>
        new(path => WithFile(path, (file, length) => Decode(path, file, length, exif, notes)))
        {
            Exif = exif,
            Prepare = (path, preprocessing, input, variation) => ToInput(path, preprocessing, input, variation, exif, notes),
            Extensions = [.. ImageReader.CommonExtensions, ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"],
        };

    /// <summary>Decodes a file and prepares it for a network; only what the network is shown is kept.</summary>
    /// <param name="path">The file.</param>
    /// <param name="preprocessing">What the network was trained with.</param>
    /// <param name="input">[crop, crop, channels], filled.</param>
    /// <param name="variation">For training; null for the centre as it is.</param>
    /// <param name="exif">What becomes of the orientation tag.</param>
    /// <param name="notes">Receives what a person should know; null for nobody.</param>
    /// <returns>An error that names the file if it cannot be read, is no image, or is damaged or incomplete.</returns>
    public static Result<Unit, PqfError> ToInput(
        string path,
        Preprocessing preprocessing,
        Memory<float> input,
        Variation? variation = null,
        ExifOrientation exif = ExifOrientation.Apply,
        ImageNotes? notes = null
    ) =>
        WithFile(
            path,
            (file, length) =>
                With<Unit>(
                    path,
                    file,
                    length,
                    exif,
                    notes,
                    rows =>
                        Preprocess.ToInput(rows.Height, rows.Width, rows.Read, preprocessing, input.Span, variation) == rows.Height
                            ? default(Unit)
                            : rows.Damage
                )
        );

    /// <summary>Decodes a file and turns it as people see it.</summary>
    /// <returns>The image, three channels; an error as for <see cref="ToInput"/>.</returns>
    public static Result<PixelImage, PqfError> Decode(string path) => Reader.Decode(path);

    /// <summary>Decodes an image in memory and turns it as people see it.</summary>
    /// <param name="bytes">A whole file of one of the kinds of <see cref="ImageKind.Decoded"/>.</param>
    /// <param name="name">For messages.</param>
    public static Result<PixelImage, PqfError> Decode(byte[] bytes, string name) =>
        Decode(name, bytes, bytes.Length, ExifOrientation.Apply, null);

    static Result<PixelImage, PqfError> Decode(string name, byte[] file, int length, ExifOrientation exif, ImageNotes? notes) =>
        With<PixelImage>(
            name,
            file,
            length,
            exif,
            notes,
            rows =>
            {
                byte[] row = new byte[rows.Width * 4];
                // Grows with the rows that are there, not with those that a header claims
                var colour = new ArrayBufferWriter<byte>(row.Length);
                for (int y = 0; y < rows.Height; y++)
                {
                    if (!rows.Read(row))
                        return rows.Damage;
                    DropFourth(row, colour.GetSpan(rows.Width * 3));
                    colour.Advance(rows.Width * 3);
                }

                return new PixelImage(rows.Height, rows.Width, 3, colour.WrittenSpan.ToArray()) { Orientation = rows.Orientation };
            }
        );

    static void DropFourth(ReadOnlySpan<byte> row, Span<byte> colour)
    {
        for (int from = 0, to = 0; from < row.Length; from += 4, to += 3)
            (colour[to], colour[to + 1], colour[to + 2]) = (row[from], row[from + 1], row[from + 2]);
    }

    static Result<T, PqfError> With<T>(
        string name,
        byte[] file,
        int length,
        ExifOrientation exif,
        ImageNotes? notes,
        Func<ImageRows, Result<T, PqfError>> use
    ) =>
        ImageRows
            .Open(name, file, length, exif)
            .Bind(rows =>
            {
                using (rows)
                {
                    if (rows.Orientation != Orientation.TopLeft)
                        notes?.Turned(name, rows.Orientation);
                    if (rows.Guess is { } guess)
                        notes?.Guessed(name, guess);
                    return use(rows);
                }
            });

    /// <summary>Reads a file into rented memory.</summary>
    static Result<T, PqfError> WithFile<T>(string path, Func<byte[], int, Result<T, PqfError>> use)
    {
        byte[]? file = null;
        try
        {
            using var stream = InputFile.Open(path, bufferSize: 0);
            var handle = stream.SafeFileHandle;
            long length = RandomAccess.GetLength(handle);
            if (length > int.MaxValue / 2)
                return new PqfError.File(path, $"has {length} bytes; no image is that large");
            file = ArrayPool<byte>.Shared.Rent((int)length);
            int read = 0;
            for (int more = 1; more > 0 && read < length; read += more)
                more = RandomAccess.Read(handle, file.AsSpan(read, (int)length - read), read);
            return use(file, read);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(path, exception);
        }
        finally
        {
            if (file is not null)
                ArrayPool<byte>.Shared.Return(file);
        }
    }
}

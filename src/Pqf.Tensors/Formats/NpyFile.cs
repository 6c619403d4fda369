using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Pqf.Tensors.Formats;

/// <summary>NumPy's <c>.npy</c> files: one array of numbers, little-endian, row by row.</summary>
/// <remarks>Source: NumPy's description of the format (numpy.lib.format), versions 1 to 3.</remarks>
public static partial class NpyFile
{
    // numpy.load refuses more than 10,000 characters as well.
    const int MaxHeaderBytes = 10_000,
        PrefixBytes = 8,
        Alignment = 64,
        RegexTimeoutMs = 1000;

    static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    static readonly ImmutableArray<(DType Type, string Text)> Types =
    [
        (DType.F32, "<f4"),
        (DType.F16, "<f2"),
        (DType.F64, "<f8"),
        (DType.I8, "|i1"),
        (DType.U8, "|u1"),
        (DType.Bool, "|b1"),
        (DType.I16, "<i2"),
        (DType.U16, "<u2"),
        (DType.I32, "<i4"),
        (DType.U32, "<u4"),
        (DType.I64, "<i8"),
        (DType.U64, "<u8"),
    ];

    /// <summary>Opens a file.</summary>
    /// <returns>The open file of one tensor, called <c>array</c>; an error that names the path if it is of another format, damaged, or
    /// holds what is not read: big-endian numbers, columns first, objects.</returns>
    public static Result<TensorFile, PqfError> Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = new(path);
            var tensor = Tensor(file);
            var opened = new TensorFile(path, "NumPy", [tensor], ImmutableDictionary<string, string>.Empty, file);
            file = null; // now the opened file's
            return opened;
        }
        catch (Exception exception) when (IoProblem.IsExpected(exception))
        {
            return IoProblem.Error(path, exception);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Writes a file of version 1, whole or not at all.</summary>
    /// <param name="path">As for <see cref="AtomicFile.Write"/>.</param>
    /// <param name="tensor">Of any type but bfloat16, which NumPy does not have.</param>
    public static Result<Unit, PqfError> Write(string path, StoredTensor tensor)
    {
        if (Types.FirstOrDefault(known => known.Type == tensor.Type) is not { Text: { } type })
            return new PqfError.File(path, $"a .npy file cannot hold numbers of type {tensor.Type}");
        string lengths = string.Join(", ", tensor.Shape.AsSpan().ToArray().Select(length => length.ToString(CultureInfo.InvariantCulture))),
            shape = tensor.Shape.Rank == 1 ? $"({lengths},)" : $"({lengths})",
            text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        // Spaces, and a line feed that ends the header.
        int length = Division.Ceil(PrefixBytes + 2 + text.Length + 1, Alignment) * Alignment,
            headerBytes = length - PrefixBytes - 2;
        return AtomicFile.Write(
            path,
            stream =>
            {
                Span<byte> start = stackalloc byte[PrefixBytes + 2];
                Magic.CopyTo(start);
                (start[6], start[7]) = (1, 0);
                BinaryPrimitives.WriteUInt16LittleEndian(start[PrefixBytes..], (ushort)headerBytes);
                stream.Write(start);
                stream.Write(Encoding.ASCII.GetBytes(text.PadRight(headerBytes - 1) + "\n"));
                StoredTensors.WithBytes(tensor, stream.Write);
            }
        );
    }

    static StoredTensor Tensor(MappedFile file)
    {
        if (file.Length < PrefixBytes + 4 || !file.Slice(0, Magic.Length).SequenceEqual(Magic))
            throw new InvalidDataException("is not a .npy file: it does not begin with NumPy's signature");
        int version = file.Slice(6, 1)[0];
        if (version is < 1 or > 3)
            throw new InvalidDataException($"is of version {version} of the .npy format; expected 1 to 3");
        int countBytes = version == 1 ? 2 : 4;
        long headerBytes =
            version == 1
                ? BinaryPrimitives.ReadUInt16LittleEndian(file.Slice(PrefixBytes, 2))
                : BinaryPrimitives.ReadUInt32LittleEndian(file.Slice(PrefixBytes, 4));
        if (headerBytes > MaxHeaderBytes)
            throw new InvalidDataException($".npy header claims {headerBytes} bytes; expected {MaxHeaderBytes} at most");
        long data = PrefixBytes + countBytes + headerBytes;
        var (type, shape) = Header(Encoding.UTF8.GetString(file.Slice(PrefixBytes + countBytes, headerBytes)));
        long expected = (long)shape.Count * type.SizeBytes();
        return file.Length - data == expected
            ? new("array", type, shape, destination => file.Copy(data, destination))
            : throw new InvalidDataException($".npy file has {file.Length - data} bytes of values; expected {expected} for {type} {shape}");
    }

    static (DType Type, Shape Shape) Header(string text)
    {
        var (descr, order, lengths) = (Descr().Match(text), Order().Match(text), Lengths().Match(text));
        if (!text.StartsWith('{') || !descr.Success || !order.Success || !lengths.Success)
            throw new InvalidDataException(".npy header does not say type, order and shape of an array of numbers");
        string name = descr.Groups[1].Value;
        if (name.StartsWith('>') && name is not (">i1" or ">u1" or ">b1"))
            throw new InvalidDataException($".npy file holds numbers of type {name}, big-endian; expected little-endian ones");
        var known = Types.FirstOrDefault(type => type.Text[1..] == name.TrimStart('<', '|', '=', '>'));
        if (known.Text is null)
            throw new InvalidDataException(
                $".npy file holds values of type {name}; expected one of {string.Join(", ", Types.Select(type => type.Text))}"
            );
        long[] axes =
        [
            .. lengths
                .Groups[1]
                .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(length =>
                    long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                        ? number
                        : throw new InvalidDataException(".npy header does not say type, order and shape of an array of numbers")
                ),
        ];
        var shape = CheckedShape.Create("array", axes, known.Type);
        return order.Groups[1].Value == "False" || shape.Rank <= 1
            ? (known.Type, shape)
            : throw new InvalidDataException(".npy file holds its values column by column; expected row by row (numpy.ascontiguousarray)");
    }

    [GeneratedRegex("'descr'\\s*:\\s*'([^']{1,16})'", RegexOptions.CultureInvariant, RegexTimeoutMs)]
    private static partial Regex Descr();

    [GeneratedRegex("'fortran_order'\\s*:\\s*(True|False)", RegexOptions.CultureInvariant, RegexTimeoutMs)]
    private static partial Regex Order();

    [GeneratedRegex("'shape'\\s*:\\s*\\(([0-9 ,]*)\\)", RegexOptions.CultureInvariant, RegexTimeoutMs)]
    private static partial Regex Lengths();
}

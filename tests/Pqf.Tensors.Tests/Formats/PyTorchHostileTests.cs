using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Pqf.Autodiff;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

/// <summary>Damaged and hostile files: each ends in an error, quickly, and none is obeyed.</summary>
public sealed class PyTorchHostileTests : IDisposable
{
    static readonly byte[] Magic = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];
    static readonly byte[] Protocol = [0x80, 2, (byte)'M', 0xE9, 3, (byte)'.'];
    static readonly byte[] System = [0x80, 2, (byte)'}', (byte)'X', 13, 0, 0, 0, .. "little_endian"u8, 0x88, (byte)'s', (byte)'.'];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A legacy file around a pickle, given as Latin-1 text so that opcodes can be read; no storages.</summary>
    static byte[] Legacy(string pickle) => [.. Magic, .. Protocol, .. System, .. Latin(pickle), .. Latin("\x80\x02].")];

    static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>The pickle of a dictionary of one tensor, its size and stride as given.</summary>
    static string Tensor(string offset, string size, string stride, string key = "0", string count = "K\x04") =>
        "\x80\x02}U\x01"
        + "actorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n"
        + $"U{(char)key.Length}{key}U\x03"
        + $"cpu{count}tQ{offset}{size}{stride}\x89)tRs.";

    string Problem(byte[] file)
    {
        string path = folder.Write("a.pth", file);
        var watch = Stopwatch.StartNew();
        string message = TensorFiles.Open(path).ErrorMessage();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
        Assert.StartsWith(path + ": ", message);
        return message[(path.Length + 2)..];
    }

    byte[] Zip(string pickle, params (string Name, byte[] Bytes)[] others)
    {
        using (var stream = File.Create(folder.File("zip")))
        {
            var writer = new ZipWriter(stream);
            writer.Add("archive/data.pkl", Latin(pickle));
            foreach (var (name, bytes) in others)
                writer.Add(name, bytes);
            writer.Finish();
        }

        return File.ReadAllBytes(folder.File("zip"));
    }

    [Theory]
    [InlineData(
        "\x80\x02" + "cos\nsystem\nU\x04trueq\x01\x85R.",
        "refers to os.system, which is refused: only tensors, containers, numbers and strings are read"
    )]
    [InlineData(
        "\x80\x04\x95\x18\0\0\0\0\0\0\0\x8C\x05posix\x8C\x06system\x93\x8C\x04true\x85R.",
        "refers to posix.system, which is refused: only tensors, containers, numbers and strings are read"
    )]
    [InlineData(
        "\x80\x02" + "c__builtin__\neval\n.",
        "refers to __builtin__.eval, which is refused: only tensors, containers, numbers and strings are read"
    )]
    [InlineData("\x80\x02(ios\nsystem\n.", "pickle, byte 4: opcode INST is refused")]
    [InlineData("\x80\x02(o.", "pickle, byte 4: opcode OBJ is refused")]
    [InlineData("\x80\x02\x82\x01.", "pickle, byte 3: opcode EXT1 is refused")]
    [InlineData("\x80\x02PX\n.", "pickle, byte 3: opcode PERSID is refused")]
    [InlineData("\x80\x02N2.", "pickle, byte 4: opcode DUP is refused")]
    [InlineData("\x80\x02\xFE.", "pickle, byte 3: unknown opcode 0xFE")]
    [InlineData("\x80\x09.", "pickle, byte 2: protocol 9; expected 2 to 5")]
    [InlineData("\x80\x02h\x07.", "pickle, byte 4: nothing is stored under 7")]
    [InlineData("\x80\x02.", "pickle, byte 3: the stack is empty")]
    [InlineData("\x80\x02t.", "pickle, byte 3: no mark")]
    [InlineData("\x80\x02}(Ne.", "pickle, byte 6: expected a list, got a dictionary")]
    [InlineData("\x80\x02}(Nu.", "pickle, byte 6: a key without a value")]
    [InlineData("\x80\x02U\x01\xFF.", "pickle, byte 5: a string is not UTF-8")]
    [InlineData("\x80\x02X\xFF\xFF\xFF\x7F.", "pickle, byte 7: ends too early; the file is truncated or corrupt")]
    [InlineData(
        "\x80\x02" + "ctorch._utils\n_rebuild_tensor_v2\n)R.",
        "torch._utils._rebuild_tensor_v2 is called with arguments that it does not take: ()"
    )]
    [InlineData("\x80\x02" + "ccollections\nOrderedDict\n]K\x01" + "a\x85R.", "collections.OrderedDict: expected pairs, got the number 1")]
    [InlineData("\x80\x02}U\x07storageQ.", "pickle, byte 13: expected a tuple, got the string 'storage'")]
    [InlineData("\x80\x02U\x07storage\x85Q.", "expected a storage, got the persistent id (the string 'storage')")]
    [InlineData("\x80\x02}]U\x01x\x86R.", "pickle, byte 9: expected a function, got a dictionary")]
    public void A_pickle_that_is_not_data_is_an_error(string pickle, string problem)
    {
        Assert.Equal(problem, Problem(Legacy(pickle)));
        Assert.Equal(problem, Problem(Zip(pickle)));
    }

    [Theory]
    [InlineData("K\x02", "K\x03\x85", "K\x01\x85", "tensor of size [3], stride [1] at 2: reaches outside its storage of 4 elements")]
    [InlineData(
        "K\0",
        "K\x02K\x02\x86",
        "K\x03K\x01\x86",
        "tensor of size [2, 2], stride [3, 1] at 0: reaches outside its storage of 4 elements"
    )]
    [InlineData(
        "K\0",
        "K\x02\x85",
        "\x8A\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x85",
        "tensor of size [2], stride [9223372036854775807] at 0: reaches outside its storage of 4 elements"
    )]
    [InlineData("K\x03", "K\x02\x85", "J\xFF\xFF\xFF\xFF\x85", "tensor of size [2], stride [-1] at 3: not a view of a storage")]
    [InlineData("J\xFF\xFF\xFF\xFF", "K\x02\x85", "K\x01\x85", "tensor of size [2], stride [1] at -1: not a view of a storage")]
    [InlineData("K\0", "K\x02\x85", ")", "tensor of size [2], stride [] at 0: not a view of a storage")]
    [InlineData("K\0", "U\x01x\x85", "K\x01\x85", "tensor's size: expected whole numbers, got the string 'x'")]
    [InlineData("K\0", "M\xFF\xFF\x85", "K\0\x85", "tensor of size [65535], stride [0] at 0: has more elements than its storage of 4")]
    public void A_view_outside_its_storage_is_an_error(string offset, string size, string stride, string problem) =>
        Assert.Equal(problem, Problem(Zip(Tensor(offset, size, stride), ("archive/data/0", new byte[16]))));

    [Fact]
    public void A_storage_that_is_too_short_or_missing_is_an_error()
    {
        string pickle = Tensor("K\0", "K\x04\x85", "K\x01\x85");
        Assert.Equal("storage 0: expected 4 elements of F32, but it has 15 bytes", Problem(Zip(pickle, ("archive/data/0", new byte[15]))));
        Assert.Equal("storage 0: archive/data/0 is not in the archive", Problem(Zip(pickle)));
        Assert.Equal("a: storage 0 is not in the file", Problem(Legacy(pickle)));
    }

    [Fact]
    public void A_storage_that_claims_2_to_the_60_elements_is_an_error()
    {
        byte[] file =
        [
            .. Magic,
            .. Protocol,
            .. System,
            .. Latin(Tensor("K\0", "K\x04\x85", "K\x01\x85")),
            .. Latin("\x80\x02]U\x01\x30" + "a."),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            16,
            .. new byte[16],
        ];
        Assert.Equal("storage 0: claims 1152921504606846976 elements, but the file ends before; it is truncated or corrupt", Problem(file));
    }

    [Fact]
    public void A_storage_that_a_tensor_claims_larger_than_memory_is_an_error() =>
        Assert.Equal(
            "storage 0: expected 1152921504606846976 elements of F32, but it has 16 bytes",
            Problem(
                Zip(
                    Tensor("K\0", "\x8A\x08\0\0\0\0\0\0\0\x10\x85", "K\x01\x85", count: "\x8A\x08\0\0\0\0\0\0\0\x10"),
                    ("archive/data/0", new byte[16])
                )
            )
        );

    [Fact]
    public void A_dictionary_that_holds_itself_is_an_error() =>
        Assert.StartsWith("is nested deeper than 32", Problem(Zip("\x80\x02}q\0U\x01xh\0s.")));

    [Fact]
    public void Dictionaries_shared_again_and_again_are_an_error()
    {
        // Thirty levels, each holding the one before eight times: 8³⁰ values if walked.
        string pickle = "\x80\x02}q\0";
        for (int level = 0; level < 30; level++)
            pickle += "}(" + string.Concat(Enumerable.Range(0, 8).Select(i => $"K{(char)i}h{(char)level}")) + $"uq{(char)(level + 1)}";
        Assert.StartsWith("is nested deeper than 32, repeats its values too often", Problem(Zip(pickle + ".")));
    }

    [Fact]
    public void A_long_list_copied_again_and_again_is_an_error()
    {
        string pickle =
            "\x80\x02]q\0("
            + string.Concat(Enumerable.Repeat("NN\x86", 10_000))
            + "eccollections\nOrderedDict\nq\x01"
            + string.Concat(Enumerable.Repeat("h\x01h\0\x85R", 10_000))
            + ".";
        Assert.Equal("copies more than 10000000 items", Problem(Zip(pickle)));
    }

    [Fact]
    public void Millions_of_opcodes_are_an_error() =>
        Assert.EndsWith("more than 10000000 opcodes", Problem(Zip("\x80\x02" + new string('N', 11_000_000))));

    [Fact]
    public void Deep_tuples_are_no_recursion() =>
        Assert.Equal("expected a dictionary of tensors, got a tuple", Problem(Zip("\x80\x02)" + new string('\x85', 5_000_000) + ".")));

    [Fact]
    public void Files_truncated_anywhere_are_errors()
    {
        PyTorchFile.Write(folder.File("whole"), [StoredTensor.FromSingles("a", [3], [1, 2, 3])]).Value();
        byte[] zip = File.ReadAllBytes(folder.File("whole"));
        byte[] legacy =
        [
            .. Magic,
            .. Protocol,
            .. System,
            .. Latin(Tensor("K\0", "K\x04\x85", "K\x01\x85")),
            .. Latin("\x80\x02]U\x01\x30" + "a."),
            4,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            .. new byte[16],
        ];
        using (var file = TensorFiles.Open(folder.Write("legacy", legacy)).Value())
            Assert.Equal(new float[4], file.ByName["a"].ToSingles());
        for (int length = 0; length < zip.Length; length++)
            Assert.NotEqual("", Problem(zip[..length]));
        for (int length = 0; length < legacy.Length; length++)
            Assert.NotEqual("", Problem(legacy[..length]));
    }

    [Fact]
    public void Files_with_any_byte_changed_are_read_or_are_errors()
    {
        PyTorchFile.Write(folder.File("whole"), [StoredTensor.FromSingles("a", [3], [1, 2, 3])]).Value();
        byte[] bytes = File.ReadAllBytes(folder.File("whole"));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 0xFF;
            TensorFiles
                .Open(folder.Write("changed", changed))
                .Match(
                    file =>
                    {
                        using (file)
                            Assert.All(file.Tensors, tensor => tensor.ToSingles());
                        return 0;
                    },
                    error => error.Message.Length
                );
        }
    }

    [Fact]
    public void A_deflated_entry_that_claims_to_be_huge_is_an_error()
    {
        Assert.Equal(
            "zip archive: its compressed entries claim to be more than 64 times as large as the file",
            Problem(Deflated(new byte[10_000_000]))
        );

        byte[] file = Deflated(Latin("\x80\x02}."));
        int entry = file.AsSpan().IndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(entry + 24), 1000);
        Assert.Equal(
            "zip archive: archive/data.pkl is corrupt: it does not unpack to the 1000 bytes that the directory describes",
            Problem(file)
        );
    }

    [Fact]
    public void A_deflated_entry_of_no_bytes_is_an_error() // found by ReaderProperties
    {
        byte[] file = Deflated(Latin("\x80\x02}."));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(file.AsSpan().IndexOf("PK\x01\x02"u8) + 20), 0);
        Assert.Equal(
            "zip archive: archive/data.pkl is corrupt: it does not unpack to the 4 bytes that the directory describes",
            Problem(file)
        );
    }

    [Fact]
    public void A_deflated_storage_of_many_tensors_is_an_error()
    {
        string pickle =
            "\x80\x02}("
            + string.Concat(Enumerable.Range(0, 100).Select(i => $"K{(char)i}" + Tensor("K\0", "K\x04\x85", "K\x01\x85")[6..^2]))
            + "u.";
        Assert.Equal(
            "zip archive: its compressed entries claim to be more than 64 times as large as the file",
            Problem(Deflated(Latin(pickle), new byte[100_000]))
        );
    }

    byte[] Deflated(byte[] pickle, byte[] storage)
    {
        using (var archive = new ZipArchive(File.Create(folder.File("deflated")), ZipArchiveMode.Create))
            foreach (var (name, bytes) in new[] { ("archive/data.pkl", pickle), ("archive/data/0", storage) })
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                entry.Write(bytes);
            }

        return File.ReadAllBytes(folder.File("deflated"));
    }

    byte[] Deflated(byte[] pickle)
    {
        using (var archive = new ZipArchive(File.Create(folder.File("deflated")), ZipArchiveMode.Create))
        using (var entry = archive.CreateEntry("archive/data.pkl", CompressionLevel.SmallestSize).Open())
            entry.Write(pickle);
        return File.ReadAllBytes(folder.File("deflated"));
    }

    [Fact]
    public void A_zip_archive_of_something_else_is_an_error()
    {
        using (var stream = File.Create(folder.File("other.docx")))
        {
            var writer = new ZipWriter(stream);
            writer.Add("word/document.xml", "<a/>"u8);
            writer.Finish();
        }

        Assert.Equal("is a zip archive without data.pkl; expected a PyTorch file", Problem(File.ReadAllBytes(folder.File("other.docx"))));
    }

    [Fact]
    public void Big_endian_files_are_errors()
    {
        Assert.Equal(
            "holds numbers in byte order 'big'; expected little",
            Problem(Zip("\x80\x02}.", ("archive/byteorder", "big"u8.ToArray())))
        );
        byte[] bigEndian = [.. Magic, .. Protocol, .. System];
        bigEndian[^3] = 0x89; // False
        Assert.Equal("PyTorch legacy file with numbers that are not little-endian", Problem(bigEndian));
    }

    [Fact]
    public void A_pickle_without_the_magic_number_is_an_error() =>
        Assert.Equal(
            "begins with the bytes 80027D2E; expected a .pqf, safetensors, PyTorch zip, PyTorch legacy or ONNX file",
            Problem([0x80, 2, (byte)'}', (byte)'.'])
        );

    [Fact]
    public void Legacy_files_that_are_not_laid_out_so_are_errors()
    {
        byte[] root = Latin("\x80\x02}."),
            tensor = Latin(Tensor("K\0", "K\x04\x85", "K\x01\x85"));
        byte[] storage = [4, 0, 0, 0, 0, 0, 0, 0, .. new byte[16]];
        Assert.Equal("PyTorch legacy file of protocol the number 1000; expected 1001", Problem([.. Magic, .. Latin("\x80\x02M\xE8\x03.")]));
        Assert.Equal("PyTorch legacy file without its list of storages", Problem([.. Magic, .. Protocol, .. System, .. root, .. root]));
        Assert.Equal(
            "storage the string '7' belongs to no tensor",
            Problem([.. Magic, .. Protocol, .. System, .. tensor, .. Latin("\x80\x02]U\x01\x37" + "a.")])
        );
        Assert.Equal(
            "storage 0 occurs twice",
            Problem([.. Magic, .. Protocol, .. System, .. tensor, .. Latin("\x80\x02](U\x01\x30U\x01\x30" + "e."), .. storage, .. storage])
        );
    }

    [Fact]
    public void A_view_of_a_storage_in_an_old_file_is_read()
    {
        // Before PyTorch 0.4 a storage could itself be a view: (key, first element, element count) of the one that is stored.
        string pickle = Tensor("K\0", "K\x02\x85", "K\x01\x85", count: "K\x04(U\x01vK\x01K\x02t");
        byte[] file =
        [
            .. Magic,
            .. Protocol,
            .. System,
            .. Latin(pickle),
            .. Latin("\x80\x02]U\x01\x30" + "a."),
            4,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            .. new byte[4],
            0,
            0,
            0xC0,
            0x3F,
            0,
            0,
            0,
            0x40,
            .. new byte[4],
        ];
        using var opened = TensorFiles.Open(folder.Write("view", file)).Value();
        Assert.Equal([1.5f, 2], opened.ByName["a"].ToSingles());

        string outside = Tensor("K\0", "K\x02\x85", "K\x01\x85", count: "K\x04(U\x01vK\x03K\x02t");
        Assert.Equal("storage 0: its view is not a range of its 4 elements", Problem(Legacy(outside)));
    }

    [Fact]
    public void Types_of_newer_PyTorch_are_read_from_untyped_storages()
    {
        // torch.uint16 (since 2.3) has no storage class: _rebuild_tensor_v3 names the type.
        string pickle =
            "\x80\x02}U\x01"
            + "actorch._utils\n_rebuild_tensor_v3\n((U\x07storagectorch.storage\nUntypedStorage\nU\x01\x30U\x03"
            + "cpuK\x04tQK\0K\x02\x85K\x01\x85\x89"
            + "ccollections\nOrderedDict\n)Rctorch\nuint16\ntRs.";
        using var opened = TensorFiles.Open(folder.Write("v3", Zip(pickle, ("archive/data/0", [0xFF, 0xFF, 1, 0])))).Value();
        Assert.Equal(DType.U16, opened.ByName["a"].Type);
        Assert.Equal([65535, 1], opened.ByName["a"].ToCodes());
    }

    [Fact]
    public void Zip_archives_that_are_not_laid_out_so_are_errors()
    {
        byte[] file = Zip("\x80\x02}.");
        int entry = file.AsSpan().IndexOf("PK\x01\x02"u8);
        Assert.Equal("zip archive without its directory; the file is truncated or corrupt", Problem(file[..entry]));
        Assert.Equal("zip archive: archive/data.pkl occurs twice", Problem(Zip("\x80\x02}.", ("archive/data.pkl", []))));
        Assert.Equal(
            "zip archive: archive/data.pkl is encrypted or compressed by method 0; stored and deflated entries are read",
            Problem(Changed(entry + 8, 1))
        );
        Assert.Equal(
            "zip archive: archive/data.pkl is encrypted or compressed by method 12; stored and deflated entries are read",
            Problem(Changed(entry + 10, 12))
        );
        Assert.Equal("zip archive: archive/data.pkl claims 5 bytes in 4 at 0", Problem(Changed(entry + 24, 5)));
        Assert.Equal("zip archive: archive/data.pkl has no header at byte 1", Problem(Changed(entry + 42, 1)));
        Assert.Equal($"zip archive: no directory entry at byte {entry + 1}", Problem(Changed(file.Length - 6, (byte)(entry + 1))));

        byte[] Changed(int at, byte value)
        {
            byte[] changed = [.. file];
            changed[at] = value;
            return changed;
        }
    }

    /// <summary>A million references, each to the storage of one long name: names are limited, and equal references are one.</summary>
    [Fact]
    public void Many_references_to_one_storage_take_seconds()
    {
        const string Start = "(U\x07storagectorch\nFloatStorage\n",
            End = "U\x03" + "cpuK\x04tQ";
        static string Name(int length) => $"X{(char)(length % 256)}{(char)(length / 256)}\0\0{new string('a', length)}";
        Assert.Equal(
            "a storage's name has 300 characters; expected 255 at most",
            Problem(Legacy("\x80\x02" + Start + Name(300) + End + "."))
        );

        string many = string.Concat(Enumerable.Repeat(Start + "h\0" + End, 300_000));
        Assert.StartsWith("expected a dictionary", Problem(Legacy($"\x80\x02{Name(255)}q\0{many}.")), StringComparison.Ordinal);
    }
}

using System.Text;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

/// <summary>What a person names as a file and is none, or is one that changes.</summary>
public sealed class InputFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_pipe_that_nobody_writes_to_is_an_error_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no named pipes among the files of Windows");
        string pipe = folder.File("pipe");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
            made.WaitForExit();

        foreach (var open in new Action<string>[] { path => InputFile.Open(path).Dispose(), path => InputFile.ReadText(path) })
            Assert.Equal("is a pipe or a device; expected a file", Assert.Throws<IOException>(() => open(pipe)).Message);
        Assert.Equal($"{pipe}: is a pipe or a device; expected a file", TensorFiles.Open(pipe).ErrorMessage());
    }

    [Fact]
    public void A_device_without_end_is_read_as_the_nothing_that_it_says_it_is()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "this system has no /dev/zero");

        Assert.Empty(InputFile.ReadText("/dev/zero"));
        Assert.StartsWith("/dev/zero: is empty", TensorFiles.Open("/dev/zero").ErrorMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_and_an_empty_path_are_no_files()
    {
        Assert.Equal("is a folder; expected a file", Assert.Throws<IOException>(() => InputFile.Open(folder.Path)).Message);
        Assert.Throws<FileNotFoundException>(() => InputFile.Open(""));
    }

    [Fact]
    public void A_file_is_read_to_its_end()
    {
        string path = folder.File("text");
        byte[] text = Encoding.UTF8.GetBytes(new string('x', 200_001));
        File.WriteAllBytes(path, text);

        Assert.Equal(text, InputFile.ReadText(path));
    }

    /// <summary>One that is read at once, and one that is mapped and copied in two parts.</summary>
    [Theory]
    [InlineData(64 << 20)]
    [InlineData(0)]
    public void A_copy_has_the_bytes_of_its_range_and_leaves_the_file_as_it_was(int mostReadBytes)
    {
        string path = folder.File("large");
        byte[] bytes = [.. Enumerable.Range(0, (17 << 20) + 5).Select(i => (byte)(i * 31 >> 4))];
        File.WriteAllBytes(path, bytes);
        using var file = new MappedFile(path, mostReadBytes);
        byte[] copy = new byte[bytes.Length - 3];

        for (int again = 0; again < 2; again++)
        {
            Array.Clear(copy);
            if (again == 0)
                file.Copy(3, copy);
            else
                file.Copy(file.Slice(3, copy.Length), copy);
            Assert.True(copy.AsSpan().SequenceEqual(bytes.AsSpan(3)));
        }

        byte[] elsewhere = new byte[5];
        file.Copy([1, 2, 3, 4, 5], elsewhere);
        Assert.Equal([1, 2, 3, 4, 5], elsewhere);
        Assert.Throws<InvalidDataException>(() => file.Copy(bytes.Length - 4, elsewhere));
    }

    /// <summary>One that is read at once, and one that is mapped.</summary>
    [Theory]
    [InlineData(1 << 20, true)]
    [InlineData(0, false)]
    public void A_file_that_is_shortened_is_an_error_where_its_bytes_are_gone(int mostReadBytes, bool isRead)
    {
        string path = folder.File("model");
        File.WriteAllBytes(path, [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)]);
        using var file = new MappedFile(path, mostReadBytes);
        using (var shortened = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            shortened.SetLength(5000);

        Assert.Equal(99, file.Slice(99, 1)[0]);
        if (isRead)
            Assert.Equal(90_000 % 256, file.Slice(90_000, 10)[0]);
        else
            Assert.StartsWith(
                "was shortened from 100000 to 5000 bytes",
                Assert.Throws<InvalidDataException>(() => file.Slice(90_000, 10).Length).Message,
                StringComparison.Ordinal
            );
    }
}

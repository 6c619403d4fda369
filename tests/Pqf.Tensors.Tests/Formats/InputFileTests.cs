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
        Assert.Equal("is a folder", Assert.Throws<IOException>(() => InputFile.Open(folder.Path)).Message);
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

using System.Text;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string[] Names =>
        [.. Directory.EnumerateFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_file_is_written_and_replaced()
    {
        AtomicFile.Write(folder.File("a"), stream => stream.Write("long contents"u8)).Value();
        AtomicFile.Write(folder.File("a"), stream => stream.Write("short"u8)).Value();
        Assert.Equal("short", File.ReadAllText(folder.File("a")));
        Assert.Equal(["a"], Names);
    }

    [Fact]
    public void Text_is_UTF_8_without_a_mark()
    {
        AtomicFile.WriteText(folder.File("a"), writer => writer.WriteLine("é")).Value();
        Assert.Equal(Encoding.UTF8.GetBytes("é\n"), File.ReadAllBytes(folder.File("a")));
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_nothing_else()
    {
        string path = folder.Write("a", "old"u8);
        string message = AtomicFile
            .Write(
                path,
                stream =>
                {
                    stream.Write("new"u8);
                    throw new IOException($"No space left on device : '{path}.partial'");
                }
            )
            .ErrorMessage();
        Assert.Equal($"{path}: cannot be written: No space left on device", message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a"], Names);
    }

    [Fact]
    public void Cancelling_passes_on_and_leaves_nothing()
    {
        Assert.Throws<OperationCanceledException>(() => AtomicFile.Write(folder.File("a"), _ => throw new OperationCanceledException()));
        Assert.Empty(Names);
    }

    [Fact]
    public void A_target_that_is_a_folder_is_an_error()
    {
        Assert.Equal($"{folder.Path}: cannot be written: is a folder", AtomicFile.Write(folder.Path, _ => { }).ErrorMessage());
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(folder.Path)!),
            path => path.StartsWith(folder.Path, StringComparison.Ordinal) && path != folder.Path
        );
    }

    [Fact]
    public void Nobody_can_know_the_name_beside_the_target_and_lay_a_link_under_it()
    {
        var names = new List<string>();
        for (int i = 0; i < 2; i++)
            AtomicFile.Write(folder.File("a"), _ => names.AddRange(Names)).Value();

        string[] partials = [.. names.Where(name => name != "a")];
        Assert.Equal(2, partials.Distinct().Count());
        Assert.All(partials, name => Assert.Matches(@"^a\.[0-9a-f]{16}\.partial$", name));
    }

    [Fact]
    public void What_a_run_left_half_written_is_deleted_and_nothing_else()
    {
        foreach (string name in (string[])["a.pqf.0123456789abcdef.partial", "a.pqf.partial", "b.partial", "a.pqf"])
            folder.Write(name, "x"u8);

        AtomicFile.DeletePartials(folder.Path);

        Assert.Equal(["a.pqf", "a.pqf.partial", "b.partial"], Names);
    }

    [Fact]
    public void A_file_in_memory_is_a_file_and_a_device_is_none()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this system has no /dev/shm");
        string path = $"/dev/shm/pqf-{Guid.NewGuid():N}";
        try
        {
            for (int i = 0; i < 2; i++)
                AtomicFile.Write(path, stream => stream.Write("x"u8)).Value();
            Assert.Equal("x", File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal("/dev/null: cannot be written: is a device", AtomicFile.Write("/dev/null", _ => { }).ErrorMessage());
    }

    [Fact]
    public void A_folder_that_is_missing_is_an_error() =>
        Assert.Equal(
            $"{folder.File("no/a")}: cannot be written: its folder does not exist",
            AtomicFile.Write(folder.File("no/a"), _ => { }).ErrorMessage()
        );

    [Theory]
    [InlineData("e/a")]
    [InlineData("e/x/a")]
    public void A_file_where_a_folder_is_expected_is_named(string path)
    {
        string file = folder.Write("e", "x"u8.ToArray());
        Assert.Equal(
            $"{folder.File(path)}: cannot be written: {file} is a file; expected a folder",
            AtomicFile.Write(folder.File(path), _ => { }).ErrorMessage()
        );
    }

    [Fact]
    public void A_folder_that_may_not_be_written_is_an_error()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel"), "needs Linux's /sys, which even root may not write");
        string message = AtomicFile.Write("/sys/kernel/a", _ => { }).ErrorMessage();
        Assert.StartsWith("/sys/kernel/a: cannot be written: ", message);
    }

    [Fact]
    public void A_device_is_an_error() =>
        Assert.Equal("/dev/null: cannot be written: is a device", AtomicFile.Write("/dev/null", _ => { }).ErrorMessage());

    [Fact]
    public void A_link_is_followed()
    {
        File.CreateSymbolicLink(folder.File("link"), folder.Write("a", []));
        AtomicFile.Write(folder.File("link"), stream => stream.WriteByte(7)).Value();
        Assert.Equal([7], File.ReadAllBytes(folder.File("a")));
        Assert.Equal(["a", "link"], Names);
    }
}

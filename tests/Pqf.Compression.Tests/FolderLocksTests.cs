using Pqf.Compression.Jobs;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>One folder, one run.</summary>
public sealed class FolderLocksTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_second_run_into_a_folder_is_refused_until_the_first_has_ended()
    {
        string output = folder.File("out");
        using var second = new FolderLocks();
        using (var first = new FolderLocks())
        {
            OutputFolder.Prepare(output, first).Value();
            OutputFolder.Prepare(output, first).Value(); // its own
            Assert.Equal(
                $"{output}: another run writes to it (.pqf-lock is in use); expected a folder for this run alone",
                OutputFolder.Prepare(output, second).ErrorMessage()
            );
            OutputFolder.Prepare(folder.File("other"), second).Value();
        }

        Directory.CreateDirectory(output);
        OutputFolder.Prepare(output, second).Value();
        second.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(output));
    }

    [Theory]
    [InlineData(null, "there")]
    [InlineData("there/runs/out/file", "there,there/runs,there/runs/out")]
    [InlineData("there/runs/file", "there,there/runs")]
    public void Folders_that_a_run_has_made_and_left_empty_are_deleted(string? written, string left)
    {
        Directory.CreateDirectory(folder.File("there"));
        using (var locks = new FolderLocks())
        {
            OutputFolder.Prepare(folder.File("there/runs/out"), locks).Value();
            if (written is not null)
                File.WriteAllText(folder.File(written), "");
        }

        Assert.Equal(
            left.Split(',').Select(folder.File),
            Directory.EnumerateDirectories(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_lock_that_was_left_behind_holds_nobody_up()
    {
        Directory.CreateDirectory(folder.File("out"));
        File.WriteAllText(folder.File("out/.pqf-lock"), "");
        File.WriteAllText(folder.File("out/net.pqf.0123456789abcdef.partial"), "half");

        using (var locks = new FolderLocks())
            OutputFolder.Prepare(folder.File("out"), locks).Value();

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("out")));
    }
}

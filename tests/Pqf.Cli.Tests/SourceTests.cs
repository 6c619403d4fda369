using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

/// <summary>Rules of the house that no compiler checks.</summary>
public class SourceTests
{
    const int Columns = 140;

    [Fact]
    public void Lines_of_the_source_have_at_most_140_columns()
    {
        string source = Path.Combine(SharedData.Repository, "src");
        var tooLong = Directory
            .EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(source, path).Split(Path.DirectorySeparatorChar).Contains("obj"))
            .SelectMany(path => File.ReadLines(path).Select((line, i) => (Place: $"{path}:{i + 1}", Length: line.Length)))
            .Where(line => line.Length > Columns);
        Assert.Empty(tooLong);
    }
}

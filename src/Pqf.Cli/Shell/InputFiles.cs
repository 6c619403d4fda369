using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Shell;

/// <summary>The files that a command reads. None of them may be written over.</summary>
/// <param name="Paths">As they were given.</param>
sealed record InputFiles(IReadOnlyList<string> Paths)
{
    /// <summary>Every file that the command line or the settings name: what a command reads is among them, whatever the key.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="config">The settings.</param>
    public static InputFiles Of(ParseResult parsed, Config config) =>
        new([.. parsed.Tokens.Select(token => token.Value).Concat(TextsOf(config.Source)).Where(File.Exists).Distinct()]);

    static IEnumerable<string> TextsOf(ConfigNode node) =>
        node switch
        {
            ConfigNode.Scalar scalar => [scalar.Text],
            ConfigNode.Sequence list => list.Items.SelectMany(TextsOf),
            ConfigNode.Mapping mapping => mapping.Entries.Values.SelectMany(TextsOf),
            _ => [],
        };

    /// <summary>The same with more files, such as photographs of a folder.</summary>
    public InputFiles With(IEnumerable<string> more) => new([.. Paths, .. more]);

    /// <summary>The same without a file that is written, not read.</summary>
    public InputFiles Without(string path) => new([.. Paths.Where(one => one != path)]);

    /// <summary>Refuses files to write that are read, even if a symbolic link leads from one to the other.</summary>
    /// <param name="outputs">Paths.</param>
    public Result<Unit, PqfError> Check(IEnumerable<string> outputs)
    {
        var written = outputs.Select(RealPath.Of).ToHashSet(RealPath.Comparer);
        return Refuse(path => written.Contains(RealPath.Of(path)));
    }

    /// <summary>Refuses folders to write to that hold a file that is read.</summary>
    /// <param name="folders">Paths.</param>
    public Result<Unit, PqfError> CheckFolders(params IEnumerable<string> folders)
    {
        string[] all = [.. folders];
        return Refuse(path => all.Any(folder => RealPath.IsWithin(path, folder)));
    }

    Result<Unit, PqfError> Refuse(Func<string, bool> isWritten) =>
        Paths.FirstOrDefault(isWritten) is { } own
            ? new PqfError.Config(
                ConfigLoader.CommandLine,
                "--output",
                $"expected another folder than that of {own}, which would be overwritten"
            )
            : default(Unit);
}

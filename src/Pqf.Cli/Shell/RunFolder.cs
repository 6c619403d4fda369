namespace Pqf.Cli.Shell;

/// <summary>The folder of a run that names none.</summary>
static class RunFolder
{
    const string Parent = "runs",
        Unnamed = "network";

    /// <summary>A folder that is not there: <c>runs/compress-resnet50</c>, with a number if need be.</summary>
    /// <param name="command">The command.</param>
    /// <param name="network">The network's file or name; null where it has none.</param>
    public static string Of(string command, string? network)
    {
        string stem = Path.GetFileNameWithoutExtension(network ?? "");
        string name = string.Concat(stem.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');
        string first = Path.Combine(Parent, $"{command}-{(name.Length is 0 or > 100 ? Unnamed : name)}"),
            free = first;
        for (int i = 2; Path.Exists(free); i++)
            free = $"{first}-{i}";
        return free;
    }
}

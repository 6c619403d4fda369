using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pqf.Cli.Shell;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>Where the results of one run go: lines as they come, or one JSON document at the end. Errors are lines in both.</summary>
/// <param name="terminal">Receives them.</param>
/// <param name="isJson">Whether the document is wanted.</param>
sealed class ResultOutput(Terminal terminal, bool isJson)
{
    readonly List<string> errors = [];
    CommandResult? result;
    bool isOfFirst = true;

    /// <summary>Whether a program reads the results.</summary>
    public bool IsJson => isJson;

    /// <summary>Shows a part of the result while the command runs. The command's result holds it again.</summary>
    public void Show(IShown part)
    {
        if (!isJson)
            Write(part.Lines());
    }

    /// <summary>Another process of the run writes the document.</summary>
    public void LeaveDocumentToFirst() => isOfFirst = false;

    /// <summary>Shows a line that the command's result holds again.</summary>
    public void Show(string line) => Write([line]);

    /// <summary>Ends a command: shows what was not shown yet.</summary>
    public void Conclude(CommandResult all)
    {
        result = all;
        if (!isJson)
            Write(all.Lines(), all is IProgramText);
    }

    /// <summary>Reports what ends the command, on a line of the error output.</summary>
    /// <param name="message">What is wrong; a finding of the message before where it begins with spaces.</param>
    public void Fail(string message)
    {
        errors.Add(message.Trim());
        terminal.WriteError(message is Interrupted || message.StartsWith(' ') ? message : $"error: {message}");
    }

    /// <summary>The message of a run that Ctrl-C ended.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>Writes the document, if it is wanted and there is anything to say.</summary>
    public void Close(ExitCode code)
    {
        if (!isJson || !isOfFirst)
            return;
        var error = code is ExitCode.Success ? null : new ErrorResult((int)code, KindOf(code), errors);
        if (result is null && error is null)
            return;
        terminal.Out.WriteLine(Text((result ?? new FailureResult()) with { Error = error }));
    }

    /// <summary>The document of a result.</summary>
    public static string Text(CommandResult result)
    {
        var options = new JsonSerializerOptions(ResultJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var type = new ResultJson(options).GetTypeInfo(result.GetType())!; // every result is listed there
        string text = JsonSerializer.Serialize(result, type).ReplaceLineEndings("\n");
        // Marks that change the direction of text occur within strings alone.
        return text.Any(IsFormat) ? string.Concat(text.Select(c => IsFormat(c) ? $@"\u{(int)c:x4}" : c.ToString())) : text;
    }

    void Write(IEnumerable<string> lines, bool areWhole = false)
    {
        foreach (string line in lines.Select(Printable.Line))
            if (areWhole)
                terminal.Out.WriteLine(line);
            else
                terminal.WriteOut(line);
    }

    static bool IsFormat(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Format;

    static string KindOf(ExitCode code) =>
        code switch
        {
            ExitCode.Usage => "usage",
            ExitCode.Bug => "bug",
            ExitCode.Interrupted => "interrupted",
            _ => "failure",
        };
}

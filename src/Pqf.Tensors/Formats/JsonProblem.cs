using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pqf.Tensors.Formats;

/// <summary>Says in this program's words what is wrong with a JSON text. The reader's own words are for programmers: they name types of
/// .NET, and count lines from 0.</summary>
public static partial class JsonProblem
{
    /// <summary>Whether an exception says that a text is not JSON, or not of the expected form.</summary>
    /// <remarks>The second kind is the reader's answer to text that is not Unicode.</remarks>
    public static bool IsOne(Exception exception) => exception is JsonException or InvalidOperationException;

    /// <summary>What is wrong and where: <c>is not JSON: line 2, position 7: ends too early</c>, <c>crop: expected a whole number</c>. What
    /// this program's own readers say stays as it is.</summary>
    /// <param name="exception">As <see cref="IsOne"/>.</param>
    public static string Describe(Exception exception)
    {
        string message = exception.Message;
        return exception switch
        {
            not JsonException => "holds text that is not Unicode",
            JsonException json when Missing(message) is [_, ..] names => $"{FieldOf(json)}lacks {names}",
            JsonException json when message.StartsWith("The JSON value could not be converted", Ordinal) =>
                $"{FieldOf(json)}expected {KindIn(message, exception.InnerException?.Message ?? "")}",
            JsonException { LineNumber: { } line } json when IsOfTheReader(message) => string.Create(
                CultureInfo.InvariantCulture,
                $"is not JSON: line {line + 1}, position {(json.BytePositionInLine ?? 0) + 1}{ReasonIn(message)}"
            ),
            _ => Printable.Message(message),
        };
    }

    const StringComparison Ordinal = StringComparison.Ordinal;

    static bool IsOfTheReader(string message) => message.Contains("BytePositionInLine", Ordinal);

    static string ReasonIn(string message) =>
        message.Contains("trailing comma", Ordinal) ? ": a comma too many"
        : message.Contains("depth of", Ordinal) ? ": more levels of brackets than are read"
        : message.Contains("does not contain any JSON", Ordinal)
        || message.Contains("end of data", Ordinal)
        || message.Contains("depth to be zero", Ordinal)
            ? ": ends too early"
        : "";

    /// <summary>What the type that could not be read is called.</summary>
    /// <param name="message">Of the serialiser: it names the type, or the record around it.</param>
    /// <param name="inner">Of the reader, which then says what it was asked for.</param>
    static string KindIn(string message, string inner) =>
        (TypeName.Match(message).Groups[1].Value, inner) switch
        {
            ("Int32" or "Int64", _) => "a whole number",
            ("Single" or "Double", _) => "a number",
            ("String", _) => "a text",
            ("Boolean", _) => "true or false",
            _ when inner.Contains("for an Int", Ordinal) => "a whole number",
            _ when inner.Contains("as a number", Ordinal) => "a number",
            _ when inner.Contains("as a string", Ordinal) => "a text",
            _ when inner.Contains("as a boolean", Ordinal) => "true or false",
            _ => "a value of another kind",
        };

    static string Missing(string message) =>
        message.Contains("missing required", Ordinal)
            ? string.Join(", ", QuotedName.Matches(message[message.IndexOf("including", Ordinal)..]).Select(name => name.Groups[1].Value))
            : "";

    /// <summary><c>$.crop</c> is the field <c>crop</c>; <c>$</c> is the whole text.</summary>
    static string FieldOf(JsonException exception) =>
        exception.Path?.TrimStart('$').TrimStart('.') is [_, ..] field ? $"{Printable.Name(field)}: " : "";

    [GeneratedRegex(@"System\.(?:Nullable`1\[System\.)?(\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName { get; }

    [GeneratedRegex("'([^']+)'", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedName { get; }
}

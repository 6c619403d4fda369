using System.Text.Json;
using Json.Schema;
using Pqf.Cli.Shell;
using Xunit;

namespace Pqf.Cli.Tests.Results;

/// <summary>Command lines with <c>--json</c>.</summary>
static class JsonCli
{
    /// <summary>Runs, and checks the one document on the standard output against its schema.</summary>
    /// <param name="schema">Its name.</param>
    /// <param name="code">The exit code expected.</param>
    /// <param name="arguments">Without <c>--json</c>.</param>
    public static JsonElement Run(string schema, ExitCode code, params string[] arguments)
    {
        var result = Cli.Run([.. arguments, "--json"]);
        Assert.True(code == result.Code, result.Error);
        return Check(schema, result.Out);
    }

    /// <summary>Reads a document that fits its schema.</summary>
    public static JsonElement Check(string schema, string text)
    {
        using var document = JsonDocument.Parse(text);
        var element = document.RootElement.Clone();
        var found = JsonSchema
            .FromFile(SchemaFiles.PathOf(schema))
            .Evaluate(element, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(
            found.IsValid,
            string.Join(
                '\n',
                found
                    .Details.Where(part => part.HasErrors)
                    .Select(part => $"{part.InstanceLocation}: {string.Join(", ", part.Errors!.Values)}")
            )
        );
        return element;
    }

    /// <summary>A value within a document, by the names and places that lead to it.</summary>
    public static JsonElement At(this JsonElement element, params object[] path) =>
        path.Aggregate(element, (inner, part) => part is int place ? inner[place] : inner.GetProperty((string)part));
}

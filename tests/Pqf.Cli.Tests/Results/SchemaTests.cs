using System.Text.Json.Nodes;
using Pqf.Cli.Commands;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Results;

public class SchemaTests
{
    /// <summary>PQF_WRITE_SCHEMAS=1 writes the files in place of comparing them.</summary>
    [Fact]
    public void Schemas_are_those_of_the_records()
    {
        bool isWriting = Environment.GetEnvironmentVariable("PQF_WRITE_SCHEMAS") == "1";
        foreach (var (name, type) in SchemaFiles.All)
            if (isWriting)
                File.WriteAllText(SchemaFiles.PathOf(name), SchemaFiles.TextOf(type));
            else
                Assert.Equal(SchemaFiles.TextOf(type), File.ReadAllText(SchemaFiles.PathOf(name)));
    }

    [Fact]
    public void Every_property_is_described() =>
        Assert.All(
            SchemaFiles.All.Values.SelectMany(type => Properties(JsonNode.Parse(SchemaFiles.TextOf(type))!)),
            property => Assert.True(property.Value?["description"]?.GetValue<string>() is { Length: > 0 }, property.Key)
        );

    [Fact]
    public void Every_command_has_its_schema_in_the_documentation()
    {
        string text = File.ReadAllText(Path.Combine(SharedData.Repository, "docs", "scripting.md"));
        Assert.All(AllCommands.Create(), entry => Assert.Contains($"`{entry.Syntax.Name}`", text, StringComparison.Ordinal));
        Assert.All(SchemaFiles.All.Keys, name => Assert.Contains($"(schemas/{name}.json)", text, StringComparison.Ordinal));
    }

    static IEnumerable<KeyValuePair<string, JsonNode?>> Properties(JsonNode schema) =>
        schema is not JsonObject node
            ? []
            : node.SelectMany(pair => pair.Value is null ? [] : Properties(pair.Value))
                .Concat(node["properties"] is JsonObject properties ? [.. properties] : []);
}

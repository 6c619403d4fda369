using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Xml.Linq;
using Pqf.Cli.Results;
using Pqf.Testing;

namespace Pqf.Cli.Tests.Results;

/// <summary>The schemas of docs/schemas, as the records and their doc comments have them.</summary>
static class SchemaFiles
{
    static readonly JsonSerializerOptions options = new(ResultJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name of each schema and the record that it describes.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } =
        new SortedDictionary<string, Type>(StringComparer.Ordinal)
        {
            ["bench"] = typeof(BenchResult),
            ["classify"] = typeof(ClassifyResult),
            ["compare"] = typeof(CompareResult),
            ["compress"] = typeof(CompressResult),
            ["compress-dry-run"] = typeof(PlanResult),
            ["completion"] = typeof(CompletionResult),
            ["config"] = typeof(ConfigFileResult),
            ["config-list"] = typeof(PresetsResult),
            ["compress-partial"] = typeof(CompressPartialResult),
            ["convert"] = typeof(ConvertResult),
            ["demo"] = typeof(DemoResult),
            ["detect"] = typeof(DetectResult),
            ["devices"] = typeof(DevicesResult),
            ["error"] = typeof(FailureResult),
            ["evaluate-classifier"] = typeof(EvaluateClassifierResult),
            ["evaluate-detector"] = typeof(EvaluateDetectorResult),
            ["inspect"] = typeof(InspectResult),
            ["run"] = typeof(RunResult),
            ["train"] = typeof(TrainingResult),
            ["version"] = typeof(VersionResult),
        };

    /// <summary>The file of a schema.</summary>
    public static string PathOf(string name) => Path.Combine(SharedData.Repository, "docs", "schemas", $"{name}.json");

    /// <summary>The text of a schema.</summary>
    public static string TextOf(Type type)
    {
        var comments = Comments();
        var node = options.GetJsonSchemaAsNode(
            type,
            new JsonSchemaExporterOptions
            {
                TreatNullObliviousAsNonNullable = true,
                TransformSchemaNode = (context, schema) => Described(context, schema, comments),
            }
        );
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema" };
        foreach (var (key, value) in node.AsObject().ToArray())
            schema[key] = value?.DeepClone();
        return schema.ToJsonString(options).ReplaceLineEndings("\n") + "\n";
    }

    static JsonNode Described(JsonSchemaExporterContext context, JsonNode schema, IReadOnlyDictionary<string, string> comments)
    {
        if (schema is not JsonObject node)
            return schema;
        if (node["properties"] is JsonObject properties)
        {
            node["required"] = new JsonArray([
                .. properties.Select(pair => pair.Key).Except(["next", "error"]).Select(name => JsonValue.Create(name)),
            ]);
            node["additionalProperties"] = false;
        }

        // The exporter takes a property that nothing sets for one that may be null.
        if (context.PropertyInfo is { IsGetNullable: false } && node["type"] is JsonArray types)
            node["type"] = types[0]!.DeepClone();
        string? comment = context.PropertyInfo is { } property
            ? comments.GetValueOrDefault($"{property.DeclaringType.FullName}.{NameOf(property.AttributeProvider, property.Name)}")
            : comments.GetValueOrDefault(context.TypeInfo.Type.FullName ?? "");
        if (comment is not null && !node.ContainsKey("description"))
            node.Insert(0, "description", comment);
        return node;
    }

    static string NameOf(ICustomAttributeProvider? member, string name) =>
        (member as MemberInfo)?.Name ?? char.ToUpperInvariant(name[0]) + name[1..];

    /// <summary>Doc comments by type, and by type and property.</summary>
    static Dictionary<string, string> Comments()
    {
        var comments = new Dictionary<string, string>();
        foreach (string file in (string[])["pqf.xml", "Pqf.Compression.xml"])
        foreach (var member in XDocument.Load(Path.Combine(AppContext.BaseDirectory, file)).Descendants("member"))
        {
            string name = member.Attribute("name")!.Value;
            if (name[0] is 'T' or 'P')
                comments[name[2..]] = TextOf(member.Element("summary"));
            if (name[0] == 'T')
                foreach (var parameter in member.Elements("param"))
                    comments[$"{name[2..]}.{parameter.Attribute("name")!.Value}"] = TextOf(parameter);
        }

        return comments;
    }

    static string TextOf(XElement? comment)
    {
        if (comment is null)
            return "";
        var copy = new XElement(comment);
        // A reference to a parameter is the property's name.
        foreach (var reference in copy.Descendants("paramref").ToArray())
            reference.ReplaceWith(JsonNamingPolicy.CamelCase.ConvertName(reference.Attribute("name")!.Value));
        return string.Join(' ', copy.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}

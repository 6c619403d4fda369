using System.Text.Json;
using System.Text.Json.Serialization;
using Pqf.Nets.Architectures;

namespace Pqf.Compression.Model;

/// <summary>An architecture as JSON: the sizes that all families share, and the options of its family under the family's key.</summary>
/// <param name="Name">As <see cref="Architecture.Name"/>.</param>
/// <param name="ClassCount">As <see cref="Architecture.ClassCount"/>; null for the family's own.</param>
/// <param name="InChannels">As <see cref="Architecture.InChannels"/>; null for the family's own.</param>
/// <param name="Width">As <see cref="Architecture.Width"/>.</param>
sealed record ArchitectureText(string Name, int? ClassCount = null, int? InChannels = null, int? Width = null)
{
    /// <summary>The family's options by their key; other keys are not used. The serialiser sets it: it cannot pass extension data to
    /// <c>init</c>.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Options { get; set; }

    public static ArchitectureText Of(Architecture architecture) =>
        new(architecture.Name, architecture.ClassCount, architecture.InChannels, architecture.Width)
        {
            Options =
                architecture.Options is { } options && FormatOf(architecture.Name) is { } format
                    ? new() { [format.Key] = JsonSerializer.SerializeToElement(options, format.Type) }
                    : null,
        };

    /// <exception cref="JsonException">The options are not the family's.</exception>
    public Architecture ToArchitecture() =>
        new(
            Name,
            ClassCount,
            InChannels,
            Width,
            FormatOf(Name) is { } format && Options?.TryGetValue(format.Key, out var options) == true
                ? (FamilyOptions?)options.Deserialize(format.Type)
                : null
        );

    /// <summary>Whether two architectures of one name have the same options of their family, its own where they give none.</summary>
    public static bool HaveSameOptions(Architecture a, Architecture b)
    {
        return FormatOf(a.Name) is not { Usual: { } usual } format || Text(a) == Text(b);

        string Text(Architecture architecture) => JsonSerializer.Serialize(architecture.Options ?? usual, format.Type);
    }

    static OptionsFormat? FormatOf(string name) => Networks.Find(name)?.OptionsFormat;
}

using System.Text.Json.Serialization.Metadata;

namespace Pqf.Nets.Architectures;

/// <summary>Settings that one family of networks has beyond the sizes that all families share.</summary>
public abstract record FamilyOptions;

/// <summary>How files hold the options of a family.</summary>
/// <param name="Key">Name of their JSON object within the architecture's.</param>
/// <param name="Type">Writes and reads it.</param>
/// <param name="Usual">Of a network that has none of its own; null if each has its own.</param>
public sealed record OptionsFormat(string Key, JsonTypeInfo Type, FamilyOptions? Usual = null);

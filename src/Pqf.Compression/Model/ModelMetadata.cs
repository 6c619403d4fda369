using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>The text of a <c>.pqf</c> file, and of other files that hold the same.</summary>
sealed record ModelMetadata(
    Architecture Architecture,
    Preprocessing Preprocessing,
    ClassNames? ClassNames,
    CompressionSpec? Compression,
    long? Seed,
    Provenance? Provenance
)
{
    /// <summary>Version of the format that it is written in.</summary>
    public string Version { get; init; } = PqfModel.FormatVersion;

    const string Format = "pqf",
        FormatKey = "format",
        VersionKey = "version",
        BesideKey = "pqf";

    public static ModelMetadata Of(PqfModel model) =>
        new(model.Architecture, model.Preprocessing, model.ClassNames, model.Compression, model.Seed, model.Provenance)
        {
            Version = model.Version,
        };

    public IReadOnlyDictionary<string, string> ToText()
    {
        var json = ModelJson.Default;
        var text = new Dictionary<string, string>
        {
            [FormatKey] = Format,
            [VersionKey] = Version,
            ["architecture"] = JsonSerializer.Serialize(ArchitectureText.Of(Architecture), json.ArchitectureText),
            ["preprocessing"] = JsonSerializer.Serialize(Preprocessing, json.Preprocessing),
        };
        if (ClassNames is ClassNames.WellKnown known)
            text["class_set"] = known.Set;
        if (ClassNames is ClassNames.Listed listed)
            text["classes"] = JsonSerializer.Serialize(listed.Names.ToArray(), json.StringArray);
        if (Compression is { } compression)
            text["compression"] = JsonSerializer.Serialize(compression, json.CompressionSpec);
        if (Seed is { } seed)
            text["seed"] = seed.ToString(CultureInfo.InvariantCulture);
        if (Provenance is { } provenance)
            text["provenance"] = JsonSerializer.Serialize(provenance, json.Provenance);
        return text;
    }

    /// <summary>The same with the names of a known set listed, for programs that know none.</summary>
    public IReadOnlyDictionary<string, string> ToSelfContainedText() =>
        ClassNames is ClassNames.WellKnown { Set: ClassNames.ImageNet }
            ? new Dictionary<string, string>(ToText())
            {
                ["classes"] = JsonSerializer.Serialize([.. ImageNetClasses.Table.Names], ModelJson.Default.StringArray),
            }
            : ToText();

    /// <summary>The same beside tensors under PyTorch's names, which programs that do not know this project read as "pt".</summary>
    public IReadOnlyDictionary<string, string> ToTextBesidePyTorch()
    {
        var text = new Dictionary<string, string>(ToText()) { [FormatKey] = "pt", [BesideKey] = ToText()[VersionKey] };
        text.Remove(VersionKey);
        return text;
    }

    /// <summary>The text beside tensors under PyTorch's names; null where the file has none.</summary>
    public static Result<ModelMetadata?, PqfError> BesidePyTorch(TensorFile file) =>
        file.Metadata.GetValueOrDefault(BesideKey) switch
        {
            null => (ModelMetadata?)null,
            var version when IsRead(version) => Read(file).Map<ModelMetadata?>(text => text),
            var version => new PqfError.File(
                file.Path,
                $"its metadata is of version {version} of this program's; this program reads versions {PqfModel.FormatVersion} and "
                    + PqfModel.GraphFormatVersion
            ),
        };

    static bool IsRead(string? version) => version is PqfModel.FormatVersion or PqfModel.GraphFormatVersion;

    public static Result<ModelMetadata, PqfError> From(TensorFile file)
    {
        if (file.Metadata.GetValueOrDefault(FormatKey) != Format)
            return new PqfError.File(file.Path, $"is a {file.Format} file, but not a .pqf file: its metadata does not say so");
        if (file.Metadata.GetValueOrDefault(VersionKey) is var version && !IsRead(version))
            return new PqfError.File(
                file.Path,
                $"is of version {version ?? "(none)"} of the .pqf format; this program reads versions {PqfModel.FormatVersion} and "
                    + PqfModel.GraphFormatVersion
            );
        return Read(file);
    }

    /// <summary>The text of a file of any format that holds it.</summary>
    public static Result<ModelMetadata, PqfError> Read(TensorFile file)
    {
        var json = ModelJson.Default;
        string key = "";
        T? Optional<T>(string name, JsonTypeInfo<T> type)
            where T : class
        {
            key = name;
            return file.Metadata.TryGetValue(name, out string? text)
                ? JsonSerializer.Deserialize(text, type) ?? throw new JsonException("expected a value, got null")
                : null;
        }

        T Required<T>(string name, JsonTypeInfo<T> type)
            where T : class => Optional(name, type) ?? throw new JsonException("is missing");

        long? Seed()
        {
            key = "seed";
            return !file.Metadata.TryGetValue(key, out string? text) ? null
                : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed
                : throw new JsonException($"expected a whole number, got {text}");
        }

        try
        {
            ClassNames? names =
                file.Metadata.TryGetValue("class_set", out string? set) ? new ClassNames.WellKnown(set)
                : Optional("classes", json.StringArray) is { } listed ? new ClassNames.Listed([.. listed])
                : null;
            var metadata = new ModelMetadata(
                Required("architecture", json.ArchitectureText).ToArchitecture(),
                Required("preprocessing", json.Preprocessing),
                names,
                Optional("compression", json.CompressionSpec),
                Seed(),
                Optional("provenance", json.Provenance)
            );
            return Problem(metadata) is { } problem ? new PqfError.File(file.Path, $"metadata: {problem}") : metadata;
        }
        catch (Exception exception) when (JsonProblem.IsOne(exception))
        {
            return new PqfError.File(file.Path, $"metadata: {key}: {JsonProblem.Describe(exception)}");
        }
    }

    static string? Problem(ModelMetadata metadata)
    {
        var (mean, deviation) = (metadata.Preprocessing.Mean, metadata.Preprocessing.Deviation);
        if (
            mean.IsDefault
            || deviation.IsDefault
            || mean.Length != metadata.Architecture.InChannels
            || deviation.Length != mean.Length
            || !mean.All(float.IsFinite)
            || deviation.Any(value => !(value > 0 && float.IsFinite(value)))
        )
            return $"preprocessing: expected a mean and a positive deviation for each of {metadata.Architecture.InChannels} channels";
        if (
            metadata.Preprocessing is not { Resize: >= 1 and <= Preprocessing.MaxSide, Crop: >= 1 }
            || metadata.Preprocessing.Crop > metadata.Preprocessing.Resize
        )
            return $"preprocessing: expected sizes of 1 to {Preprocessing.MaxSide}, the crop's at most the other's, got resize "
                + $"{metadata.Preprocessing.Resize} and crop {metadata.Preprocessing.Crop}";
        if (metadata.Preprocessing.Columns is not (null or (>= 1 and <= Preprocessing.MaxSide)))
            return $"preprocessing: expected 1 to {Preprocessing.MaxSide} columns, got {metadata.Preprocessing.Columns}";
        if (metadata.ClassNames is ClassNames.Listed listed && listed.Names.Length != metadata.Architecture.ClassCount)
            return $"classes: expected {Plural.Of(metadata.Architecture.ClassCount, "name")}, got {listed.Names.Length}";
        return null;
    }
}

/// <summary>JSON of the metadata, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ArchitectureText))]
[JsonSerializable(typeof(Preprocessing))]
[JsonSerializable(typeof(CompressionSpec))]
[JsonSerializable(typeof(Provenance))]
[JsonSerializable(typeof(string[]))]
sealed partial class ModelJson : JsonSerializerContext;

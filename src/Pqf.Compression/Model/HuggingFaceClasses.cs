using System.Collections.Immutable;
using System.Globalization;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>Names of classes in Hugging Face's <c>config.json</c>: <c>id2label</c>.</summary>
/// <remarks>Source: the documentation of transformers' <c>PretrainedConfig</c>.</remarks>
static class HuggingFaceClasses
{
    const string Field = "id2label",
        // transformers calls classes so that nobody has named.
        Placeholder = "LABEL_";

    /// <summary>Share of ImageNet's names that must be there for names to be ImageNet's: spellings differ.</summary>
    const double ImageNetShare = 0.9;

    /// <summary>Reads the names.</summary>
    /// <param name="json">The file.</param>
    /// <param name="count">Classes of the network.</param>
    /// <returns>Null where there are none.</returns>
    /// <exception cref="System.Text.Json.JsonException">They are not one for each class.</exception>
    public static ClassNames? Of(JsonFields json, int count)
    {
        if (json.Child(Field) is not { } fields)
            return null;
        var numbers = fields.Names.Select(NumberOf).ToImmutableArray();
        if (numbers.Length != count || !numbers.Order().SequenceEqual(Enumerable.Range(0, count).Select(number => (int?)number)))
            throw json.Unexpected(Field, $"a name for each of 0 to {count - 1}, as the network has {Plural.Of(count, "class", "classes")}");
        ImmutableArray<string> names =
        [
            .. Enumerable.Range(0, count).Select(number => fields.Text(number.ToString(CultureInfo.InvariantCulture)) ?? ""),
        ];
        if (names.Any(string.IsNullOrWhiteSpace))
            throw json.Unexpected(Field, "names that are not empty");
        return names.All(name => name.StartsWith(Placeholder, StringComparison.Ordinal)) ? null
            : AreImageNets(names) ? new ClassNames.WellKnown(ClassNames.ImageNet)
            : new ClassNames.Listed(names);
    }

    static int? NumberOf(string key) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Whether names are ImageNet's with all their synonyms: <c>tench, Tinca tinca</c>. Its own table has wnids too, which folders
    /// are called by.</summary>
    static bool AreImageNets(ImmutableArray<string> names) =>
        names.Length == ImageNetClasses.Table.Names.Length
        && names.Zip(ImageNetClasses.Table.Names).Count(pair => FirstOf(pair.First) == FirstOf(pair.Second))
            >= ImageNetShare * names.Length;

    static string FirstOf(string name) => name.Split(',')[0].Trim().ToLowerInvariant();
}

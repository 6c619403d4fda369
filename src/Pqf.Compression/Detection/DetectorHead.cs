using System.Collections.Immutable;
using Pqf.Compression.Model;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>The head that a detector is trained with: its file's own where that knows the data's classes, else a new one.</summary>
/// <param name="ClassCount">Labels.</param>
/// <param name="Names">Their names.</param>
/// <param name="IsNew">Whether the head is drawn newly.</param>
/// <param name="Note">Why, in a line; null where nothing was decided.</param>
sealed record DetectorHead(int ClassCount, ImmutableArray<string> Names, bool IsNew, string? Note)
{
    /// <summary>The head of a new detector.</summary>
    /// <param name="overrides">A class count and names, if they are given.</param>
    /// <param name="data">What is trained on.</param>
    public static Result<DetectorHead, PqfError> New(NetworkOverrides overrides, DetectorData data) =>
        Wanted(overrides) is { } wanted
            ? data.Fitted(wanted).Map(labels => Drawn(wanted, labels, overrides, null))
            : data.Fitted(data.Labels.ClassCount)
                .Map(labels => Drawn(labels.ClassCount, labels, overrides, $"the network has {data.Described}"));

    /// <summary>The head of a detector that a file holds.</summary>
    /// <param name="known">The file's.</param>
    /// <param name="overrides">A class count and names, if they are given.</param>
    /// <param name="data">What is trained on.</param>
    /// <returns>An error if the detector knows some of the data's classes but not all, and nobody says what is wanted.</returns>
    public static Result<DetectorHead, PqfError> Of(KnownNetwork known, NetworkOverrides overrides, DetectorData data)
    {
        int? wanted = Wanted(overrides);
        if (!known.HasHead || (wanted is { } other && other != known.ClassCount))
            return Replaced(known, overrides, data);
        var names =
            !known.Names.IsEmpty ? known.Names
            : !overrides.ClassNames.IsEmpty ? overrides.ClassNames
            : DetectorClasses.NamesOf(null, known.ClassCount);
        var (found, unknown) = data.Matched(names);
        // Names that are given and none of the data's are other words for the same.
        if (names.IsEmpty || (found.IsEmpty && known.Names.IsEmpty && !overrides.ClassNames.IsEmpty))
            return wanted is not null || data.Fits(known.ClassCount) ? Nameless(known, overrides, data) : Replaced(known, overrides, data);
        if (unknown.IsEmpty)
            return Kept(known, names, overrides, data);
        return wanted is not null || found.IsEmpty
            ? Replaced(known, overrides, data)
            : new PqfError.File(
                data.Train.AnnotationsPath,
                $"has {DetectorClasses.Listed(unknown)}, which {known.Path} has no class for, beside {DetectorClasses.Listed(found)}, "
                    + $"which it has; model.class_count: {data.Labels.ClassCount} draws a new head for the data's classes"
            );
    }

    static Result<DetectorHead, PqfError> Nameless(KnownNetwork known, NetworkOverrides overrides, DetectorData data) =>
        data.Fitted(known.ClassCount)
            .Map(labels => new DetectorHead(
                known.ClassCount,
                overrides.ClassNames.IsEmpty ? Padded(labels.Names, known.ClassCount) : overrides.ClassNames,
                false,
                $"{known.Path} does not name its classes: its labels are taken for the "
                    + $"{(labels.IsByRank ? "ranks" : "numbers")} of the categories of {data.Train.AnnotationsPath}"
            ));

    static Result<DetectorHead, PqfError> Kept(
        KnownNetwork known,
        ImmutableArray<string> names,
        NetworkOverrides overrides,
        DetectorData data
    ) =>
        data.Matched(overrides.ClassNames).Unknown is not [] and var unknown && !overrides.ClassNames.IsEmpty
            ? new PqfError.Config(
                "configuration",
                "model.class_names",
                $"expected the data's names too, as {known.Path} has them, got none for {DetectorClasses.Listed(unknown)}"
            )
            : new DetectorHead(known.ClassCount, overrides.ClassNames.IsEmpty ? names : overrides.ClassNames, false, null);

    static Result<DetectorHead, PqfError> Replaced(KnownNetwork known, NetworkOverrides overrides, DetectorData data)
    {
        int count = Wanted(overrides) ?? data.Labels.ClassCount;
        return data.Fitted(count)
            .Map(labels =>
                Drawn(
                    count,
                    labels,
                    overrides,
                    $"draws a new head: {(Wanted(overrides) is null ? data.Described : Plural.Of(count, "class", "classes"))}; all "
                        + $"other layers are those of {known.Path}"
                )
            );
    }

    static DetectorHead Drawn(int classCount, CocoLabels labels, NetworkOverrides overrides, string? note) =>
        new(classCount, overrides.ClassNames.IsEmpty ? Padded(labels.Names, classCount) : overrides.ClassNames, true, note);

    // Who names the classes says how many there are.
    static int? Wanted(NetworkOverrides overrides) =>
        overrides.ClassCount ?? (overrides.ClassNames.IsEmpty ? null : overrides.ClassNames.Length);

    static ImmutableArray<string> Padded(ImmutableArray<string> names, int count) =>
        [.. names, .. Enumerable.Range(names.Length, Math.Max(0, count - names.Length)).Select(label => $"class {label}")];
}

using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>Which of a detector's labels are which of a data set's categories: by name where the detector has names, else by
/// number.</summary>
static class DetectorClasses
{
    const int MostListed = 8;

    /// <summary>Names of a detector's labels; empty if nobody knows them. One of 91 labels without names is taken for COCO's.</summary>
    public static ImmutableArray<string> NamesOf(PqfModel model) => NamesOf(model.ClassNames, model.Architecture.ClassCount);

    /// <summary>Names of labels.</summary>
    /// <param name="stored">What the file says.</param>
    /// <param name="classCount">Labels.</param>
    public static ImmutableArray<string> NamesOf(ClassNames? stored, int classCount) =>
        stored switch
        {
            ClassNames.Listed listed => listed.Names,
            null when classCount == CocoClasses.LabelCount => CocoClasses.LabelNames,
            _ => [],
        };

    /// <summary>Names to store: none where they are COCO's, which are known.</summary>
    public static ClassNames? Stored(ImmutableArray<string> names) =>
        names.SequenceEqual(CocoClasses.LabelNames) ? null : new ClassNames.Listed(names);

    /// <summary>Images whose labels are a network's.</summary>
    /// <param name="images">The images.</param>
    /// <param name="names">Of the network's labels; empty if nobody knows them.</param>
    /// <param name="classCount">Its labels.</param>
    /// <param name="progress">Receives what is guessed.</param>
    /// <returns>An error that lists the categories that the network has no class for.</returns>
    public static Result<CocoFolder, PqfError> For(
        CocoFolder images,
        ImmutableArray<string> names,
        int classCount,
        IProgress<JobProgress>? progress
    )
    {
        if (!names.IsEmpty)
            return ByName(images, names, progress);
        var ranked = CocoLabels.ByRank(images.Instances);
        var labels = CocoLabels.ByNumber(images.Instances, classCount) ?? (ranked.ClassCount == classCount ? ranked : images.Labels);
        progress.Note(
            $"the network does not name its classes: its labels are taken for the {(labels.IsByRank ? "ranks" : "numbers")} of "
                + $"the categories of {images.AnnotationsPath}"
        );
        return (images with { Labels = labels }).NumberedFor(classCount);
    }

    /// <summary>Images whose labels are those of the categories' names.</summary>
    /// <param name="images">The images.</param>
    /// <param name="names">Of all labels.</param>
    /// <param name="progress">Receives categories without objects that have no label.</param>
    public static Result<CocoFolder, PqfError> ByName(CocoFolder images, ImmutableArray<string> names, IProgress<JobProgress>? progress)
    {
        var labels = CocoLabels.ByName(images.Instances, names);
        if (DoubledIn(images, labels) is { } doubled)
            return doubled;
        if (!labels.Unknown.IsEmpty)
            return new PqfError.File(
                images.AnnotationsPath,
                $"has objects of {Listed(labels.Unknown)}, which the network has no class for; its classes are {Listed(names)}. If they "
                    + "are the same under other names, give those of the data in model.class_names"
            );
        if (!labels.Idle.IsEmpty)
            progress.Note(
                $"{images.AnnotationsPath}: the network has no class for {Listed(labels.Idle)}; no object is of "
                    + (labels.Idle.Length == 1 ? "it" : "them")
            );
        return images with { Labels = labels };
    }

    /// <summary>An error about categories whose name does not say which label they have; null if there are none.</summary>
    public static PqfError? DoubledIn(CocoFolder images, CocoLabels labels) =>
        labels.Doubled is [{ Key: var key, Name: var name }, ..]
            ? new PqfError.File(
                images.AnnotationsPath,
                $"{CocoFolder.Numbers([.. images.Instances.Categories.Where(category => category.Key == key)])} called {name}, as "
                    + $"{labels.Names.Skip(1).Count(other => CocoCategory.KeyOf(other) == key)} of the network's classes are; expected a "
                    + "name for each category, or the same categories as the network was trained on"
            )
            : null;

    /// <summary>Some of the categories, for a message.</summary>
    public static string Listed(ImmutableArray<CocoCategory> categories) => Cut([.. categories.Select(category => category.Name)]);

    /// <summary>Some of the names of labels, for a message, without the background and numbers.</summary>
    public static string Listed(ImmutableArray<string> names) =>
        Cut([.. names.Where((name, label) => label > 0 && name != $"class {label}")]);

    static string Cut(ImmutableArray<string> names) =>
        string.Join(", ", names.Take(MostListed)) + (names.Length > MostListed ? $" and {names.Length - MostListed} more" : "");
}

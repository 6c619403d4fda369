using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Coco;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>Images to train a detector on and to measure it on, with one set of classes.</summary>
/// <param name="Train">What is trained on.</param>
/// <param name="Validation">What is measured on; its categories are matched by name.</param>
sealed record DetectorData(CocoFolder Train, CocoFolder Validation)
{
    /// <summary>Labels of a network that is made for the data.</summary>
    public CocoLabels Labels { get; } = CocoLabels.ForTraining(Train.Instances, Validation.Instances);

    /// <summary>The classes, for a message.</summary>
    public string Described =>
        $"{Labels.ClassCount} classes by the categories of {Train.AnnotationsPath}: the background, {DetectorClasses.Listed(Labels.Names)}";

    /// <summary>Whether a network has as many classes as the data needs, by the categories' numbers or by their ranks.</summary>
    public bool Fits(int classCount) =>
        Labels.ClassCount == classCount || CocoLabels.ByNumber(Train.Instances, classCount, Validation.Instances)?.ClassCount == classCount;

    /// <summary>Labels that a network of some classes has room for: the categories' numbers, else their ranks.</summary>
    /// <param name="classCount">Its classes.</param>
    public Result<CocoLabels, PqfError> Fitted(int classCount)
    {
        var labels =
            CocoLabels.ByNumber(Train.Instances, classCount, Validation.Instances)
            ?? CocoLabels.ByRank(Train.Instances, Validation.Instances);
        return CheckMeasured()
            .Bind<CocoLabels>(_ =>
                labels.ClassCount <= classCount
                    ? labels
                    : new PqfError.Config(
                        "configuration",
                        "model.class_count",
                        $"expected {labels.ClassCount} or more, as {Train.AnnotationsPath} has {labels.ClassCount - 1} categories beside "
                            + $"the background, got {classCount}"
                    )
            );
    }

    /// <summary>Categories with objects, to train or to measure on, that a network has names of and those that it has not.</summary>
    /// <param name="names">Of the network's labels.</param>
    public (ImmutableArray<CocoCategory> Found, ImmutableArray<CocoCategory> Unknown) Matched(ImmutableArray<string> names)
    {
        CocoFolder[] sets = [Train, Validation];
        var unknown = sets.SelectMany(set => CocoLabels.ByName(set.Instances, names).Unknown)
            .DistinctBy(item => item.Key)
            .ToImmutableArray();
        var all = sets.SelectMany(set => set.Instances.Categories.Where(item => set.Instances.HasCategory(item.Id)));
        return ([.. all.DistinctBy(item => item.Key).Where(item => unknown.All(other => other.Key != item.Key))], unknown);
    }

    /// <summary>Checks that the images to measure on have no classes but those to train on.</summary>
    public Result<Unit, PqfError> CheckMeasured() =>
        CocoLabels.ByName(Validation.Instances, Labels.Names) is { Unknown: not [] and var unknown } labels
            ? DetectorClasses.DoubledIn(Validation, labels)
                ?? new PqfError.File(
                    Validation.AnnotationsPath,
                    $"has objects of {DetectorClasses.Listed(unknown)}; expected the categories of {Train.AnnotationsPath}, which are "
                        + DetectorClasses.Listed(Labels.Names)
                )
            : default(Unit);

    /// <summary>The images with a network's labels.</summary>
    /// <param name="model">The network.</param>
    /// <param name="overrides">Names, if they are given: where none is the data's, labels are numbers.</param>
    /// <param name="progress">Receives what is guessed.</param>
    public Result<DetectorData, PqfError> For(PqfModel model, NetworkOverrides overrides, IProgress<JobProgress>? progress)
    {
        int classCount = model.Architecture.ClassCount;
        if (!overrides.ClassNames.IsEmpty && Matched(overrides.ClassNames).Found.IsEmpty)
            return from labels in Fitted(classCount)
                let train = Train with
                {
                    Labels = labels,
                }
                from validation in DetectorClasses.ByName(Validation, labels.Names, progress)
                select new DetectorData(train, validation);
        var names = DetectorClasses.NamesOf(model);
        return from train in DetectorClasses.For(Train, names, classCount, progress)
            from validation in DetectorClasses.For(Validation, names, classCount, progress)
            select new DetectorData(train, validation);
    }
}

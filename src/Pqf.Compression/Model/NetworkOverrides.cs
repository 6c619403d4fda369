using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>What wins over what a network's file says. By default nothing does.</summary>
public sealed record NetworkOverrides
{
    const int ImageNetClassCount = 1000;

    /// <summary>Name of the architecture; an error where the file's tensors are another one's.</summary>
    public string? Arch { get; init; }

    /// <summary>Classes.</summary>
    public int? ClassCount { get; init; }

    /// <summary>Input channels.</summary>
    public int? InChannels { get; init; }

    /// <summary>Channels of the first stage.</summary>
    public int? Width { get; init; }

    /// <summary>What the options of the network's family become.</summary>
    public Func<FamilyOptions?, FamilyOptions?> Options { get; init; } = found => found;

    /// <summary>Pixels of the shorter side, resized.</summary>
    public int? Resize { get; init; }

    /// <summary>Side of the square cut from it.</summary>
    public int? Crop { get; init; }

    /// <summary>Mean of each channel, 0 … 1; empty for the file's.</summary>
    public ImmutableArray<float> Mean { get; init; } = [];

    /// <summary>Deviation of each channel, 0 … 1; empty for the file's.</summary>
    public ImmutableArray<float> Deviation { get; init; } = [];

    /// <summary>Names of the classes; empty for the file's.</summary>
    public ImmutableArray<string> ClassNames { get; init; } = [];

    /// <summary>TEMP</summary>
    public RngKey? NewHead { get; init; }

    /// <summary>What a file's architecture becomes.</summary>
    internal Architecture Over(Architecture found) =>
        found with
        {
            Name = Arch ?? found.Name,
            ClassCount = ClassCount ?? found.ClassCount,
            InChannels = InChannels ?? found.InChannels,
            Width = Width ?? found.Width,
            Options = Options(found.Options),
        };

    /// <summary>A network with its preprocessing and class names overridden.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="format">The file's kind, for a person.</param>
    /// <param name="model">As the file says.</param>
    /// <param name="unused">Names of tensors that the network does not use.</param>
    internal Result<Network, PqfError> Complete(string path, string format, PqfModel model, ImmutableArray<string> unused) =>
        from preprocessing in Over(model.Preprocessing, model.Architecture.InChannels)
        from names in Over(model.ClassNames, model.Architecture.ClassCount)
        select new Network(
            path,
            format,
            model with
            {
                Preprocessing = preprocessing,
                ClassNames = names,
            },
            Names(names, model.Architecture),
            unused
        );

    Result<Preprocessing, PqfError> Over(Preprocessing stored, int channels)
    {
        var result = stored with
        {
            Resize = Resize ?? stored.Resize,
            Crop = Crop ?? stored.Crop,
            Mean = Mean.IsEmpty ? stored.Mean : Mean,
            Deviation = Deviation.IsEmpty ? stored.Deviation : Deviation,
        };
        if (result.Mean.Length != channels || result.Deviation.Length != channels)
            return Wrong(
                "preprocessing.mean",
                $"expected {channels} numbers in mean and in deviation, as the network has input channels, got "
                    + $"{result.Mean.Length} and {result.Deviation.Length}"
            );
        return result.Crop > result.Resize
            ? Wrong("preprocessing.crop", $"expected at most resize ({result.Resize}), got {result.Crop}")
            : result;
    }

    // The given names, else the file's, else ImageNet's for 1000 classes, else none.
    Result<ClassNames?, PqfError> Over(ClassNames? stored, int classCount) =>
        ClassNames switch
        {
            [] => stored ?? (classCount == ImageNetClassCount ? new ClassNames.WellKnown(Model.ClassNames.ImageNet) : null),
            var given when given.Length == classCount => new ClassNames.Listed(given),
            var given => Wrong("model.class_names", $"expected {classCount} names, got {given.Length}"),
        };

    /// <summary>One name for each class. A detector of 91 classes without names has COCO's.</summary>
    static ImmutableArray<string> Names(ClassNames? names, Architecture architecture) =>
        names switch
        {
            ClassNames.Listed listed => listed.Names,
            ClassNames.WellKnown { Set: Model.ClassNames.ImageNet } when architecture.ClassCount == ImageNetClassCount =>
            [
                .. ImageNetClasses.Table.All.Select(item => item.Name),
            ],
            null when architecture.ClassCount == CocoClasses.LabelCount && Networks.FamilyOf(architecture).Task == NetworkTask.Detection =>
                CocoClasses.LabelNames,
            _ => [.. Enumerable.Range(0, architecture.ClassCount).Select(number => $"class {number}")],
        };

    static PqfError.Config Wrong(string key, string problem) => new("configuration", key, problem);
}

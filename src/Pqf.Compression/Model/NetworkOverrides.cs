using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Model;

/// <summary>What wins over what a network's file says. By default nothing does.</summary>
public sealed record NetworkOverrides
{
    /// <summary>Name of the architecture; an error where the file's tensors are another one's.</summary>
    public string? Arch { get; init; }

    /// <summary>What gave the name, for messages.</summary>
    public string ArchSource { get; init; } = "model.arch";

    /// <summary>Classes.</summary>
    public int? ClassCount { get; init; }

    /// <summary>When a file's head is replaced by a new one of <see cref="ClassCount"/> classes; null for never: another class count is
    /// an error then, and so is a file without a head.</summary>
    public NewHead? NewHead { get; init; }

    /// <summary>Takes a dense network whose file lacks the running statistics of norms, which is an error otherwise. Its function is not
    /// the trained one until they are estimated on images, as <see cref="Jobs.CompressJob"/> and training do.</summary>
    public bool AllowsMissingStatistics { get; init; }

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
    /// <param name="newLayers">Layers drawn newly; empty where all values are the file's.</param>
    internal Result<Network, PqfError> Complete(string path, string format, PqfModel model, ImmutableArray<string> newLayers) =>
        from preprocessing in Over(model.Preprocessing, model.Architecture.InChannels)
        from names in Over(model, newLayers)
        from architecture in ForImages(model.Architecture, preprocessing)
        select new Network(
            path,
            format,
            model with
            {
                Architecture = architecture,
                Preprocessing = preprocessing,
                ClassNames = names,
            },
            newLayers.IsEmpty ? Names(names, model.Architecture) : Own(names, model.Architecture.ClassCount),
            []
        )
        {
            NewLayers = newLayers,
        };

    /// <summary>What a file's preprocessing becomes.</summary>
    internal Preprocessing Over(Preprocessing stored) =>
        stored with
        {
            Resize = Resize ?? stored.Resize,
            Crop = Crop ?? stored.Crop,
            Mean = Mean.IsEmpty ? stored.Mean : Mean,
            Deviation = Deviation.IsEmpty ? stored.Deviation : Deviation,
        };

    Result<Preprocessing, PqfError> Over(Preprocessing stored, int channels)
    {
        var result = Over(stored);
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

    // Networks of known families take images of any size.
    static Result<Architecture, PqfError> ForImages(Architecture architecture, Preprocessing preprocessing) =>
        GraphNetwork
            .ForImages(architecture, new Pair(preprocessing.Crop, preprocessing.Columns ?? preprocessing.Crop))
            .Match<Result<Architecture, PqfError>>(sized => sized, error => Wrong("preprocessing.crop", error.Message));

    // The given names, else the file's, else ImageNet's for 1000 classes, else none. A new head's classes are nobody else's.
    Result<ClassNames?, PqfError> Over(PqfModel model, ImmutableArray<string> newLayers)
    {
        int classCount = model.Architecture.ClassCount;
        return ClassNames switch
        {
            [] when !newLayers.IsEmpty => (ClassNames?)null,
            [] => UsualNames(model.ClassNames, classCount),
            var given when given.Length == classCount => new ClassNames.Listed(given),
            var given => Wrong("model.class_names", $"expected {Plural.Of(classCount, "name")}, got {given.Length}"),
        };
    }

    /// <summary>The stored names; ImageNet's for 1000 classes without any.</summary>
    internal static ClassNames? UsualNames(ClassNames? stored, int classCount) =>
        stored ?? (classCount == ImageNetClasses.Table.All.Length ? new ClassNames.WellKnown(Model.ClassNames.ImageNet) : null);

    /// <summary>One name for each class. A detector of 91 classes without names has COCO's.</summary>
    static ImmutableArray<string> Names(ClassNames? names, Architecture architecture) =>
        names switch
        {
            ClassNames.WellKnown { Set: Model.ClassNames.ImageNet } when architecture.ClassCount == ImageNetClasses.Table.All.Length =>
                ImageNetClasses.Table.Names,
            null when architecture.ClassCount == CocoClasses.LabelCount && Networks.FamilyOf(architecture).Task == NetworkTask.Detection =>
                CocoClasses.LabelNames,
            _ => Own(names, architecture.ClassCount),
        };

    /// <summary>The listed names, else numbers.</summary>
    static ImmutableArray<string> Own(ClassNames? names, int classCount) =>
        names is ClassNames.Listed listed ? listed.Names : [.. Enumerable.Range(0, classCount).Select(number => $"class {number}")];

    static PqfError.Config Wrong(string key, string problem) => new("configuration", key, problem);
}

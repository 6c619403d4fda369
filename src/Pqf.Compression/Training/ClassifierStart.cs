using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>The classifier that a training begins with: of a file, with its head or with a new one, or of random weights.</summary>
/// <param name="training">The file, and what wins over it.</param>
/// <param name="run">Device and key.</param>
/// <param name="images">Their classes decide what is not given.</param>
sealed class ClassifierStart(ClassifierTraining training, TrainingRun run, TrainingImages images)
{
    /// <summary>The network.</summary>
    /// <returns>An error where the images' classes are partly the network's.</returns>
    public static Result<Network, PqfError> Open(ClassifierTraining training, TrainingRun run, TrainingImages images) =>
        new ClassifierStart(training, run, images) is var start && training.Weights is { } path ? start.Load(path) : start.Random();

    // Statistics that the file lacks are estimated on the training images before the first step.
    NetworkOverrides Overrides => training.Overrides with { AllowsMissingStatistics = true };

    /// <summary>Classes that were asked for; null where the file or the images decide.</summary>
    int? WantedCount => Overrides.ClassCount ?? (Overrides.ClassNames.IsEmpty ? null : Overrides.ClassNames.Length);

    /// <summary>A network of random weights, with the images' classes and channels where the overrides do not say.</summary>
    Result<Network, PqfError> Random()
    {
        if (run.Options.Compression is not null)
            return Untrained("--weights", "got none");
        if (Overrides.Arch is not { } name)
            return new PqfError.Config(
                "command line",
                "--weights",
                "expected the file of a network here, or the name of one to be made in model.arch, got neither"
            );
        var named = new Architecture(name, WantedCount ?? images.Classes.Length, Overrides.InChannels ?? images.Channels, Overrides.Width);
        return from architecture in FamilyNetwork.Resolve(named, Overrides.Crop)
            from graph in Networks.Build(architecture, NetworkTask.Classification)
            from network in Network.New(
                architecture,
                graph,
                Initialise.Random(graph, run.Device, run.Key.Fold("initialise")),
                Overrides with
                {
                    ClassNames = NamesOf(architecture.ClassCount),
                }
            )
            select network;
    }

    static PqfError.Config Untrained(string key, string got) =>
        new("command line", key, $"expected a network to compress, {got}; --model.compress false trains one from scratch");

    /// <summary>The network of a file; its head is drawn again where its classes are others than the images'.</summary>
    Result<Network, PqfError> Load(string path) =>
        training.HasRandomWeights && run.Options.Compression is not null
            ? Untrained("model.random_weights", "got one of random weights")
            : Open(path);

    Result<Network, PqfError> Open(string path) =>
        from known in KnownNetwork.Recognise(path, Overrides, NetworkTask.Classification)
        from chosen in known switch
        {
            null => Overrides with { ClassCount = null, ClassNames = [] },
            // A file without a head has no classes to compare with.
            { HasHead: false } => NewHead(WantedCount ?? images.Classes.Length),
            _ => Choose(path, ClassesOf(known)),
        }
        from network in Load(path, chosen)
        select training.HasRandomWeights ? Drawn(network) : network;

    /// <summary>The same network with weights drawn newly.</summary>
    Network Drawn(Network network)
    {
        run.Progress.Note($"{network.Path}: all weights begin as random ones; the file gives the network alone");
        return network with
        {
            LacksStatistics = false,
            Model = network.Model with
            {
                Parameters = Initialise.Again(network.Graph, network.Parameters, run.Key.Fold("initialise")),
                Compression = null,
            },
        };
    }

    /// <summary>The classes of a file's network, under the names that are given if there are as many.</summary>
    NetworkClasses ClassesOf(KnownNetwork known) =>
        known.ClassCount == Overrides.ClassNames.Length
            ? NetworkClasses.Named(Overrides.ClassNames)
            : NetworkClasses.Of(NetworkOverrides.UsualNames(known.ClassNames, known.ClassCount), known.ClassCount);

    Result<Network, PqfError> Load(string path, NetworkOverrides overrides) =>
        Network
            .Load(path, run.Device, overrides, NetworkTask.Classification)
            .Map(network =>
            {
                if (!network.NewLayers.IsEmpty && !training.HasRandomWeights)
                    run.Progress.Note(
                        $"{path}: {string.Join(", ", network.NewLayers)} begins with random weights, for {network.Architecture.ClassCount} "
                            + $"classes: {ClassMatch.Cut(network.ClassNames)}"
                    );
                if (!ReferenceEquals(network.Graph.Logits(), network.Graph))
                    run.Progress.Note($"{path}: the network ends in a softmax; it is trained on the values before it, and keeps it");
                return network;
            });

    /// <summary>How the file is read: with its head if that has the images' classes, with a new one if it has none of them.</summary>
    Result<NetworkOverrides, PqfError> Choose(string path, NetworkClasses own)
    {
        if (WantedCount is { } wanted && wanted != own.Count)
            return NewHead(wanted);
        return images
            .Match(own)
            .Bind<NetworkOverrides>(match =>
            {
                // Class folders 0, 1 and 2 beside a network of a thousand named classes are classes of their own.
                bool areOthers =
                    match.Kind == ClassMatchKind.None
                    || (match.Kind == ClassMatchKind.Numbers && !own.Names.IsEmpty && images.Classes.Length != own.Count);
                if (areOthers && (WantedCount is null || images.Classes.Length == own.Count))
                    return NewHead(images.Classes.Length);
                if ((areOthers || !match.IsFull) && Overrides.ClassCount is { } asked)
                    return NewHead(asked);
                if (areOthers || !match.IsFull)
                    return new PqfError.File(
                        images.Sets.Path,
                        match.Problem(images.Classes, own)
                            + $"; model.class_count {images.Classes.Length}"
                            + (Overrides.ClassNames.IsEmpty ? "" : " without model.class_names")
                            + " draws a new head for the data's classes"
                    );
                if (images.Classes.Length < own.Count)
                    run.Progress.Note(
                        $"{images.Sets.Path}: its {images.Classes.Length} classes are {images.Classes.Length} of the {own.Count} of {path}"
                    );
                return match.Kind == ClassMatchKind.Ranks ? Overrides with { ClassNames = NamesOf(own.Count) } : Overrides;
            });
    }

    NetworkOverrides NewHead(int classCount) =>
        Overrides with
        {
            ClassCount = classCount,
            ClassNames = NamesOf(classCount),
            NewHead = new(run.Key.Fold("head"), NewHeadWhen.Always),
        };

    /// <summary>Names of the classes of a network that has none: those given, else the images'; none where those are numbers, or
    /// ImageNet's thousand, which need not be stored.</summary>
    ImmutableArray<string> NamesOf(int classCount) =>
        !Overrides.ClassNames.IsEmpty ? Overrides.ClassNames
        : images.Classes.Length != classCount || images.AreNumbered || NetworkClasses.IsImageNets(images.Classes) ? []
        : images.Classes;
}

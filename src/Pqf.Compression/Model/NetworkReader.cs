using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Images;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>Reads networks from open files.</summary>
static class NetworkReader
{
    /// <summary>Reads a network.</summary>
    public static Result<Network, PqfError> Read(TensorFile file, Device device, NetworkOverrides overrides) =>
        Network.IsPqf(file)
            ? ReadPqf(file, device, overrides)
            : ModelMetadata
                .BesidePyTorch(file)
                .Bind(stored =>
                {
                    if (FamilyReader.Find(file, stored) is { } family)
                        return FamilyReader.Read(file, family, device, overrides);
                    var tensors = NamesOf(file, stored);
                    return HasOtherGraph(file, tensors, overrides)
                        ? GraphReader.Read(file, device, overrides)
                        : tensors.Bind(named => ReadStateDict(file, stored, named, device, overrides));
                });

    /// <summary>The tensors by the names used here.</summary>
    /// <param name="file">The file, which is no <c>.pqf</c>.</param>
    /// <param name="stored">What the file says of itself; null if it is silent.</param>
    public static Result<NamedTensors, PqfError> NamesOf(TensorFile file, ModelMetadata? stored) =>
        stored?.Architecture.Options is GraphOptions ? NamedTensors.AsTheyAre(file) : NamedTensors.Of(file);

    /// <summary>Whether a file is a model to be read by its graph, because it is no known network.</summary>
    /// <param name="file">The file.</param>
    /// <param name="named">Its tensors, or why they have no names.</param>
    /// <param name="overrides">What wins over it.</param>
    public static bool HasOtherGraph(TensorFile file, Result<NamedTensors, PqfError> named, NetworkOverrides overrides) =>
        OnnxReader.HasGraph(file) && overrides.Arch is null && !IsKnown(file, named, overrides);

    /// <summary>Whether a model is a known network, or is refused for a form of weights that is not read. One whose graph is another's is
    /// not, even if it has all layers of a known network's body, unless a new head is asked for.</summary>
    static bool IsKnown(TensorFile file, Result<NamedTensors, PqfError> named, NetworkOverrides overrides) =>
        named.Match(
            tensors =>
                !(tensors.IsOfUnknownGraph && overrides.ClassCount is null)
                && Recognise(tensors, overrides, null).Match(_ => true, _ => false),
            _ => OnnxReader.HasUnreadWeights(file)
        );

    static Result<Network, PqfError> ReadPqf(TensorFile file, Device device, NetworkOverrides overrides) =>
        from metadata in ModelMetadata.From(file)
        from _ in Check(file, overrides, metadata.Architecture)
        from graph in PqfModel.Build(file, metadata.Architecture)
        from head in HeadChoice.Of(NamedTensors.AsTheyAre(file), new Recognition(metadata.Architecture), overrides)
        from model in PqfModel.From(head.Tensors.File, metadata with { Architecture = head.Architecture }, device)
        from network in overrides.Complete(file.Path, Network.FormatOf(file), model, head.NewLayers)
        select network;

    static Result<Network, PqfError> ReadStateDict(
        TensorFile file,
        ModelMetadata? stored,
        NamedTensors tensors,
        Device device,
        NetworkOverrides overrides
    ) =>
        from found in Recognise(tensors, overrides, stored)
        from head in HeadChoice.Of(tensors, found, overrides)
        from graph in Networks.Build(head.Architecture)
        from loaded in StateDict
            .Load(graph, head.Tensors, device)
            .Match<Result<(Parameters Parameters, LoadReport Report), PqfError>>(ready => ready, error => Named(error, file, overrides))
        from statistics in MissingStatistics.Check(file.Path, graph, loaded.Report, overrides)
        let beside = stored is null ? SettingsBeside.Find(file.Path, found.Architecture, overrides) : null
        let said = stored?.Preprocessing ?? beside?.Preprocessing
        from network in overrides.Complete(
            file.Path,
            Network.FormatOf(file),
            new PqfModel
            {
                Architecture = head.Architecture,
                Graph = graph,
                Parameters = loaded.Parameters,
                Preprocessing = said ?? Preprocessing.Of(head.Architecture.InChannels),
                ClassNames = stored?.ClassNames ?? beside?.ClassNames,
                Compression = stored?.Compression,
                Seed = stored?.Seed,
                Provenance = stored?.Provenance,
            },
            head.NewLayers
        )
        select network with
        {
            Unused = [.. loaded.Report.Unused.Select(unused => unused.Name)],
            Notes =
            [
                .. tensors.Notes,
                .. beside?.Notes ?? [],
                .. loaded.Report.LacksStatistics ? (string[])[MissingStatistics.AreEstimated] : [],
            ],
            LacksStatistics = loaded.Report.LacksStatistics,
            GuessesImages = GuessesImages(network, said, overrides),
        };

    /// <summary>Whether a classifier gets images as ImageNet's networks do because nothing says what it takes, although it does not look
    /// like one of them.</summary>
    static bool GuessesImages(Network network, Preprocessing? said, NetworkOverrides overrides) =>
        said is null
        && overrides is { Resize: null, Crop: null }
        && Networks.TaskOf(network.Architecture) == NetworkTask.Classification
        && network.Architecture is not { ClassCount: 1000, InChannels: 3 };

    /// <summary>The error of tensors that do not fit, with the name that the settings gave the network: it may be of a preset for another
    /// one.</summary>
    static PqfError Named(PqfError error, TensorFile file, NetworkOverrides overrides) =>
        error is PqfError.File { Findings: not [] } unfit && overrides.Arch is { } wanted
            ? unfit with
            {
                Problem =
                    $"the tensors do not fit {wanted}, which {overrides.ArchSource} names"
                    + $"{(OnnxReader.HasGraph(file) ? $" (without {overrides.ArchSource} the model's own graph is read)" : "")}:",
            }
            : error;

    /// <summary>The file's network under the overrides' name, sizes and options, its class count excepted.</summary>
    /// <param name="tensors">The file's.</param>
    /// <param name="overrides">What wins over it.</param>
    /// <param name="stored">What the file says of itself; null if it is silent.</param>
    public static Result<Recognition, PqfError> Recognise(NamedTensors tensors, NetworkOverrides overrides, ModelMetadata? stored)
    {
        if (stored?.Architecture is { Options: GraphOptions } own)
            return new Recognition(own);
        if (overrides.Arch is { } other && FamilyNetwork.Names.Contains(other))
            return new PqfError.File(
                tensors.File.Path,
                $"expected the layers of {other}, as {overrides.ArchSource} says, got those of another network"
            );
        var recognised = ArchitectureRecognition
            .RecogniseBody(tensors)
            .Map(found => stored is null ? found : found with { Architecture = stored.Architecture });
        if (overrides.Arch is { } wanted && recognised is Result<Recognition, PqfError>.Error)
            // A file that fits no architecture goes on to the load report, which lists everything that is wrong with it.
            return new Recognition(
                overrides.Over(Networks.Find(wanted)?.Sized(wanted, WeightShapes.Of(tensors)) ?? new Architecture(wanted))
            );
        return from found in recognised
            from _ in Check(tensors.File, overrides, found.Architecture)
            select found with
            {
                Architecture = overrides.Over(found.Architecture) with { ClassCount = found.Architecture.ClassCount },
            };
    }

    static Result<Unit, PqfError> Check(TensorFile file, NetworkOverrides overrides, Architecture found) =>
        overrides.Arch is { } wanted && Networks.Names.Contains(wanted) && !Networks.IsAlso(found, wanted)
            ? new PqfError.File(file.Path, $"expected {wanted}, as {overrides.ArchSource} says, got {found.Name}")
            : default(Unit);
}

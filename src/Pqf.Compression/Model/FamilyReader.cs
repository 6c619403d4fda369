using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>Reads state dicts of families whose networks have many sizes: the graph follows from names and shapes.</summary>
static class FamilyReader
{
    /// <summary>A network without its values.</summary>
    /// <param name="Found">The state dict.</param>
    /// <param name="Name">The known network that it is; null if its sizes are its own.</param>
    /// <param name="Architecture">Its graph.</param>
    /// <param name="Preprocessing">How its images are prepared.</param>
    /// <param name="Beside">What files beside it say.</param>
    sealed record Sized(FamilyNetwork Found, string? Name, Architecture Architecture, Preprocessing Preprocessing, SettingsBeside Beside);

    /// <summary>The state dict of a family in a file; null if it holds something else.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="stored">What it says of itself; null if it is silent.</param>
    public static Result<FamilyNetwork, PqfError>? Find(TensorFile file, ModelMetadata? stored) =>
        stored is not null || OnnxReader.HasGraph(file)
            ? null
            : FamilyNetwork
                .Find(file)
                .Match<Result<FamilyNetwork, PqfError>?>(
                    found => found is null ? null : (Result<FamilyNetwork, PqfError>)found,
                    error => error
                );

    /// <summary>Reads a network.</summary>
    public static Result<Network, PqfError> Read(
        TensorFile file,
        Result<FamilyNetwork, PqfError> family,
        Device device,
        NetworkOverrides overrides
    ) =>
        from sized in Size(file, family, overrides)
        from head in HeadChoice.Of(sized.Found.Tensors, new Recognition(sized.Architecture), overrides)
        from graph in Networks.Build(head.Architecture)
        from loaded in StateDict.Load(graph, head.Tensors, device)
        from statistics in MissingStatistics.Check(file.Path, graph, loaded.Report, overrides)
        from network in overrides.Complete(
            file.Path,
            file.Format,
            new PqfModel
            {
                Architecture = head.Architecture,
                Graph = graph,
                Parameters = loaded.Parameters,
                Preprocessing = sized.Preprocessing,
                ClassNames = sized.Beside.ClassNames,
            },
            head.NewLayers
        )
        select network with
        {
            Unused = [.. loaded.Report.Unused.Select(unused => unused.Name)],
            Notes =
            [
                .. head.Tensors.Notes,
                Note(sized, overrides),
                .. sized.Found.Family.Doubt(sized.Found.Shapes) is { } doubt ? (string[])[doubt] : [],
                .. sized.Beside.Notes,
                .. loaded.Report.LacksStatistics ? (string[])[MissingStatistics.AreEstimated] : [],
            ],
            LacksStatistics = loaded.Report.LacksStatistics,
        };

    /// <summary>What a network is, without its values.</summary>
    public static Result<Architecture, PqfError> Recognise(
        TensorFile file,
        Result<FamilyNetwork, PqfError> family,
        NetworkOverrides overrides
    ) => Size(file, family, overrides).Map(sized => sized.Architecture);

    static Result<Sized, PqfError> Size(TensorFile file, Result<FamilyNetwork, PqfError> family, NetworkOverrides overrides) =>
        from plain in family
        let found = InForm(file, plain, overrides)
        from first in found.Read(overrides.Crop ?? new PhotographSize().Crop)
        let name = found.NameOf(first)
        from _ in Check(file, overrides, found, name)
        let usual = found.Family.SizeOf(name)
        let own = ArchitectureOf(file, name, first, usual.Crop)
        let beside = SettingsBeside.Find(file.Path, own, overrides)
        let preprocessing = beside.Preprocessing ?? Usual(own.InChannels, usual)
        let size = new Pair(overrides.Crop ?? preprocessing.Crop, overrides.Crop ?? preprocessing.Columns ?? preprocessing.Crop)
        from graph in found.Read(size)
        from architecture in GraphNetwork.Of(FamilyNetwork.OptionsOf(Title(file, name), graph, size))
        select new Sized(found, name, architecture, preprocessing, beside);

    /// <summary>The state dict with the padding and ε of TensorFlow, where model.arch or the file beside it names such a network.</summary>
    static FamilyNetwork InForm(TensorFile file, FamilyNetwork found, NetworkOverrides overrides) =>
        found.Family.OfTensorFlow is { } other
        && (overrides.Arch ?? SettingsBeside.TimmArchitecture(file.Path)) is { } name
        && IsTensorFlows(name)
            ? found with
            {
                Family = other,
            }
            : found;

    static bool IsTensorFlows(string name) => name.StartsWith("tf_", StringComparison.Ordinal);

    /// <summary>The architecture as far as files beside the weights are compared with it.</summary>
    static Architecture ArchitectureOf(TensorFile file, string? name, Graph graph, int side)
    {
        var options = FamilyNetwork.OptionsOf(Title(file, name), graph, side);
        // Images of that side may not fit: that is reported where the size is chosen.
        return GraphNetwork.Of(options).Match(found => found, _ => new Architecture(GraphNetwork.Name, options: options));
    }

    static Preprocessing Usual(int channels, PhotographSize size) =>
        Preprocessing.Of(channels) with
        {
            Resize = size.Resize,
            Crop = size.Crop,
        };

    static string Title(TensorFile file, string? name) => name ?? Path.GetFileNameWithoutExtension(file.Path);

    static string Note(Sized sized, NetworkOverrides overrides) =>
        $"its layers are those of {sized.Name ?? $"{sized.Found.Family.Title} of sizes of its own"}"
        + "; strides, activations and eps are taken from that definition"
        + (
            sized.Beside.Preprocessing is null && GuessedImages.Of(sized.Preprocessing, overrides) is { } guesses
                ? $", images from its weights' usual form: {guesses}"
                : ""
        );

    static Result<Unit, PqfError> Check(TensorFile file, NetworkOverrides overrides, FamilyNetwork found, string? name)
    {
        if (overrides.Arch is not { } wanted || wanted == name || (name is null && found.Family.Names.Contains(wanted)))
            return default(Unit);
        if (IsTensorFlows(wanted) && FamilyNetwork.Families.Any(family => family.OfTensorFlow == found.Family))
            return default(Unit);
        return !Networks.Names.Contains(wanted) && !FamilyNetwork.Names.Contains(wanted)
            ? FamilyNetwork.UnknownName(wanted)
            : new PqfError.File(file.Path, $"expected {wanted}, as {overrides.ArchSource} says, got {name ?? found.Family.Title}");
    }
}

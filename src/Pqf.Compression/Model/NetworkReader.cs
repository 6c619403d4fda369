using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
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
        Network.IsPqf(file) ? ReadPqf(file, device, overrides) : ReadStateDict(file, device, overrides);

    static Result<Network, PqfError> ReadPqf(TensorFile file, Device device, NetworkOverrides overrides) =>
        from model in PqfModel.From(file, device)
        from _ in Check(file, overrides, model.Architecture)
        from network in overrides.Complete(file.Path, FormatOf(file), model, [])
        select network;

    static Result<Network, PqfError> ReadStateDict(TensorFile file, Device device, NetworkOverrides overrides) =>
        from architecture in Architecture(file, overrides)
        from graph in Networks.Build(architecture)
        from loaded in StateDict.Load(graph, file, device)
        from network in overrides.Complete(
            file.Path,
            FormatOf(file),
            new PqfModel
            {
                Architecture = architecture,
                Graph = graph,
                Parameters = loaded.Parameters,
                Preprocessing = Preprocessing.ImageNet(architecture.InChannels),
            },
            [.. loaded.Report.Unused.Select(unused => unused.Name)]
        )
        select network;

    static string FormatOf(TensorFile file) =>
        Network.IsPqf(file) && file.Format == Safetensors.FormatName ? $"pqf, version {PqfModel.FormatVersion}" : file.Format;

    static Result<Architecture, PqfError> Architecture(TensorFile file, NetworkOverrides overrides)
    {
        var recognised = ArchitectureRecognition.Recognise(file);
        if (overrides.Arch is not { } wanted)
            return recognised.Map(overrides.Over);
        // A file that fits no architecture goes on to the load report, which lists everything that is wrong with it.
        return recognised.Match(
            found => Check(file, overrides, found).Map(_ => overrides.Over(found)),
            _ => overrides.Over(Networks.Find(wanted)?.Sized(wanted, WeightShapes.Of(file)) ?? new Architecture(wanted))
        );
    }

    static Result<Unit, PqfError> Check(TensorFile file, NetworkOverrides overrides, Architecture found) =>
        overrides.Arch is { } wanted && Networks.Names.Contains(wanted) && !Networks.IsAlso(found, wanted)
            ? new PqfError.File(file.Path, $"expected {wanted}, as model.arch says, got {found.Name}")
            : default(Unit);
}

using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>What a file's network is, without its values: enough to choose how it is loaded.</summary>
/// <param name="Path">The file.</param>
/// <param name="Architecture">The network.</param>
/// <param name="ClassNames">As the file has them; null if it does not say.</param>
/// <param name="HasHead">Whether the file holds the layers that depend on the class count.</param>
sealed record KnownNetwork(string Path, Architecture Architecture, ClassNames? ClassNames, bool HasHead)
{
    /// <summary>Classes.</summary>
    public int ClassCount => Architecture.ClassCount;

    /// <summary>Names of the classes that the file lists; empty if it lists none.</summary>
    public ImmutableArray<string> Names => ClassNames is ClassNames.Listed listed ? listed.Names : [];

    /// <summary>Reads names and shapes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">What wins over the file, its class count and names excepted.</param>
    /// <param name="task">What the network must be for.</param>
    /// <returns>Null for a file that holds no known network of the task: loading it says why. An error if it cannot be opened.</returns>
    public static Result<KnownNetwork?, PqfError> Recognise(string path, NetworkOverrides overrides, NetworkTask task) =>
        TensorFiles
            .Open(path)
            .Map(file =>
            {
                using (file)
                    return Recognise(file, overrides with { ClassCount = null, ClassNames = [] })
                        .Match(known => Networks.TaskOf(known.Architecture) == task ? known : null, _ => (KnownNetwork?)null);
            });

    static Result<KnownNetwork, PqfError> Recognise(TensorFile file, NetworkOverrides overrides) =>
        Network.IsPqf(file)
            ? ModelMetadata.From(file).Map(text => new KnownNetwork(file.Path, text.Architecture, text.ClassNames, true))
            : ModelMetadata
                .BesidePyTorch(file)
                .Bind(stored =>
                {
                    if (FamilyReader.Find(file, stored) is { } family)
                        return FamilyReader.Recognise(file, family, overrides).Map(found => Silent(file, found, true));
                    var tensors = NetworkReader.NamesOf(file, stored);
                    return NetworkReader.HasOtherGraph(file, tensors, overrides)
                        ? GraphReader.Recognise(file, overrides).Map(found => Silent(file, found, true))
                        : tensors
                            .Bind(named => NetworkReader.Recognise(named, overrides, stored))
                            .Map(found =>
                                stored is null
                                    ? Silent(file, found.Architecture, found.MissingHead.IsEmpty)
                                    : new KnownNetwork(file.Path, found.Architecture, stored.ClassNames, found.MissingHead.IsEmpty)
                            );
                });

    /// <summary>The network of a file that says nothing of its classes; a file beside it may.</summary>
    static KnownNetwork Silent(TensorFile file, Architecture found, bool hasHead) =>
        new(file.Path, found, SettingsBeside.NamesOf(file.Path, found.ClassCount), hasHead);
}

using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Architectures;

/// <summary>All networks that are known by name.</summary>
public static class Networks
{
    /// <summary>The known families. A new one is one line here.</summary>
    public static ImmutableArray<NetworkFamily> Families { get; } = [ResNet.Family, MaskRcnn.Family];

    /// <summary>Names that <see cref="Build"/> knows.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Families.SelectMany(family => family.Names)];

    /// <summary>The family of a network's name; null if the name is unknown.</summary>
    public static NetworkFamily? Find(string name) =>
        name == GraphNetwork.Name ? GraphNetwork.Family : Families.FirstOrDefault(family => family.Names.Contains(name));

    /// <summary>What a network is for.</summary>
    /// <exception cref="ArgumentException">Its name is unknown.</exception>
    public static NetworkTask TaskOf(Architecture architecture) =>
        FamilyOf(architecture) is { TaskOf: { } taskOf } ? taskOf(architecture) : FamilyOf(architecture).Task;

    /// <summary>The family of a network that was built.</summary>
    /// <exception cref="ArgumentException">Its name is unknown.</exception>
    public static NetworkFamily FamilyOf(Architecture architecture) =>
        Find(architecture.Name)
        ?? throw new ArgumentException(
            $"Networks: expected one of {string.Join(", ", Names)}, got {architecture.Name}",
            nameof(architecture)
        );

    /// <summary>The graph of a network, as a whole.</summary>
    /// <param name="architecture">Its name and sizes.</param>
    /// <param name="task">What it must be for; null for anything.</param>
    /// <returns>The graph, or an error that lists the known names when this one is not among them, or that reports which number is out of
    /// range.</returns>
    public static Result<Graph, PqfError> Build(Architecture architecture, NetworkTask? task = null)
    {
        if (architecture.Options is GraphOptions)
            return GraphNetwork.Family.Build(architecture);
        var families = Families.Where(family => task is null || family.Task == task).ToArray();
        if (families.FirstOrDefault(family => family.Names.Contains(architecture.Name)) is { } found)
            return found.Build(architecture);
        string[] names = [.. families.SelectMany(family => family.Names)];
        return new PqfError.Config(
            "model",
            "arch",
            $"expected one of {string.Join(", ", names)}, got {architecture.Name} (nearest: {NearestName.Of(architecture.Name, names)})"
        );
    }

    /// <summary>The name used here of a tensor or a layer that has several names in files and configurations; other names stay as they
    /// are.</summary>
    public static string Canonical(string name) => Families.Aggregate(name, (current, family) => family.CanonicalName(current));

    /// <summary>Whether a network of another name would have the same parameters: the same graph trained on other data, for
    /// example.</summary>
    /// <param name="architecture">A known one.</param>
    /// <param name="name">The other name.</param>
    public static bool IsAlso(Architecture architecture, string name) =>
        architecture.Name == name
        || Build(architecture)
            .Bind(own =>
                Build(architecture with { Name = name }).Map(other => ParameterSpecs.Of(own).SequenceEqual(ParameterSpecs.Of(other)))
            )
            .Match(isSame => isSame, _ => false);
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Architectures;

/// <summary>Names of the layers of a known network.</summary>
/// <param name="Family">Its family.</param>
/// <param name="Name">Its name.</param>
/// <param name="Weights">Layers of a weight that could be quantised.</param>
/// <param name="Head">Those of them that depend on the class count.</param>
/// <param name="All">All layers that have parameters.</param>
sealed record KnownLayers(NetworkFamily Family, string Name, FrozenSet<string> Weights, FrozenSet<string> Head, FrozenSet<string> All)
{
    /// <summary>Of every network that is known by name.</summary>
    public static ImmutableArray<KnownLayers> Networks { get; } =
    [.. Architectures.Networks.Families.SelectMany(family => family.Names.Select(name => Of(family, name)))];

    /// <summary>Outermost modules of the layers that do not depend on the class count: <c>layer1</c> of <c>layer1.0.conv1</c>.</summary>
    public FrozenSet<string> BodyModules { get; } = All.Except(Head).Select(layer => layer.Split('.')[0]).ToFrozenSet();

    static KnownLayers Of(NetworkFamily family, string name)
    {
        var architecture = new Architecture(name, family.DefaultClassCount, family.DefaultInChannels);
        var specs = ParameterSpecs.Of(family.Build(architecture).ValueOrThrow());
        return new(
            family,
            name,
            specs.Where(spec => spec.Role == ParameterRole.Weight).Select(spec => spec.Layer).ToFrozenSet(),
            family.ClassParameters(architecture).Select(spec => spec.Layer).ToFrozenSet(),
            specs.Select(spec => spec.Layer).ToFrozenSet()
        );
    }
}

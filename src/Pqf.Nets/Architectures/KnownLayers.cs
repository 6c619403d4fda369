using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Architectures;

/// <summary>Names of the layers of a known network.</summary>
sealed class KnownLayers
{
    // Asked for of one network in fifteen: finding them takes two more graphs.
    readonly Lazy<IReadOnlySet<string>> head;

    KnownLayers(NetworkFamily family, string name)
    {
        var architecture = new Architecture(name, family.DefaultClassCount, family.DefaultInChannels);
        var specs = ParameterSpecs.Of(family.Build(architecture).ValueOrThrow());
        (Family, Name) = (family, name);
        Weights = specs.Where(spec => spec.Role == ParameterRole.Weight).Select(spec => spec.Layer).ToHashSet();
        All = specs.Select(spec => spec.Layer).ToHashSet();
        head = new(() => family.ClassParameters(architecture).Select(spec => spec.Layer).ToHashSet());
    }

    /// <summary>The layers of every network that is known by name.</summary>
    public static ImmutableArray<KnownLayers> Networks { get; } =
    [.. Architectures.Networks.Families.SelectMany(family => family.Names.Select(name => new KnownLayers(family, name)))];

    /// <summary>The network's family.</summary>
    public NetworkFamily Family { get; }

    /// <summary>The network's name.</summary>
    public string Name { get; }

    /// <summary>Layers of a weight that could be quantised.</summary>
    public IReadOnlySet<string> Weights { get; }

    /// <summary>All layers that have parameters.</summary>
    public IReadOnlySet<string> All { get; }

    /// <summary>Layers that depend on the class count.</summary>
    public IReadOnlySet<string> Head => head.Value;

    /// <summary>Whether a layer is in one of the outermost modules of those that do not depend on the class count: <c>layer1</c> of
    /// <c>layer1.0.conv1</c>.</summary>
    public bool IsInBody(string layer) => All.Except(Head).Any(own => own.Split('.')[0] == layer.Split('.')[0]);
}

using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Architectures;

/// <summary>What the networks of a family are for.</summary>
public enum NetworkTask
{
    /// <summary>One class for each image.</summary>
    Classification,

    /// <summary>Boxes, classes and masks of the objects in an image.</summary>
    Detection,

    /// <summary>Any other values: maps, boxes, features.</summary>
    Values,
}

/// <summary>Everything that is known about the networks of one family. Only the family knows the names of its layers.</summary>
public sealed record NetworkFamily
{
    /// <summary>Names of its networks in configurations and files.</summary>
    public required ImmutableArray<string> Names { get; init; }

    /// <summary>What its networks are for.</summary>
    public required NetworkTask Task { get; init; }

    /// <summary>What one of its networks is for.</summary>
    public Func<Architecture, NetworkTask>? TaskOf { get; init; }

    /// <summary>The graph of an architecture of one of the names, or an error that reports which number is out of range.</summary>
    public required Func<Architecture, Result<Graph, PqfError>> Build { get; init; }

    /// <summary>The convolution that takes in the image: [width, input channels, kH, kW]. It always stays dense.</summary>
    public required string Stem { get; init; }

    /// <summary>The layer that makes the classes: one row each.</summary>
    public required string Head { get; init; }

    /// <summary>Channels of the first stage, by the network's name, where an architecture does not give them.</summary>
    public required Func<string, int> DefaultWidth { get; init; }

    /// <summary>Classes of the usual data set.</summary>
    public int DefaultClassCount { get; init; } = Architecture.UsualClassCount;

    /// <summary>Input channels of the usual images.</summary>
    public int DefaultInChannels { get; init; } = Architecture.UsualInChannels;

    /// <summary>Options of a file's network, from the shapes of its weights; null for the family's own.</summary>
    public Func<WeightShapes, FamilyOptions?> OptionsOf { get; init; } = _ => null;

    /// <summary>How files hold the family's options; null if it has none.</summary>
    public OptionsFormat? OptionsFormat { get; init; }

    /// <summary>The name used here of a tensor or a layer that has several names; other names stay as they are.</summary>
    public Func<string, string> CanonicalName { get; init; } = name => name;

    /// <summary>Modules that training leaves as they are in a dense network.</summary>
    public ImmutableArray<string> FrozenWhenDense { get; init; } = [];

    /// <summary>How a parameter starts before training: by default as its layer says.</summary>
    public Func<ParameterSpec, RngKey, float[]> Draw { get; init; } = (spec, key) => spec.Initial.Draw(spec.Shape.Count, key);

    /// <summary>An architecture that <see cref="Build"/> takes, with another number of classes; or why it has no others.</summary>
    public Func<Architecture, int, Result<Architecture, PqfError>> WithClasses { get; init; } =
        (architecture, classCount) => architecture with { ClassCount = classCount };

    /// <summary>Side, in pixels, of the largest square image that the network sees, where the family resizes images itself; null where
    /// their preprocessing decides.</summary>
    public Func<Architecture, int>? InputSide { get; init; }

    /// <summary>The architecture of a name with the sizes that a file's weights have; the family's own where the file does not
    /// say.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="shapes">The file's.</param>
    public Architecture Sized(string name, WeightShapes shapes)
    {
        // A stem of codes reports neither width nor input channels.
        var stem = shapes.Dense(Stem) is { Rank: 4 } shape ? shape : [DefaultWidth(name), DefaultInChannels, 1, 1];
        return new(
            name,
            shapes.Rows(Head) ?? DefaultClassCount,
            stem[1],
            stem[0] == DefaultWidth(name) ? null : stem[0],
            OptionsOf(shapes)
        );
    }

    /// <summary>Parameters whose shape depends on the number of classes: what another data set needs other values of.</summary>
    /// <param name="architecture">One that <see cref="Build"/> takes.</param>
    public ImmutableArray<ParameterSpec> ClassParameters(Architecture architecture)
    {
        var others = ParameterSpecs
            .Of(WithClasses(architecture, architecture.ClassCount == 2 ? 3 : 2).Bind(Build).ValueOrThrow())
            .ToDictionary(spec => spec.Name, spec => spec.Shape);
        return [.. ParameterSpecs.Of(Build(architecture).ValueOrThrow()).Where(spec => others[spec.Name] != spec.Shape)];
    }

    /// <summary>What training changes: all of a compressed network (paper, section 4.3); of a dense one all but
    /// <see cref="FrozenWhenDense"/>.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values.</param>
    /// <returns>As <see cref="Trainable.Of"/>.</returns>
    public ImmutableDictionary<string, Tensor<float>> TrainableOf(Graph graph, Parameters parameters)
    {
        var all = Trainable.Of(graph, parameters);
        return parameters.IsQuantised
            ? all
            : all.RemoveRange(
                all.Keys.Where(name => FrozenWhenDense.Any(module => name.StartsWith($"{module}.", StringComparison.Ordinal)))
            );
    }
}

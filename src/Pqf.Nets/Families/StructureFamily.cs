using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>Networks of one construction, whose sizes follow from the names and shapes of a state dict.</summary>
/// <remarks>What shapes do not show (strides, activations, ε) is that of the family's definition.</remarks>
public sealed record StructureFamily
{
    /// <summary>What the family is called by a person.</summary>
    public required string Title { get; init; }

    /// <summary>Names of its networks of known sizes.</summary>
    public required ImmutableArray<string> Names { get; init; }

    /// <summary>Whether names and shapes are those of the family, as far as its first layers show.</summary>
    public required Func<LayerShapes, bool> IsIn { get; init; }

    /// <summary>The graph of a state dict for images of some rows and columns. It throws where a layer does not fit.</summary>
    public required Func<LayerShapes, Pair, Graph> Read { get; init; }

    /// <summary>The tensors of a network of a known name, with a number of classes and of input channels.</summary>
    public required Func<string, int, int, LayerShapes> Define { get; init; }

    /// <summary>How its photographs are resized and cropped, by the network's name; null for one of other sizes.</summary>
    public Func<string?, PhotographSize> SizeOf { get; init; } = _ => new();

    /// <summary>The family for weights that were trained in TensorFlow, where names and shapes are the same and padding and ε are others;
    /// null if there is none.</summary>
    public StructureFamily? OfTensorFlow { get; init; }

    /// <summary>What a user should know of a network of the family that names and shapes do not show; null for nothing.</summary>
    public Func<LayerShapes, string?> Doubt { get; init; } = _ => null;
}

/// <summary>The size of a network's photographs; ImageNet's usual one by default.</summary>
/// <param name="Resize">Pixels of the shorter side.</param>
/// <param name="Crop">Side of the square that is cut.</param>
public readonly record struct PhotographSize(int Resize, int Crop)
{
    /// <summary>ImageNet's usual size.</summary>
    public PhotographSize()
        : this(256, 224) { }
}

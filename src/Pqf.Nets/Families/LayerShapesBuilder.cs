using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>Collects the tensors of a network that is defined by its sizes, under the names that a state dict has. Used within one
/// function, then thrown away.</summary>
sealed class LayerShapesBuilder
{
    readonly List<KeyValuePair<string, Shape>> shapes = [];

    /// <summary>The tensors so far.</summary>
    public LayerShapes Build() => new(shapes);

    /// <summary>A convolution.</summary>
    /// <param name="layer">Its name.</param>
    /// <param name="outChannels">Channels of the result.</param>
    /// <param name="inChannels">Channels that each filter reads: 1 of a depthwise convolution.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="hasBias">Whether it has a bias.</param>
    public void Conv(string layer, int outChannels, int inChannels, Pair kernel, bool hasBias = false) =>
        Weight(layer, [outChannels, inChannels, kernel.H, kernel.W], hasBias);

    /// <summary>A linear layer with a bias.</summary>
    public void Linear(string layer, int outFeatures, int inFeatures) => Weight(layer, [outFeatures, inFeatures], true);

    /// <summary>A batch norm with running statistics.</summary>
    public void Norm(string layer, int channels)
    {
        foreach (string part in (ReadOnlySpan<string>)["weight", "bias", "running_mean", "running_var"])
            shapes.Add(new($"{layer}.{part}", [channels]));
    }

    void Weight(string layer, Shape shape, bool hasBias)
    {
        shapes.Add(new($"{layer}.weight", shape));
        if (hasBias)
            shapes.Add(new($"{layer}.bias", [shape[0]]));
    }
}

using Pqf.Compression.Reconstruction;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Progress of a compression: one family for all steps. Fine-tuning reports <see cref="Training.TrainingEvent"/>s, which belong to
/// it.</summary>
public abstract record CompressionEvent
{
    private protected CompressionEvent() { }

    /// <summary>Something that the user should know.</summary>
    /// <param name="Text">One line.</param>
    public sealed record Noted(string Text) : CompressionEvent;

    /// <summary>Images are about to be shown to the norms.</summary>
    /// <param name="Done">How many were shown before.</param>
    /// <param name="Count">Of how many; some may turn out to be unreadable.</param>
    public sealed record EstimatingNorms(int Done, int Count) : CompressionEvent;

    /// <summary>The search of a group's channel order starts.</summary>
    /// <param name="Layer">The child whose blocks decide.</param>
    /// <param name="Number">From 1 to <paramref name="Count"/>.</param>
    /// <param name="Count">Groups in all.</param>
    public sealed record GroupStarted(string Layer, int Number, int Count) : CompressionEvent;

    /// <summary>Some exchanges of a group's channels are tried.</summary>
    /// <param name="Layer">The child whose blocks decide.</param>
    /// <param name="Proposals">Exchanges proposed so far.</param>
    /// <param name="Accepted">Exchanges made.</param>
    /// <param name="Objective">Least log-determinant so far.</param>
    public sealed record PermutationStep(string Layer, int Proposals, int Accepted, double Objective) : CompressionEvent;

    /// <summary>A group's order is found.</summary>
    public sealed record GroupPermuted(PermutationReport Report) : CompressionEvent;

    /// <summary>The clustering of a layer's blocks starts.</summary>
    /// <param name="Layer">Which, and how it is cut.</param>
    /// <param name="Number">From 1 to <paramref name="Count"/>.</param>
    /// <param name="Count">Layers in all.</param>
    public sealed record LayerStarted(LayerBlocks Layer, int Number, int Count) : CompressionEvent;

    /// <summary>Some iterations of a layer are done.</summary>
    /// <param name="Layer">PyTorch name.</param>
    /// <param name="Iteration">Iterations done, of <paramref name="Total"/>.</param>
    /// <param name="Total">Iterations in all.</param>
    /// <param name="MeanSquaredError">At the last assignment; falls with <c>kmeans</c>, not always with <c>src</c>.</param>
    public sealed record KMeansStep(string Layer, int Iteration, int Total, double MeanSquaredError) : CompressionEvent;

    /// <summary>A layer is quantised.</summary>
    public sealed record LayerQuantised(LayerReport Report) : CompressionEvent;

    /// <summary>The reconstruction of a layer starts.</summary>
    /// <param name="Layer">PyTorch name.</param>
    /// <param name="Number">From 1 to <paramref name="Count"/>.</param>
    /// <param name="Count">Layers in all.</param>
    public sealed record ReconstructingLayer(string Layer, int Number, int Count) : CompressionEvent;

    /// <summary>A layer is reconstructed.</summary>
    public sealed record LayerReconstructed(LayerReconstruction Report) : CompressionEvent;

    /// <summary>A step of training on the dense network's answers is done.</summary>
    /// <param name="Done">Steps done, of <paramref name="Count"/>.</param>
    /// <param name="Count">Steps in all.</param>
    public sealed record Distilling(int Done, int Count) : CompressionEvent;

    /// <summary>The measuring of what a quantised layer costs starts.</summary>
    /// <param name="Layer">PyTorch name.</param>
    /// <param name="Number">From 1 to <paramref name="Count"/>.</param>
    /// <param name="Count">Layers in all.</param>
    public sealed record MeasuringEffect(string Layer, int Number, int Count) : CompressionEvent;

    /// <summary>A step is done.</summary>
    /// <param name="Step">Which.</param>
    /// <param name="State">What it gave: the next step starts from it.</param>
    public sealed record StepFinished(ICompressionStep Step, CompressionState State) : CompressionEvent;

    /// <summary>A step met an error that could not be foreseen, such as an image that cannot be decoded; nothing follows.</summary>
    public sealed record Failed(PqfError Error) : CompressionEvent;
}

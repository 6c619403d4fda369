using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Layers;

/// <summary>One node of a network: immutable data, and the rules of its kind. Each kind is one file of this folder, and answers every
/// question that an interpreter asks.</summary>
/// <remarks>Layers with parameters have a PyTorch name; layers of one name share their parameters. In all rules <c>x</c> stands for the
/// values that the layer reads, in the order of <see cref="Inputs"/>, be they shapes, tensors or channel spaces.</remarks>
public abstract record Layer
{
    private protected Layer(params ImmutableArray<int> inputs) => Inputs = inputs;

    /// <summary>Numbers of the nodes read, each below this node's own.</summary>
    public ImmutableArray<int> Inputs { get; }

    /// <summary>What the layer is, for messages: <c>Conv2d</c>.</summary>
    public string Kind => GetType().Name.Split('`')[0][..^nameof(Layer).Length];

    /// <summary>The tensors that the layer needs, in PyTorch's order. Most layers need none.</summary>
    public virtual ImmutableArray<ParameterSpec> Parameters => [];

    /// <summary>Shape of the value.</summary>
    /// <param name="x">Shapes of the inputs; the images' shape for a layer that <see cref="IsInput"/>.</param>
    /// <exception cref="ShapeException">The layer does not fit them.</exception>
    public abstract Shape OutputShape(ImmutableArray<Shape> x);

    /// <summary>Products of one run. Layers without a product have none.</summary>
    /// <param name="output">Shape of the value.</param>
    public virtual long MultiplyAdds(Shape output) => 0;

    /// <summary>What the rows of the layer's weight are multiplied with; null for a layer whose value is not a row's product with a part of
    /// its input.</summary>
    /// <param name="x">Shape of the input.</param>
    public virtual Patches? PatchesOf(Shape x) => null;

    /// <summary>The layer with another number of outputs, which are rows of its weight; null for a layer whose outputs are not.</summary>
    /// <param name="count">Outputs, one at least.</param>
    internal virtual Layer? WithOutputs(int count) => null;

    /// <summary>The layer for an input of another number of channels, where each channel of the value is made of the same channel alone or
    /// all channels are treated alike; null for any other layer.</summary>
    /// <param name="before">Channels of the input now.</param>
    /// <param name="after">Channels that it gets.</param>
    internal virtual Layer? ForChannels(int before, int after) => null;

    /// <summary>The layer without its softmax: it gives its input; null for a layer that is none.</summary>
    internal virtual Layer? WithoutSoftmax => null;

    /// <summary>Whether the value holds the input's values, each once, under another shape.</summary>
    internal virtual bool OnlyMoves => false;

    /// <summary>Whether the value is the images, which belong to the caller of a run.</summary>
    internal virtual bool IsInput => false;

    /// <summary>Whether the layer stands between graphs that are compiled and recorded one by one. Only the plain interpreter runs
    /// it.</summary>
    public virtual bool IsJoint => false;

    /// <summary>The order of the value's channels.</summary>
    /// <param name="spaces">Where orders are made, joined and fixed.</param>
    /// <param name="x">The order of each input's channels.</param>
    /// <returns>An input's order where channels come out as they go in; or a new one.</returns>
    internal abstract int Space(ChannelSpaces spaces, ImmutableArray<int> x);

    /// <summary>Computes the value, op by op.</summary>
    /// <param name="run">Parameters, and what else belongs to the run.</param>
    /// <param name="x">Values of the inputs.</param>
    internal abstract Tensor<float> Run(PlainRun run, ImmutableArray<Tensor<float>> x);

    /// <summary>Records the value on a tape.</summary>
    /// <param name="run">The tape, parameters, and what else belongs to the run.</param>
    /// <param name="x">Values of the inputs.</param>
    internal abstract Variable Record(RecordedRun run, ImmutableArray<Variable> x);

    /// <summary>Prepares a step of a compiled plan that computes the value, and all that <see cref="Fuses"/> took in.</summary>
    /// <param name="step">Parameters, shapes, and what was taken in. Packed weights belong to the device's innermost scope.</param>
    internal abstract PlanStep Compile(CompileContext step);

    /// <summary>Writes the layer to an ONNX graph; null if no form is known.</summary>
    internal abstract OnnxForm? Onnx { get; }

    /// <summary>What the layer is, its inputs and the values of its weights aside, by which it is found in an ONNX model of any
    /// origin; null if it is not looked for.</summary>
    internal virtual string? OnnxSignature => null;

    /// <summary>What the compiled step takes in of the layers that follow.</summary>
    internal virtual Fusing Fuses => Fusing.None;

    /// <summary>The norm that a step before this layer can take in, if the layer is one.</summary>
    internal virtual BatchNormLayer? AsNorm => null;

    /// <summary>Whether the layer adds its two inputs, so that a step which gives one of them can take in the other.</summary>
    internal virtual bool IsSum => false;

    /// <summary>Whether the layer multiplies its two inputs, so that a step which reads the product can scale the one by the other as it
    /// reads it.</summary>
    internal virtual bool IsProduct => false;

    /// <summary>The function that a step before this layer can apply to what it writes, if the layer is one.</summary>
    internal virtual Tail? Tail => null;

    /// <summary>Whether the compiled step may write its value over any one of its inputs.</summary>
    internal virtual bool IsInPlace => false;

    /// <summary>Whether the compiled step reads rows flattened in memory order, pixel by pixel.</summary>
    internal virtual bool ReadsFlattenedPixels => false;

    /// <summary>Whether the value shares its input's memory, so that no step computes it.</summary>
    /// <param name="x">Shape of the input.</param>
    /// <param name="readersTakePixels">Whether every reader <see cref="ReadsFlattenedPixels"/>.</param>
    internal virtual bool IsView(Shape x, bool readersTakePixels) => false;
}

/// <summary>What a step takes in of the layers that follow it, in this order.</summary>
[Flags]
enum Fusing
{
    /// <summary>The step is its layer alone.</summary>
    None = 0,

    /// <summary>A norm, folded into the weights: <see cref="Layer.AsNorm"/>.</summary>
    Norm = 1,

    /// <summary>The sum with another value: <see cref="Layer.IsSum"/>.</summary>
    Sum = 2,

    /// <summary>A function of each value: <see cref="Layer.Tail"/>.</summary>
    Tail = 4,

    /// <summary>All of them.</summary>
    All = Norm | Sum | Tail,
}

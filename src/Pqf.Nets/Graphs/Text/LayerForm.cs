using System.Collections.Immutable;
using System.Text.Json;
using Pqf.Nets.Layers;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Graphs.Text;

/// <summary>How files hold one kind of layer.</summary>
/// <param name="Kind">What it is called in files.</param>
/// <param name="IsOf">Whether a layer is of the kind.</param>
/// <param name="Write">Writes the options of a layer of the kind.</param>
/// <param name="Read">Makes a layer of its options.</param>
sealed record LayerForm(string Kind, Func<Layer, bool> IsOf, Action<Layer, LayerWriter> Write, Func<LayerReader, Layer> Read)
{
    /// <summary>All kinds that files hold. A new layer is one line here.</summary>
    public static ImmutableArray<LayerForm> All { get; } =
    [
        Of<InputLayer>("Input", (x, to) => to.Add("channels", x.Channels), from => new InputLayer(from.Integer("channels"))),
        .. WeightedLayerForms.All,
        .. Plain(),
        .. Functions(),
        .. Pools(),
        .. Movement(),
    ];

    /// <summary>A form.</summary>
    public static LayerForm Of<TLayer>(string kind, Action<TLayer, LayerWriter> write, Func<LayerReader, Layer> read)
        where TLayer : Layer => new(kind, layer => layer is TLayer, (layer, to) => write((TLayer)layer, to), read);

    static LayerForm Plain<TLayer>(string kind, Func<int, Layer> make)
        where TLayer : Layer => Of<TLayer>(kind, (_, _) => { }, from => make(from.X));

    static LayerForm OfTwo<TLayer>(string kind, Func<int, int, Layer> make)
        where TLayer : Layer => Of<TLayer>(kind, (_, _) => { }, from => make(from.X, from.Input(1)));

    static IEnumerable<LayerForm> Plain() =>
        [
            Plain<ReluLayer>("Relu", x => new ReluLayer(x)),
            Plain<SigmoidLayer>("Sigmoid", x => new SigmoidLayer(x)),
            Plain<TanhLayer>("Tanh", x => new TanhLayer(x)),
            Plain<ExpLayer>("Exp", x => new ExpLayer(x)),
            Plain<SiluLayer>("Silu", x => new SiluLayer(x)),
            Plain<HardSwishLayer>("HardSwish", x => new HardSwishLayer(x)),
            Plain<GeluLayer>("Gelu", x => new GeluLayer(x)),
            Plain<GeluTanhLayer>("GeluTanh", x => new GeluTanhLayer(x)),
            Plain<SoftmaxLayer>("Softmax", x => new SoftmaxLayer(x)),
            Plain<GlobalAvgPoolLayer>("GlobalAvgPool", x => new GlobalAvgPoolLayer(x)),
            Plain<FlattenLayer>("Flatten", x => new FlattenLayer(x)),
            OfTwo<AddLayer>("Add", (x, y) => new AddLayer(x, y)),
            OfTwo<SubtractLayer>("Subtract", (x, y) => new SubtractLayer(x, y)),
            OfTwo<MultiplyLayer>("Multiply", (x, y) => new MultiplyLayer(x, y)),
            OfTwo<DivideLayer>("Divide", (x, y) => new DivideLayer(x, y)),
            OfTwo<UpsampleLayer>("Upsample", (x, like) => new UpsampleLayer(x, like)),
        ];

    static IEnumerable<LayerForm> Functions() =>
        [
            Of<ClipLayer>(
                "Clip",
                (x, to) => to.Add("low", x.Low, float.NegativeInfinity).Add("high", x.High, float.PositiveInfinity),
                from => new ClipLayer(from.X, from.Single("low", float.NegativeInfinity), from.Single("high", float.PositiveInfinity))
            ),
            Of<LeakyReluLayer>("LeakyRelu", (x, to) => to.Add("slope", x.Slope), from => new LeakyReluLayer(from.X, from.Single("slope"))),
            Of<HardSigmoidLayer>(
                "HardSigmoid",
                (x, to) => to.Add("slope", x.Slope).Add("offset", x.Offset),
                from => new HardSigmoidLayer(from.X, from.Single("slope"), from.Single("offset"))
            ),
            Of<AffineLayer>(
                "Affine",
                (x, to) => to.Add("scale", x.Scale).Add("shift", x.Shift),
                from => new AffineLayer(from.X, from.Single("scale"), from.Single("shift"))
            ),
            Of<LocalResponseNormLayer>(
                "LocalResponseNorm",
                (x, to) => to.Add("size", x.Options.Size).Add("alpha", x.Options.Alpha).Add("beta", x.Options.Beta).Add("k", x.Options.K),
                from => new LocalResponseNormLayer(
                    from.X,
                    new LocalResponseNormOptions(from.Integer("size"))
                    {
                        Alpha = from.Single("alpha"),
                        Beta = from.Single("beta"),
                        K = from.Single("k"),
                    }
                )
            ),
        ];

    static IEnumerable<LayerForm> Pools() =>
        [
            Of<MaxPool2dLayer>(
                "MaxPool2d",
                (x, to) => WritePool(to.Add("kernel", x.KernelSize), x.Options),
                from => new MaxPool2dLayer(from.X, from.Pair("kernel"), PoolOptionsOf(from))
            ),
            Of<AvgPool2dLayer>(
                "AvgPool2d",
                (x, to) =>
                    WritePool(to.Add("kernel", x.KernelSize), x.Options).Add("without_padding", x.Padding == PaddingCounts.AsNothing),
                from => new AvgPool2dLayer(
                    from.X,
                    from.Pair("kernel"),
                    PoolOptionsOf(from),
                    from.Flag("without_padding") ? PaddingCounts.AsNothing : PaddingCounts.AsZeros
                )
            ),
        ];

    static LayerWriter WritePool(LayerWriter to, PoolOptions options)
    {
        to.Add("stride", options.Stride, 1).Add("padding", options.Padding, 0).Add("dilation", options.Dilation, 1);
        if (options.EndPadding is { } end)
            to.Add("end_padding", end);
        return to.Add("ceil_mode", options.CeilMode);
    }

    static PoolOptions PoolOptionsOf(LayerReader from) =>
        new()
        {
            Stride = from.Pair("stride", 1),
            Padding = from.Pair("padding", 0),
            EndPadding = from.OptionalPair("end_padding"),
            Dilation = from.Pair("dilation", 1),
            CeilMode = from.Flag("ceil_mode"),
        };

    static IEnumerable<LayerForm> Movement() =>
        [
            Of<ConcatLayer>(
                "Concat",
                (x, to) => to.Add("axis", x.Axis, -1),
                from => from.Inputs.IsEmpty ? throw NoInput() : new ConcatLayer(from.Inputs, from.Integer("axis", -1))
            ),
            Of<SliceLayer>(
                "Slice",
                (x, to) => to.Add("axis", x.Axis).Add("start", x.Start).Add("end", x.End, int.MaxValue).Add("step", x.Step, 1),
                from => new SliceLayer(
                    from.X,
                    from.Integer("axis"),
                    from.Integer("start"),
                    from.Integer("end", int.MaxValue),
                    from.Integer("step", 1)
                )
            ),
            Of<ChannelShuffleLayer>(
                "ChannelShuffle",
                (x, to) => to.Add("groups", x.Groups),
                from => new ChannelShuffleLayer(from.X, from.Integer("groups"))
            ),
            Of<PixelRowsLayer>(
                "PixelRows",
                (x, to) => to.Add("columns", x.Columns),
                from => new PixelRowsLayer(from.X, from.Integer("columns"))
            ),
            Of<ReshapeLayer>("Reshape", (x, to) => to.AddList("shape", x.ImageShape), from => new ReshapeLayer(from.X, from.List("shape"))),
            Of<TransposeLayer>(
                "Transpose",
                (x, to) => to.AddList("order", x.Order),
                from => new TransposeLayer(from.X, from.List("order"))
            ),
            Of<ResizeLayer>(
                "Resize",
                (x, to) =>
                {
                    if (x.To is ResizeTo.Size size)
                        to.Add("size", size.Pixels);
                    if (x.To is ResizeTo.Scale scale)
                        to.Add("rows", scale.Times.H).Add("columns", scale.Times.W);
                    to.Add("mode", (int)x.Mode);
                },
                from => new ResizeLayer(
                    from.X,
                    from.Has("size")
                        ? new ResizeTo.Size(from.Pair("size"))
                        : new ResizeTo.Scale(new ResizeFactors(from.Single("rows"), from.Single("columns"))),
                    ModeOf<InterpolationMode>(from)
                )
            ),
            Of<PadLayer>(
                "Pad",
                (x, to) =>
                    to.Add("start", x.Options.Start)
                        .Add("end", x.Options.End)
                        .Add("mode", (int)x.Options.Mode)
                        .Add("value", x.Options.Value, 0f),
                from => new PadLayer(
                    from.X,
                    new PadOptions(from.Pair("start"), from.Pair("end")) { Mode = ModeOf<PadMode>(from), Value = from.Single("value", 0f) }
                )
            ),
        ];

    static TMode ModeOf<TMode>(LayerReader from)
        where TMode : struct, Enum
    {
        var modes = Enum.GetValues<TMode>();
        return from.Integer("mode") is >= 0 and var mode && mode < modes.Length
            ? modes[mode]
            : throw new JsonException($"mode: expected a number below {modes.Length}");
    }

    static JsonException NoInput() => new("expected inputs");
}

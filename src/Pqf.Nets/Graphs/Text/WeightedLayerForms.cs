using System.Collections.Immutable;
using System.Text.Json;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;

namespace Pqf.Nets.Graphs.Text;

/// <summary>How files hold layers with parameters.</summary>
static class WeightedLayerForms
{
    /// <summary>All of them.</summary>
    public static ImmutableArray<LayerForm> All { get; } =
    [
        LayerForm.Of<Conv2dLayer>("Conv2d", Write, ConvOf),
        LayerForm.Of<ConvTranspose2dLayer>(
            "ConvTranspose2d",
            (x, to) =>
                to.Add("name", x.Name)
                    .Add("in", x.InChannels)
                    .Add("out", x.OutChannels)
                    .Add("kernel", x.KernelSize)
                    .Add("stride", x.Options.Stride, 1)
                    .Add("padding", x.Options.Padding, 0)
                    .Add("output_padding", x.Options.OutputPadding, 0)
                    .Add("bias", x.HasBias),
            from => new ConvTranspose2dLayer(
                from.X,
                from.Text("name"),
                from.Integer("in"),
                from.Integer("out"),
                from.Pair("kernel"),
                new ConvTranspose2dOptions
                {
                    Stride = from.Pair("stride", 1),
                    Padding = from.Pair("padding", 0),
                    OutputPadding = from.Pair("output_padding", 0),
                },
                from.Flag("bias")
            )
        ),
        LayerForm.Of<LinearLayer>(
            "Linear",
            (x, to) => to.Add("name", x.Name).Add("in", x.InFeatures).Add("out", x.OutFeatures).Add("bias", x.HasBias),
            from => new LinearLayer(from.X, from.Text("name"), from.Integer("in"), from.Integer("out"), from.Flag("bias"))
        ),
        LayerForm.Of<BatchNormLayer>(
            "BatchNorm",
            (x, to) => to.Add("name", x.Name).Add("channels", x.Channels).Add("eps", x.Eps).Add("frozen", x.IsFrozen),
            from => new BatchNormLayer(from.X, from.Text("name"), from.Integer("channels"), from.Single("eps"), from.Flag("frozen"))
        ),
        LayerForm.Of<LayerNormLayer>(
            "LayerNorm",
            (x, to) => to.Add("name", x.Name).Add("channels", x.Channels).Add("eps", x.Eps),
            from => new LayerNormLayer(from.X, from.Text("name"), from.Integer("channels"), from.Single("eps"))
        ),
        LayerForm.Of<PReluLayer>(
            "PRelu",
            (x, to) => to.Add("name", x.Name).Add("slopes", x.SlopeCount),
            from => new PReluLayer(from.X, from.Text("name"), from.Integer("slopes"))
        ),
        LayerForm.Of<ParameterLayer>(
            "Parameter",
            (x, to) =>
                to.Add("name", x.Name).AddList("shape", x.ParameterShape).AddList("value", x.ValueShape).Add("initial", x.Initial, 1f),
            from => new ParameterLayer(from.Text("name"), ShapeOf(from, "shape"), ShapeOf(from, "value"), from.Single("initial", 1f))
        ),
    ];

    static void Write(Conv2dLayer x, LayerWriter to)
    {
        to.Add("name", x.Name)
            .Add("in", x.InChannels)
            .Add("out", x.OutChannels)
            .Add("kernel", x.KernelSize)
            .Add("stride", x.Options.Stride, 1)
            .Add("padding", x.Options.Padding, 0)
            .Add("dilation", x.Options.Dilation, 1)
            .Add("groups", x.Options.Groups, 1)
            .Add("bias", x.HasBias);
        if (x.Options.EndPadding is { } end)
            to.Add("end_padding", end);
    }

    static Conv2dLayer ConvOf(LayerReader from)
    {
        int groups = from.Integer("groups", 1);
        return new(
            from.X,
            from.Text("name"),
            from.Integer("in"),
            from.Integer("out"),
            from.Pair("kernel"),
            new Conv2dOptions
            {
                Stride = from.Pair("stride", 1),
                Padding = from.Pair("padding", 0),
                EndPadding = from.OptionalPair("end_padding"),
                Dilation = from.Pair("dilation", 1),
                Groups = groups > 0 ? groups : throw new JsonException("groups: expected 1 or more"),
            },
            from.Flag("bias")
        );
    }

    static Shape ShapeOf(LayerReader from, string name) =>
        Shape.OrNull(from.List(name).Select(length => (long)length)) ?? throw new JsonException($"{name}: expected axis lengths");
}

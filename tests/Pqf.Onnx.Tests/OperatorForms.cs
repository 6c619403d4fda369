using System.Collections.Immutable;
using Pqf.Nets.Onnx;

namespace Pqf.Onnx.Tests;

/// <summary>A form of an operation, behind a 1×1 convolution.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Opsets">Versions that it is written in.</param>
/// <param name="Rank">Axes of its value.</param>
/// <param name="Build">Appends it to a model, behind a value [N, 4, 7, 6]; returns the value's name.</param>
/// <param name="Layers">Kinds of the layers that it must become; empty if any will do.</param>
sealed record OperatorForm(
    string Name,
    int[] Opsets,
    int Rank,
    Func<SmallModel, string, string> Build,
    params ImmutableArray<string> Layers
)
{
    /// <summary>Of the value before the form.</summary>
    public const int Channels = 4,
        Height = 7,
        Width = 6;

    /// <summary>The model of a version.</summary>
    public SmallModel Model(int opset)
    {
        var model = new SmallModel(opset, null, 3, Height, Width);
        return model.Output(Build(model, model.Mixed("x", 3, Channels)), Rank);
    }
}

/// <summary>All forms.</summary>
static partial class OperatorForms
{
    static readonly int[] Every = [7, 9, 11, 13, 17, 18];

    public static ImmutableArray<OperatorForm> All { get; } =
    [
        .. Convolutions(),
        .. Functions(),
        .. Arithmetic(),
        .. Pools(),
        .. Shapes(),
        .. Axes(),
        .. Pixels(),
        .. Norms(),
        .. Products(),
        .. Patterns(),
    ];

    static WireField Attribute(string name, long value) => OnnxMessages.Attribute(name, value);

    static WireField Attribute(string name, float value) => OnnxMessages.Attribute(name, value);

    static WireField Attribute(string name, string value) => OnnxMessages.Attribute(name, value);

    static WireField Ints(string name, params int[] values) => OnnxMessages.Attribute(name, values);

    static IEnumerable<OperatorForm> Convolutions() =>
        [
            new("convolution", Every, 4, (m, x) => m.Node("Conv", [x, m.Weight("c.weight", 5, 4, 3, 3)], Ints("strides", 2, 1)), "Conv2d"),
            new(
                "convolution of uneven padding, dilation and a bias",
                [7, 13],
                4,
                (m, x) =>
                    m.Node(
                        "Conv",
                        [x, m.Weight("c.weight", 5, 4, 3, 2), m.Weight("c.bias", 5)],
                        Ints("pads", 1, 0, 2, 1),
                        Ints("dilations", 2, 1)
                    ),
                "Conv2d"
            ),
            new(
                "depthwise convolution",
                [7, 13],
                4,
                (m, x) => m.Node("Conv", [x, m.Weight("c", 8, 1, 3, 3)], Attribute("group", 4)),
                "Conv2d"
            ),
            .. ((string[])["SAME_UPPER", "SAME_LOWER", "VALID"]).Select(pad => new OperatorForm(
                $"convolution padded {pad}",
                [7, 13],
                4,
                (m, x) => m.Node("Conv", [x, m.Weight("c.weight", 5, 4, 3, 2)], Ints("strides", 2, 2), Attribute("auto_pad", pad)),
                "Conv2d"
            )),
            new(
                "padding before a convolution",
                [7, 10],
                4,
                (m, x) => m.Node("Conv", [m.Node("Pad", [x], Ints("pads", 0, 0, 1, 2, 0, 0, 0, 1)), m.Weight("c.weight", 5, 4, 3, 3)]),
                "Conv2d"
            ),
            new(
                "padding before a convolution",
                [11, 13, 18],
                4,
                (m, x) => m.Node("Conv", [m.Node("Pad", [x, m.Integers(0, 0, 1, 2, 0, 0, 0, 1)]), m.Weight("c.weight", 5, 4, 3, 3)]),
                "Conv2d"
            ),
            new(
                "two convolutions of one weight",
                [13],
                4,
                (m, x) =>
                {
                    string w = m.Weight("c.weight", 4, 4, 1, 1);
                    return m.Node("Conv", [m.Node("Relu", [m.Node("Conv", [x, w])]), w]);
                },
                "Conv2d",
                "Relu",
                "Conv2d"
            ),
            new(
                "transposed convolution",
                [7, 13],
                4,
                (m, x) => m.Node("ConvTranspose", [x, m.Weight("t.weight", 4, 3, 2, 2)], Ints("strides", 2, 2)),
                "ConvTranspose2d"
            ),
            new(
                "transposed convolution with output padding",
                [13],
                4,
                (m, x) =>
                    m.Node(
                        "ConvTranspose",
                        [x, m.Weight("t.weight", 4, 3, 3, 3), m.Weight("t.bias", 3)],
                        Ints("strides", 2, 2),
                        Ints("pads", 1, 1, 1, 1),
                        Ints("output_padding", 1, 0)
                    )
            ),
            new(
                "transposed convolution of uneven padding",
                [13],
                4,
                (m, x) => m.Node("ConvTranspose", [x, m.Weight("t.weight", 4, 3, 4, 3)], Ints("strides", 2, 2), Ints("pads", 1, 0, 2, 1))
            ),
            .. ((string[])["SAME_UPPER", "SAME_LOWER"]).Select(pad => new OperatorForm(
                $"transposed convolution padded {pad}",
                [13],
                4,
                (m, x) => m.Node("ConvTranspose", [x, m.Weight("t.weight", 4, 3, 3, 4)], Ints("strides", 2, 2), Attribute("auto_pad", pad))
            )),
            new(
                "transposed convolution of a given shape",
                [13],
                4,
                (m, x) =>
                    m.Node("ConvTranspose", [x, m.Weight("t.weight", 4, 3, 4, 4)], Ints("strides", 2, 2), Ints("output_shape", 15, 13))
            ),
        ];

    static IEnumerable<OperatorForm> Functions() =>
        [
            .. ((string, string)[])
                [
                    ("Relu", "Relu"),
                    ("Sigmoid", "Sigmoid"),
                    ("Tanh", "Tanh"),
                    ("Exp", "Exp"),
                    ("LeakyRelu", "LeakyRelu"),
                    ("HardSigmoid", "HardSigmoid"),
                    ("Neg", "Affine"),
                ]
                is var named
                ? named.Select(pair => new OperatorForm(pair.Item1, [7, 13, 17], 4, (m, x) => m.Node(pair.Item1, [x]), pair.Item2))
                : [],
            new("leaky ReLU of a slope", [7, 16], 4, (m, x) => m.Node("LeakyRelu", [x], Attribute("alpha", 0.3f)), "LeakyRelu"),
            new(
                "hard sigmoid of its numbers",
                [7],
                4,
                (m, x) => m.Node("HardSigmoid", [x], Attribute("alpha", 0.7f), Attribute("beta", 0.1f)),
                "HardSigmoid"
            ),
            new("hard swish", [14, 17], 4, (m, x) => m.Node("HardSwish", [x]), "HardSwish"),
            new("GELU", [20], 4, (m, x) => m.Node("Gelu", [x]), "Gelu"),
            new("GELU by tanh", [20], 4, (m, x) => m.Node("Gelu", [x], Attribute("approximate", "tanh")), "GeluTanh"),
            new("PReLU of each channel", [7, 9, 16], 4, (m, x) => m.Node("PRelu", [x, m.Weight("p.weight", 4, 1, 1)]), "PRelu"),
            new("PReLU of one slope", [9], 4, (m, x) => m.Node("PRelu", [x, m.Weight("p.weight", 1)]), "PRelu"),
            new("clip", [7, 9], 4, (m, x) => m.Node("Clip", [x], Attribute("min", -0.2f), Attribute("max", 0.3f)), "Clip"),
            new("clip", [11, 13], 4, (m, x) => m.Node("Clip", [x, m.Number(-0.2f), m.Number(0.3f)]), "Clip"),
            new("clip from above", [11, 13], 4, (m, x) => m.Node("Clip", [x, "", m.Number(0.1f)]), "Clip"),
            new("clip from 0", [7], 4, (m, x) => m.Node("Clip", [x], Attribute("min", 0f)), "Relu"),
            new("clip from 0", [13], 4, (m, x) => m.Node("Clip", [x, m.Number(0)]), "Relu"),
            new("maximum with a number", [8, 13], 4, (m, x) => m.Node("Max", [m.Number(0.1f), x]), "Clip"),
            new("minimum with a number", [8, 13], 4, (m, x) => m.Node("Min", [x, m.Number(0.1f)]), "Clip"),
            new(
                "nothing",
                Every,
                4,
                (m, x) => m.Node("Relu", [m.Node("Dropout", [m.Node("Identity", [m.Node("Cast", [x], Attribute("to", 1))])])]),
                "Relu"
            ),
            new(
                "softmax of channels",
                [7, 11],
                4,
                (m, x) => m.Node("Softmax", [m.Node("GlobalAveragePool", [x])]),
                "GlobalAvgPool",
                "Softmax"
            ),
            new("softmax of all values", [7, 11], 4, (m, x) => m.Node("Softmax", [x])),
            new("softmax of channels", [13, 17], 4, (m, x) => m.Node("Softmax", [x], Attribute("axis", 1)), "Softmax"),
            new("softmax of columns", [13], 4, (m, x) => m.Node("Softmax", [x])),
            new(
                "softmax of the rows' axis",
                [13],
                3,
                (m, x) => m.Node("Softmax", [m.Node("Reshape", [x, m.Integers(0, 4, -1)])], Attribute("axis", 1))
            ),
        ];

    static IEnumerable<OperatorForm> Arithmetic() =>
        [
            .. ((string[])["Add", "Sub", "Mul", "Div"]).SelectMany(operation =>
                (IEnumerable<OperatorForm>)
                    [
                        new(
                            $"{operation} of two values",
                            [7, 13],
                            4,
                            (m, x) => m.Node(operation, [x, m.Node("Exp", [m.Mixed("x", 3, 4)])])
                        ),
                        new(
                            $"{operation} of a value and its mean",
                            [7, 13],
                            4,
                            (m, x) => m.Node(operation, [x, m.Node("Exp", [m.Node("GlobalAveragePool", [x])])])
                        ),
                        new(
                            $"{operation} of a value and a number",
                            [7, 13],
                            4,
                            (m, x) => m.Node(operation, [m.Node("Relu", [x]), m.Number(0.7f)]),
                            "Relu",
                            "Affine"
                        ),
                        new(
                            $"{operation} of a number and a value",
                            [7, 13],
                            4,
                            (m, x) => m.Node(operation, [m.Number(0.7f), m.Node("Exp", [x])])
                        ),
                        new(
                            $"{operation} of a value and channels",
                            [7, 13],
                            4,
                            (m, x) => m.Node(operation, [m.Node("Relu", [x]), m.Positive4("scale")])
                        ),
                        new(
                            $"{operation} of channels and a value",
                            [7, 13],
                            4,
                            (m, x) => m.Node(operation, [m.Positive4("scale"), m.Node("Exp", [x])])
                        ),
                        new(
                            $"{operation} of a value and a table",
                            [13],
                            4,
                            (m, x) => m.Node(operation, [m.Node("Relu", [x]), m.Node("Exp", [m.Weight("table", 1, 4, 7, 6)])])
                        ),
                        new(
                            $"{operation} of a value and pixels",
                            [13],
                            4,
                            (m, x) => m.Node(operation, [m.Node("Relu", [x]), m.Node("Exp", [m.Weight("pixels", 7, 6)])])
                        ),
                    ]
            ),
            new(
                "one constant added and taken away",
                [13],
                4,
                (m, x) =>
                {
                    string c = m.Weight("c", 1, 4, 1, 1);
                    return m.Node("Add", [m.Node("Relu", [m.Node("Sub", [m.Node("Relu", [x]), c])]), c]);
                }
            ),
            new("sum of three", [8, 13], 4, (m, x) => m.Node("Sum", [x, m.Node("Relu", [x]), m.Node("Tanh", [x])])),
            new("square", [7, 13], 4, (m, x) => m.Node("Pow", [x, m.Number(2)]), "Multiply"),
            new(
                "product and sum",
                [7, 13],
                4,
                (m, x) => m.Node("Add", [m.Node("Mul", [m.Node("Relu", [x]), m.Positive4("n.scale")]), m.Weight("n.shift", 4, 1, 1)]),
                "Relu",
                "BatchNorm"
            ),
            new(
                "bias apart",
                [13],
                4,
                (m, x) => m.Node("Add", [m.Node("Conv", [x, m.Weight("c.weight", 3, 4, 1, 1)]), m.Weight("b", 1, 3, 1, 1)]),
                "Conv2d"
            ),
        ];

    static string Rows(SmallModel m, string x) => m.Node("Flatten", [m.Node("GlobalAveragePool", [x])]);

    static string Positive4(this SmallModel m, string name) => m.Values(name, [4, 1, 1], 0.7f, 1.2f, 0.4f, 1.9f);
}

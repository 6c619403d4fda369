using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Onnx.Tests;

static partial class OperatorForms
{
    static IEnumerable<OperatorForm> Shapes() =>
        [
            new("flattened", Every, 2, (m, x) => m.Node("Flatten", [x]), "Flatten"),
            new("flattened by a shape of 0", [7, 13], 2, (m, x) => m.Node("Reshape", [x, m.Integers(0, -1)]), "Flatten"),
            new("flattened by a shape of −1", [7, 13], 2, (m, x) => m.Node("Reshape", [x, m.Integers(-1, 168)]), "Flatten"),
            new(
                "flattened by its own shape",
                [7, 11],
                2,
                (m, x) => m.Node("Reshape", [x, Joined(m, m.Node("Unsqueeze", [Length(m, x, 0)], Ints("axes", 0)), m.Integers(-1))]),
                "Flatten"
            ),
            new(
                "flattened by its own shape",
                [13, 18],
                2,
                (m, x) => m.Node("Reshape", [x, Joined(m, m.Node("Unsqueeze", [Length(m, x, 0), m.Integers(0)]), m.Integers(-1))]),
                "Flatten"
            ),
            new(
                "flattened by a product",
                [13],
                2,
                (m, x) =>
                {
                    string features = m.Node("Mul", [m.Node("Mul", [Length(m, x, 1), Length(m, x, 2)]), Length(m, x, 3)]);
                    return m.Node(
                        "Reshape",
                        [
                            x,
                            Joined(
                                m,
                                m.Node("Unsqueeze", [Length(m, x, 0), m.Integers(0)]),
                                m.Node("Unsqueeze", [features, m.Integers(0)])
                            ),
                        ]
                    );
                },
                "Flatten"
            ),
            new(
                "flattened by a slice of its shape",
                [13],
                2,
                (m, x) =>
                    m.Node(
                        "Reshape",
                        [x, Joined(m, m.Node("Slice", [m.Node("Shape", [x]), m.Integers(0), m.Integers(1), m.Integers(0)]), m.Integers(-1))]
                    ),
                "Flatten"
            ),
            new(
                "squeezed",
                [7, 11],
                2,
                (m, x) => m.Node("Squeeze", [m.Node("GlobalAveragePool", [x])], Ints("axes", 2, 3)),
                "GlobalAvgPool",
                "Flatten"
            ),
            new(
                "squeezed",
                [13],
                2,
                (m, x) => m.Node("Squeeze", [m.Node("GlobalAveragePool", [x]), m.Integers(-1, -2)]),
                "GlobalAvgPool",
                "Flatten"
            ),
            new("unsqueezed", [11], 5, (m, x) => m.Node("Unsqueeze", [x], Ints("axes", 2))),
            new("unsqueezed", [13], 5, (m, x) => m.Node("Unsqueeze", [x, m.Integers(-1)])),
            new("channels as rows", [7], 3, (m, x) => m.Node("Reshape", [x, m.Integers(0, 4, -1)]), "Reshape"),
            new(
                "reshaped twice",
                [7],
                3,
                (m, x) => m.Node("Reshape", [m.Node("Reshape", [x, m.Integers(0, 2, -1)]), m.Integers(0, 8, -1)]),
                "Reshape"
            ),
            new(
                "reshaped there and back",
                [7],
                4,
                (m, x) => m.Node("Relu", [m.Node("Reshape", [m.Node("Reshape", [x, m.Integers(0, 2, -1)]), m.Integers(0, 4, 7, 6)])]),
                "Relu"
            ),
            new(
                "shuffled channels",
                [7, 13],
                4,
                (m, x) =>
                    m.Node(
                        "Reshape",
                        [
                            m.Node("Transpose", [m.Node("Reshape", [x, m.Integers(0, 2, 2, 7, 6)])], Ints("perm", 0, 2, 1, 3, 4)),
                            m.Integers(0, -1, 7, 6),
                        ]
                    ),
                "ChannelShuffle"
            ),
            new("transposed images", [7], 4, (m, x) => m.Node("Transpose", [x], Ints("perm", 0, 1, 3, 2)), "Transpose"),
            new("channels last", [7], 4, (m, x) => m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1)), "Transpose"),
            new(
                "channels last and back",
                [7],
                4,
                (m, x) =>
                    m.Node("Transpose", [m.Node("Tanh", [m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1))])], Ints("perm", 0, 3, 1, 2)),
                "Tanh"
            ),
            new(
                "rows of pixels",
                [7, 13],
                3,
                (m, x) => m.Node("Reshape", [m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1)), m.Integers(0, -1, 2)]),
                "PixelRows"
            ),
            new(
                "flattened with its channels last",
                [13],
                2,
                (m, x) => m.Node("Flatten", [m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1))])
            ),
            new(
                "transposed rows",
                [7],
                3,
                (m, x) => m.Node("Transpose", [m.Node("Reshape", [x, m.Integers(0, 4, -1)])], Ints("perm", 0, 2, 1))
            ),
        ];

    static IEnumerable<OperatorForm> Axes() =>
        [
            new(
                "concatenated channels",
                Every,
                4,
                (m, x) => m.Node("Concat", [x, m.Mixed("x", 3, 2), x], Attribute("axis", 1)),
                "Conv2d",
                "Concat"
            ),
            new("concatenated rows", [7], 4, (m, x) => m.Node("Concat", [x, m.Node("Relu", [x])], Attribute("axis", 2)), "Relu", "Concat"),
            new(
                "concatenated features",
                [13],
                2,
                (m, x) => m.Node("Concat", [Rows(m, x), Rows(m, m.Mixed("x", 3, 2))], Attribute("axis", -1))
            ),
            new(
                "split into equal parts",
                [7, 11, 13, 17],
                4,
                (m, x) => m.Nodes("Split", 2, [x], Attribute("axis", 1)) is [var a, var b] ? m.Node("Mul", [a, m.Node("Sigmoid", [b])]) : ""
            ),
            new("split by lengths", [7, 11], 4, (m, x) => m.Nodes("Split", 2, [x], Attribute("axis", 1), Ints("split", 1, 3))[1], "Slice"),
            new("split by lengths", [13, 18], 4, (m, x) => m.Nodes("Split", 2, [x, m.Integers(1, 3)], Attribute("axis", 1))[1], "Slice"),
            new("split by a count", [18], 4, (m, x) => m.Nodes("Split", 3, [x], Attribute("axis", 2), Attribute("num_outputs", 3))[2]),
            new(
                "sliced",
                [7, 9],
                4,
                (m, x) => m.Node("Slice", [x], Ints("starts", 1, -4), Ints("ends", 3, 2147483647), Ints("axes", 1, 3)),
                "Slice",
                "Slice"
            ),
            new(
                "sliced",
                [10, 13, 18],
                4,
                (m, x) => m.Node("Slice", [x, m.Integers(1, -4), m.Integers(3, long.MaxValue), m.Integers(1, 3), m.Integers(1, 2)]),
                "Slice",
                "Slice"
            ),
            new(
                "sliced along the first axes",
                [13],
                4,
                (m, x) => m.Node("Slice", [x, m.Integers(0, 1), m.Integers(long.MaxValue, 3)]),
                "Slice"
            ),
            new(
                "every second pixel, four times",
                [11],
                4,
                (m, x) =>
                {
                    string Part(int row, int column) =>
                        m.Node("Slice", [x, m.Integers(row, column), m.Integers(6, 6), m.Integers(2, 3), m.Integers(2, 2)]);
                    return m.Node("Concat", [Part(0, 0), Part(1, 0), Part(0, 1), Part(1, 1)], Attribute("axis", 1));
                }
            ),
            new("one channel picked", [13], 3, (m, x) => m.Node("Gather", [x, m.Integer(2)], Attribute("axis", 1))),
            new("channels picked", [13], 4, (m, x) => m.Node("Gather", [x, m.Integers(1, 2, 3)], Attribute("axis", 1)), "Slice"),
        ];

    static IEnumerable<OperatorForm> Pixels() =>
        [
            new("padded", [7, 10], 4, (m, x) => m.Node("Pad", [x], Ints("pads", 0, 0, 1, 2, 0, 0, 0, 1), Attribute("value", 0.5f)), "Pad"),
            new("padded", [11, 13], 4, (m, x) => m.Node("Pad", [x, m.Integers(0, 0, 1, 2, 0, 0, 0, 1), m.Number(0.5f)]), "Pad"),
            new("padded on some axes", [18], 4, (m, x) => m.Node("Pad", [x, m.Integers(1, 2, 0, 1), "", m.Integers(2, -1)]), "Pad"),
            .. ((string[])["reflect", "edge"]).Select(mode => new OperatorForm(
                $"padded by {mode}",
                [11, 13],
                4,
                (m, x) => m.Node("Pad", [x, m.Integers(0, 0, 1, 2, 0, 0, 3, 1)], Attribute("mode", mode)),
                "Pad"
            )),
            .. ((string[])["constant", "reflect", "edge"]).Select(mode => new OperatorForm(
                $"padded by {mode}, pads computed as PyTorch 1.13 does",
                [11, 13, 18],
                4,
                (m, x) => m.Node("Pad", [x, ComputedPads(m, 1, 2, 0, 3)], Attribute("mode", mode)),
                "Pad"
            )),
            new("padded by parts of a constant matrix", [11, 13, 18], 4, (m, x) => m.Node("Pad", [x, PartsOfMatrix(m)]), "Pad"),
            new(
                "upsampled",
                [7],
                4,
                (m, x) => m.Node("Upsample", [x], Nets.Onnx.OnnxMessages.Attribute("scales", (float[])[1, 1, 2, 3])),
                "Resize"
            ),
            new(
                "upsampled",
                [9],
                4,
                (m, x) => m.Node("Upsample", [x, m.Values("scales", [4], 1, 1, 2, 3)], Attribute("mode", "linear")),
                "Resize"
            ),
            new("resized by version 10", [10], 4, (m, x) => m.Node("Resize", [x, m.Values("scales", [4], 1, 1, 2, 1.5f)]), "Resize"),
            .. from coordinates in (string[])["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
            from opset in (int[])[11, 13, 18]
            select new OperatorForm(
                $"resized by linear {coordinates}",
                [opset],
                4,
                (m, x) =>
                    m.Node(
                        "Resize",
                        [x, m.Values("roi", [0]), m.Values("scales", [4], 1, 1, 2, 1.5f)],
                        Attribute("mode", "linear"),
                        Attribute("coordinate_transformation_mode", coordinates)
                    ),
                "Resize"
            ),
            .. from form in ((string, string)[])
                [
                    ("half_pixel", "round_prefer_floor"),
                    ("asymmetric", "floor"),
                    ("half_pixel", "round_prefer_ceil"),
                    ("pytorch_half_pixel", "round_prefer_floor"),
                ]
            select new OperatorForm(
                $"resized by nearest {form.Item1} {form.Item2}",
                [11, 13],
                4,
                (m, x) =>
                    m.Node(
                        "Resize",
                        [x, m.Values("roi", [0]), m.Values("scales", [4], 1, 1, 2, 2)],
                        Attribute("coordinate_transformation_mode", form.Item1),
                        Attribute("nearest_mode", form.Item2)
                    )
            ),
            new(
                "resized to a size",
                [11, 13],
                4,
                (m, x) =>
                    m.Node(
                        "Resize",
                        [
                            x,
                            m.Values("roi", [0]),
                            m.Values("none", [0]),
                            Joined(
                                m,
                                m.Node("Slice", [m.Node("Shape", [x]), m.Integers(0), m.Integers(2), m.Integers(0)]),
                                m.Integers(10, 9)
                            ),
                        ],
                        Attribute("mode", "linear"),
                        Attribute("coordinate_transformation_mode", "pytorch_half_pixel")
                    ),
                "Resize"
            ),
            new(
                "resized to a computed size",
                [13],
                4,
                (m, x) =>
                    m.Node(
                        "Resize",
                        [
                            x,
                            "",
                            "",
                            Joined(m, m.Node("Slice", [m.Node("Shape", [x]), m.Integers(0), m.Integers(2), m.Integers(0)]), Doubled(m, x)),
                        ]
                    ),
                "Resize"
            ),
            new(
                "resized on some axes",
                [18],
                4,
                (m, x) => m.Node("Resize", [x, "", m.Values("scales", [2], 2, 3)], Ints("axes", 2, 3), Attribute("mode", "linear")),
                "Resize"
            ),
        ];

    /// <summary>Pads of the last axis first, which become those of all axes in the model's order.</summary>
    static string ComputedPads(SmallModel m, params long[] pads)
    {
        string none = m.Node("ConstantOfShape", [m.Integers(8 - pads.Length)], Nets.Onnx.OnnxMessages.Attribute("value", Zero)),
            pairs = m.Node("Reshape", [Joined(m, m.Integers(pads), none), m.Integers(-1, 2)]),
            turned = m.Node("Slice", [pairs, m.Integers(-1), m.Integers(long.MinValue), m.Integers(0), m.Integers(-1)]),
            all = m.Node("Reshape", [m.Node("Transpose", [turned], Ints("perm", 1, 0)), m.Integers(-1)]);
        return m.Node("Cast", [all], Attribute("to", 7));
    }

    static StoredTensor Zero => StoredTensor.FromValues("", DType.I64, [1], [0L]);

    /// <summary>0, 0, 1, 2, 0, 0, 0, 1, put together of parts of [[9, 0, 0, 9], [0, 1, 2, 0]].</summary>
    static string PartsOfMatrix(SmallModel m)
    {
        string matrix = m.Node("Reshape", [m.Integers(9, 0, 0, 9, 0, 1, 2, 0), m.Integers(2, 4)]),
            middle = m.Node("Gather", [matrix, m.Integers(1, 2)], Attribute("axis", 1)),
            zeros = m.Node("Slice", [matrix, m.Integers(1), m.Integers(3), m.Integers(-1), m.Integers(1)]),
            ends = m.Node("Concat", [m.Node("Gather", [zeros, m.Integers(0)]), Row(m, 0, 1)], Attribute("axis", 0));
        return m.Node("Reshape", [m.Node("Concat", [middle, ends], Attribute("axis", 0)), m.Integers(8)]);
    }

    static string Row(SmallModel m, params long[] values) => m.Node("Reshape", [m.Integers(values), m.Integers(1, -1)]);

    static string Length(SmallModel m, string x, long axis) => m.Node("Gather", [m.Node("Shape", [x]), m.Integer(axis)]);

    static string Joined(SmallModel m, string a, string b) => m.Node("Concat", [a, b], Attribute("axis", 0));

    /// <summary>Twice as many rows and columns, as PyTorch computes them: in floating point, rounded down.</summary>
    static string Doubled(SmallModel m, string x)
    {
        string size = m.Node(
            "Cast",
            [m.Node("Slice", [m.Node("Shape", [x]), m.Integers(2), m.Integers(4), m.Integers(0)])],
            Attribute("to", 1)
        );
        return m.Node("Cast", [m.Node("Floor", [m.Node("Mul", [size, m.Number(2)])])], Attribute("to", 7));
    }
}

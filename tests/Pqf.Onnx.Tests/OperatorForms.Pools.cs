namespace Pqf.Onnx.Tests;

static partial class OperatorForms
{
    static IEnumerable<OperatorForm> Pools() =>
        [
            new(
                "max pool",
                Every,
                4,
                (m, x) => m.Node("MaxPool", [x], Ints("kernel_shape", 3, 2), Ints("strides", 2, 2), Ints("pads", 1, 0, 1, 1)),
                "MaxPool2d"
            ),
            new(
                "max pool in ceil mode",
                [10, 13],
                4,
                (m, x) => m.Node("MaxPool", [x], Ints("kernel_shape", 2, 2), Ints("strides", 2, 2), Attribute("ceil_mode", 1)),
                "MaxPool2d"
            ),
            new(
                "max pool with dilation",
                [10],
                4,
                (m, x) => m.Node("MaxPool", [x], Ints("kernel_shape", 2, 2), Ints("dilations", 2, 3)),
                "MaxPool2d"
            ),
            new(
                "max pool of the same size",
                [7],
                4,
                (m, x) => m.Node("MaxPool", [x], Ints("kernel_shape", 3, 3), Ints("strides", 2, 2), Attribute("auto_pad", "SAME_UPPER")),
                "MaxPool2d"
            ),
            new(
                "padding before a max pool",
                [11],
                4,
                (m, x) => m.Node("MaxPool", [m.Node("Pad", [x, m.Integers(0, 0, 1, 1, 0, 0, 1, 1)])], Ints("kernel_shape", 3, 3)),
                "Pad",
                "MaxPool2d"
            ),
            new(
                "average pool",
                Every,
                4,
                (m, x) => m.Node("AveragePool", [x], Ints("kernel_shape", 3, 2), Ints("pads", 1, 0, 1, 1)),
                "AvgPool2d"
            ),
            new(
                "average pool that counts padding",
                [7, 13],
                4,
                (m, x) =>
                    m.Node("AveragePool", [x], Ints("kernel_shape", 3, 2), Ints("pads", 1, 0, 1, 1), Attribute("count_include_pad", 1)),
                "AvgPool2d"
            ),
            new(
                "padding before an average pool",
                [11],
                4,
                (m, x) =>
                    m.Node(
                        "AveragePool",
                        [m.Node("Pad", [x, m.Integers(0, 0, 1, 1, 0, 0, 1, 1)])],
                        Ints("kernel_shape", 3, 3),
                        Ints("strides", 2, 2)
                    ),
                "AvgPool2d"
            ),
            new(
                "padding before a padded average pool",
                [11],
                4,
                (m, x) =>
                    m.Node(
                        "AveragePool",
                        [m.Node("Pad", [x, m.Integers(0, 0, 1, 1, 0, 0, 1, 1)])],
                        Ints("kernel_shape", 3, 3),
                        Ints("pads", 1, 1, 0, 0)
                    ),
                "Pad",
                "AvgPool2d"
            ),
            new("global mean", Every, 4, (m, x) => m.Node("GlobalAveragePool", [x]), "GlobalAvgPool"),
            new("global maximum", [7, 13], 4, (m, x) => m.Node("GlobalMaxPool", [x]), "MaxPool2d"),
            new("reduced mean", [7, 11, 13], 4, (m, x) => m.Node("ReduceMean", [x], Ints("axes", 2, 3)), "GlobalAvgPool"),
            new(
                "reduced mean to rows",
                [7, 13],
                2,
                (m, x) => m.Node("ReduceMean", [x], Ints("axes", -1, -2), Attribute("keepdims", 0)),
                "GlobalAvgPool",
                "Flatten"
            ),
            new(
                "reduced mean of an input",
                [18],
                2,
                (m, x) => m.Node("ReduceMean", [x, m.Integers(2, 3)], Attribute("keepdims", 0)),
                "GlobalAvgPool",
                "Flatten"
            ),
            new("mean of columns", [13], 3, (m, x) => m.Node("ReduceMean", [x], Ints("axes", 3), Attribute("keepdims", 0))),
            new("maximum of rows", [13], 4, (m, x) => m.Node("ReduceMax", [x], Ints("axes", 2))),
            new("sum of pixels", [13], 4, (m, x) => m.Node("ReduceSum", [x, m.Integers(2, 3)])),
        ];

    static IEnumerable<OperatorForm> Products() =>
        [
            new(
                "Gemm",
                [7, 9, 11, 13],
                2,
                (m, x) => m.Node("Gemm", [Rows(m, x), m.Weight("fc.weight", 4, 3), m.Weight("fc.bias", 3)]),
                "GlobalAvgPool",
                "Flatten",
                "Linear"
            ),
            new(
                "Gemm of a transposed weight",
                [7, 13],
                2,
                (m, x) => m.Node("Gemm", [Rows(m, x), m.Weight("fc.weight", 3, 4), m.Weight("fc.bias", 3)], Attribute("transB", 1)),
                "GlobalAvgPool",
                "Flatten",
                "Linear"
            ),
            new(
                "Gemm of factors",
                [7],
                2,
                (m, x) =>
                    m.Node(
                        "Gemm",
                        [Rows(m, x), m.Weight("fc.weight", 4, 3), m.Weight("fc.bias", 1, 3)],
                        Attribute("alpha", 0.5f),
                        Attribute("beta", 2f)
                    )
            ),
            new("Gemm without a bias", [11], 2, (m, x) => m.Node("Gemm", [Rows(m, x), m.Weight("fc.weight", 4, 3)])),
            new("Gemm of one bias", [7], 2, (m, x) => m.Node("Gemm", [Rows(m, x), m.Weight("fc.weight", 4, 3), m.Weight("b", 1)])),
            new(
                "product",
                [7, 13],
                2,
                (m, x) => m.Node("MatMul", [Rows(m, x), m.Weight("fc.weight", 4, 3)]),
                "GlobalAvgPool",
                "Flatten",
                "Linear"
            ),
            new(
                "product and bias",
                [7, 13],
                2,
                (m, x) => m.Node("Add", [m.Weight("fc.bias", 3), m.Node("MatMul", [Rows(m, x), m.Weight("fc.weight", 4, 3)])]),
                "GlobalAvgPool",
                "Flatten",
                "Linear"
            ),
            new(
                "one square weight both ways",
                [13],
                2,
                (m, x) =>
                {
                    string w = m.Weight("fc.weight", 4, 4);
                    return m.Node("Gemm", [m.Node("Gemm", [Rows(m, x), w]), w], Attribute("transB", 1));
                }
            ),
            new(
                "product of channels",
                [13],
                4,
                (m, x) =>
                    m.Node(
                        "Transpose",
                        [
                            m.Node(
                                "Add",
                                [
                                    m.Node("MatMul", [m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1)), m.Weight("pw.weight", 4, 5)]),
                                    m.Weight("pw.bias", 5),
                                ]
                            ),
                        ],
                        Ints("perm", 0, 3, 1, 2)
                    ),
                "Conv2d"
            ),
            new(
                "product of flattened pixels",
                [13],
                2,
                (m, x) => m.Node("Gemm", [m.Node("Flatten", [x]), m.Weight("fc.weight", 168, 3)]),
                "Flatten",
                "Linear"
            ),
        ];
}

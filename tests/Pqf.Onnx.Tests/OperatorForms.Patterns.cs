namespace Pqf.Onnx.Tests;

static partial class OperatorForms
{
    static IEnumerable<OperatorForm> Norms() =>
        [
            new(
                "norm",
                [7, 9, 14, 15],
                4,
                (m, x) =>
                    m.Node(
                        "BatchNormalization",
                        [
                            m.Node("Relu", [x]),
                            m.Positive("n.weight", 4),
                            m.Weight("n.bias", 4),
                            m.Weight("n.mean", 4),
                            m.Positive("n.var", 4),
                        ],
                        Attribute("epsilon", 0.01f)
                    ),
                "Relu",
                "BatchNorm"
            ),
            new(
                "norm of rows",
                [9],
                2,
                (m, x) =>
                    m.Node(
                        "BatchNormalization",
                        [Rows(m, x), m.Positive("n.weight", 4), m.Weight("n.bias", 4), m.Weight("n.mean", 4), m.Positive("n.var", 4)]
                    )
            ),
            new(
                "LRN",
                [7, 13],
                4,
                (m, x) =>
                    m.Node("LRN", [x], Attribute("size", 3), Attribute("alpha", 0.5f), Attribute("beta", 0.6f), Attribute("bias", 1.5f)),
                "LocalResponseNorm"
            ),
            new(
                "layer norm of rows",
                [17],
                2,
                (m, x) => m.Node("LayerNormalization", [Rows(m, x), m.Positive("n.weight", 4), m.Weight("n.bias", 4)]),
                "GlobalAvgPool",
                "Flatten",
                "LayerNorm"
            ),
            new(
                "layer norm without a bias",
                [17],
                2,
                (m, x) => m.Node("LayerNormalization", [Rows(m, x), m.Positive("n.weight", 4)], Attribute("epsilon", 0.01f))
            ),
            new(
                "layer norm of channels",
                [17],
                4,
                (m, x) =>
                    m.Node(
                        "Transpose",
                        [
                            m.Node(
                                "LayerNormalization",
                                [m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1)), m.Positive("n.weight", 4), m.Weight("n.bias", 4)]
                            ),
                        ],
                        Ints("perm", 0, 3, 1, 2)
                    ),
                "LayerNorm"
            ),
        ];

    static IEnumerable<OperatorForm> Patterns() =>
        [
            new("SiLU", [7, 13], 4, (m, x) => m.Node("Mul", [m.Node("Sigmoid", [x]), x]), "Silu"),
            new(
                "hard swish of a hard sigmoid",
                [7, 13],
                4,
                (m, x) => m.Node("Mul", [x, m.Node("HardSigmoid", [x], Attribute("alpha", 1f / 6))]),
                "HardSwish"
            ),
            new(
                "hard swish of a clip",
                [11, 13],
                4,
                (m, x) => m.Node("Div", [m.Node("Mul", [x, Clipped(m, x)]), m.Number(6)]),
                "HardSwish"
            ),
            new(
                "hard swish of a sixth of a clip",
                [11],
                4,
                (m, x) => m.Node("Mul", [x, m.Node("Div", [Clipped(m, x), m.Number(6)])]),
                "HardSwish"
            ),
            new(
                "hard swish of a product with a sixth",
                [7],
                4,
                (m, x) =>
                    m.Node(
                        "Mul",
                        [
                            m.Node(
                                "Mul",
                                [x, m.Node("Clip", [m.Node("Add", [m.Number(3), x])], Attribute("min", 0f), Attribute("max", 6f))]
                            ),
                            m.Number(1f / 6),
                        ]
                    ),
                "HardSwish"
            ),
            new("hard sigmoid of a clip", [11], 4, (m, x) => m.Node("Div", [Clipped(m, x), m.Number(6)]), "HardSigmoid"),
            new(
                "GELU of an error function",
                [9, 13],
                4,
                (m, x) => m.Node("Mul", [m.Node("Mul", [x, Erf(m, m.Node("Div", [x, m.Number(1.4142135f)]))]), m.Number(0.5f)]),
                "Gelu"
            ),
            new(
                "GELU of a half",
                [13],
                4,
                (m, x) => m.Node("Mul", [m.Node("Mul", [m.Number(0.5f), x]), Erf(m, m.Node("Mul", [x, m.Number(0.70710677f)]))]),
                "Gelu"
            ),
            new(
                "GELU of half an error function",
                [13],
                4,
                (m, x) => m.Node("Mul", [x, m.Node("Mul", [m.Number(0.5f), Erf(m, m.Node("Div", [x, m.Number(1.4142135f)]))])]),
                "Gelu"
            ),
            new(
                "GELU of a product",
                [13],
                4,
                (m, x) =>
                    m.Node("Mul", [x, m.Node("Exp", [x])]) is var y
                        ? m.Node("Mul", [m.Node("Mul", [y, Erf(m, m.Node("Div", [y, m.Number(1.4142135f)]))]), m.Number(0.5f)])
                        : "",
                "Exp",
                "Multiply",
                "Gelu"
            ),
            new(
                "GELU of a tanh",
                [9, 13],
                4,
                (m, x) =>
                {
                    string cubic = m.Node("Mul", [m.Number(0.044715f), m.Node("Pow", [x, m.Number(3)])]);
                    string tanh = m.Node("Tanh", [m.Node("Mul", [m.Number(0.7978846f), m.Node("Add", [x, cubic])])]);
                    return m.Node("Mul", [m.Node("Mul", [m.Number(0.5f), x]), m.Node("Add", [m.Number(1), tanh])]);
                },
                "GeluTanh"
            ),
            new(
                "GELU of a tanh of a product",
                [13],
                4,
                (m, x) =>
                {
                    string square = m.Node("Add", [m.Node("Mul", [m.Number(0.044715f), m.Node("Mul", [x, x])]), m.Number(1)]);
                    string tanh = m.Node("Tanh", [m.Node("Mul", [m.Node("Mul", [x, m.Number(0.7978846f)]), square])]);
                    return m.Node("Mul", [m.Node("Mul", [x, m.Node("Add", [tanh, m.Number(1)])]), m.Number(0.5f)]);
                },
                "GeluTanh"
            ),
            new(
                "layer norm of parts",
                [13],
                4,
                (m, x) =>
                    m.Node(
                        "Transpose",
                        [Normal(m, m.Node("Transpose", [x], Ints("perm", 0, 2, 3, 1)), -1, true)],
                        Ints("perm", 0, 3, 1, 2)
                    ),
                "LayerNorm"
            ),
            new(
                "layer norm of parts without weights",
                [13],
                2,
                (m, x) => Normal(m, Rows(m, x), -1, false),
                "GlobalAvgPool",
                "Flatten",
                "LayerNorm"
            ),
            new("layer norm of the channels' axis", [13], 4, (m, x) => Normal(m, x, 1, false), "LayerNorm"),
        ];

    static string Clipped(SmallModel m, string x) => m.Node("Clip", [m.Node("Add", [x, m.Number(3)]), m.Number(0), m.Number(6)]);

    static string Erf(SmallModel m, string x) => m.Node("Add", [m.Node("Erf", [x]), m.Number(1)]);

    static string Normal(SmallModel m, string x, int axis, bool hasWeights)
    {
        string centred = m.Node("Sub", [x, m.Node("ReduceMean", [x], Ints("axes", axis))]),
            square = m.Node("Pow", [centred, m.Number(2)]),
            root = m.Node("Sqrt", [m.Node("Add", [m.Node("ReduceMean", [square], Ints("axes", axis)), m.Number(1e-3f)])]),
            normal = m.Node("Div", [centred, root]);
        return hasWeights ? m.Node("Add", [m.Node("Mul", [normal, m.Positive("n.weight", 4)]), m.Weight("n.bias", 4)]) : normal;
    }
}

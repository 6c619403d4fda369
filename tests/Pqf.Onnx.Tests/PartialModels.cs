using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;

namespace Pqf.Onnx.Tests;

/// <summary>Models with an operation or a form that is not run here. Names of weights end in <c>.weight</c>; those that begin with
/// <c>turned</c> are [in, out].</summary>
static class PartialModels
{
    /// <summary>By what is special about them.</summary>
    public static IReadOnlyDictionary<string, Func<FreeModel, FreeModel>> All { get; } =
        new Dictionary<string, Func<FreeModel, FreeModel>>
        {
            ["non-maximum suppression"] = Suppression,
            ["two inputs"] = TwoInputs,
            ["attention"] = model => Attention(model, 8),
            ["wide attention"] = model => Attention(model, 64),
            ["branches"] = Branches,
            ["loop"] = Loop,
            ["matrices"] = Matrices,
            ["transposed convolutions"] = TransposedConvolutions,
            ["halves"] = Halves,
            ["doubles"] = Doubles,
            ["shared weights"] = Shared,
            ["one and three axes"] = OtherAxes,
            ["copies and constants"] = Copies,
            ["oldest operations"] = Suppression,
            ["initialisers as inputs"] = Suppression,
            ["values beside the model"] = TwoInputs,
        };

    /// <summary>Writes a model into a folder.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="folder">Gets a folder of the model's own.</param>
    /// <param name="draw">As for <see cref="FreeModel"/>.</param>
    public static (string Path, FreeModel Model) Write(string name, TemporaryFolder folder, Func<string, Shape, float[]>? draw = null)
    {
        string own = Directory.CreateDirectory(folder.File(draw is null ? "model" : "decoded")).FullName,
            path = Path.Combine(own, "model.onnx");
        using var outside = name == "values beside the model" ? File.Create(Path.Combine(own, "weights.bin")) : null;
        bool isOld = name is "oldest operations" or "initialisers as inputs";
        var model = All[name]
            (
                new FreeModel(isOld ? 10 : 17, draw)
                {
                    Format = isOld ? 3 : 8,
                    ListsInitialisers = isOld,
                    Outside = outside,
                }
            );
        File.WriteAllBytes(path, model.ToBytes());
        return (path, model);
    }

    /// <summary>The values of a weight in the model's order, from those in the parameter's order.</summary>
    public static float[] Decoded(string weight, Shape shape, IReadOnlyDictionary<string, float[]> stored)
    {
        float[] values = stored[weight];
        if (!weight.StartsWith("turned", StringComparison.Ordinal))
            return values;
        var (rows, columns) = (shape[0], shape[1]);
        return [.. Enumerable.Range(0, shape.Count).Select(i => values[(i % columns * rows) + (i / columns)])];
    }

    static FreeModel Suppression(FreeModel model)
    {
        string x = model.Input("x", [1, 3, 8, 8]);
        string y = Convolution(model, x, "stem.weight", 4, 3);
        y = Convolution(model, y, "boxes.weight", 2, 4);
        // [1, 2, 8, 8] → boxes [1, 32, 4], and the first values as scores [1, 1, 32]
        string boxes = model.Node("Reshape", [y, Integers(model, "to_boxes", 1, 32, 4)], "all_boxes"),
            scores = model.Node("ReduceMax", [boxes], "maxima", OnnxMessages.Attribute("axes", [2]), OnnxMessages.Attribute("keepdims", 0)),
            rows = model.Node("Reshape", [scores, Integers(model, "to_scores", 1, 1, 32)], "all_scores"),
            most = model.Tensor(StoredTensor.FromValues("most", DType.I64, [1], [5L])),
            overlap = model.Tensor(StoredTensor.FromSingles("overlap", [1], [0.5f]));
        model.Node("NonMaxSuppression", [boxes, rows, most, overlap], "kept");
        return model.Output(boxes).Output("kept", DType.I64);
    }

    static FreeModel TwoInputs(FreeModel model)
    {
        string left = Convolution(model, model.Input("left", [1, 3, 8, 8]), "left.weight", 4, 3),
            right = Convolution(model, model.Input("right", [1, 3, 8, 8]), "right.weight", 4, 3);
        string bias = model.Tensor(StoredTensor.FromSingles("shift", [1, 4, 1, 1], [1, 2, 3, 4]));
        return model.Output(model.Node("Add", [model.Node("Mul", [left, right], "product"), bias], "sum"));
    }

    static FreeModel Attention(FreeModel model, int width)
    {
        string x = model.Input("x", [1, 6, width]);
        string q = model.Node("MatMul", [x, model.Weight("turned_q.weight", DType.F32, width, width)], "q"),
            k = model.Node("MatMul", [x, model.Weight("turned_k.weight", DType.F32, width, width)], "k"),
            v = model.Node("MatMul", [x, model.Weight("turned_v.weight", DType.F32, width, width + 4)], "v");
        string keys = model.Node("Transpose", [k], "keys", OnnxMessages.Attribute("perm", [0, 2, 1]));
        string parts = model.Node("Softmax", [model.Node("MatMul", [q, keys], "scores")], "parts", OnnxMessages.Attribute("axis", -1L));
        return model.Output(model.Node("MatMul", [parts, v], "y"));
    }

    static FreeModel Branches(FreeModel model)
    {
        string x = model.Input("x", [1, 3, 8, 8]),
            weight = model.Weight("branch.weight", DType.F32, 4, 3, 3, 3);
        string stem = Convolution(model, x, "stem.weight", 3, 3);
        string zero = model.Tensor(StoredTensor.FromSingles("zero", [], [0])),
            sum = model.Node("ReduceSum", [stem], "total", OnnxMessages.Attribute("keepdims", 0)),
            isPositive = model.Node("Greater", [sum, zero], "is_positive");
        var (then, otherwise) = (new FreeModel(17), new FreeModel(17));
        then.Output(then.Node("Conv", [stem, weight], "then_y"));
        // A weight of the branch's own stays.
        otherwise.Tensor(StoredTensor.FromSingles("own", [4, 3, 3, 3], FreeModel.Drawn("own", [4, 3, 3, 3])));
        otherwise.Output(otherwise.Node("Conv", [stem, "own"], "else_y"));
        model.Node("If", [isPositive], "y", then.AsAttribute("then_branch"), otherwise.AsAttribute("else_branch"));
        return model.Output("y");
    }

    static FreeModel Loop(FreeModel model)
    {
        string x = model.Input("x", [1, 4, 8, 8]),
            weight = model.Weight("body.weight", DType.F32, 4, 4, 3, 3);
        string count = model.Tensor(StoredTensor.FromValues("count", DType.I64, [], [2L])),
            goes = model.Tensor(StoredTensor.FromValues("goes", DType.Bool, [], [(byte)1]));
        var body = new FreeModel(17);
        body.Input("i", [], DType.I64);
        body.Input("goes_in", [], DType.Bool);
        body.Input("state", [1, 4, 8, 8]);
        body.Node("Identity", ["goes_in"], "goes_out");
        body.Node("Conv", ["state", weight], "next", OnnxMessages.Attribute("pads", [1, 1, 1, 1]));
        body.Output("goes_out", DType.Bool).Output("next");
        model.Node("Loop", [count, goes, x], "y", body.AsAttribute("body"));
        return model.Output("y");
    }

    static FreeModel Matrices(FreeModel model)
    {
        string x = model.Input("x", [3, 8]);
        model.Input("unused", [1]);
        string y = model.Node("Gemm", [x, model.Weight("rows.weight", DType.F32, 6, 8)], "a", OnnxMessages.Attribute("transB", 1));
        y = model.Node("Gemm", [y, model.Weight("turned_columns.weight", DType.F32, 6, 10)], "b");
        y = model.Node("MatMul", [y, model.Weight("turned_last.weight", DType.F32, 10, 4)], "c");
        return model.Output(model.Node("MatMul", [model.Weight("first.weight", DType.F32, 5, 3 + 1), Padded(model, y)], "d"));
    }

    /// <summary>[3, 4] with a row more.</summary>
    static string Padded(FreeModel model, string y) =>
        model.Node(
            "Concat",
            [y, model.Tensor(StoredTensor.FromSingles("row", [1, 4], [1, 2, 3, 4]))],
            "rows",
            OnnxMessages.Attribute("axis", 0)
        );

    static FreeModel TransposedConvolutions(FreeModel model)
    {
        string x = model.Input("x", [1, 4, 5, 5]);
        model.Input("unused", [1]);
        string y = model.Node("ConvTranspose", [x, model.Weight("up.weight", DType.F32, 4, 6, 2, 2)], "a");
        y = model.Node("ConvTranspose", [y, model.Weight("groups.weight", DType.F32, 6, 2, 2, 3)], "b", OnnxMessages.Attribute("group", 3));
        y = model.Node(
            "ConvTranspose",
            [y, model.Weight("depthwise.weight", DType.F32, 6, 1, 2, 2)],
            "c",
            OnnxMessages.Attribute("group", 6)
        );
        return model.Output(
            model.Node("Conv", [y, model.Weight("filters.weight", DType.F32, 6, 1, 2, 2)], "d", OnnxMessages.Attribute("group", 6))
        );
    }

    static FreeModel Halves(FreeModel model)
    {
        string x = model.Input("x", [2, 3, 8, 8], DType.F16);
        model.Input("unused", [1]);
        string y = model.Node("Conv", [x, model.Weight("a.weight", DType.F16, 4, 3, 3, 3)], "y");
        string rows = model.Node("Flatten", [y], "rows");
        return model.Output(model.Node("MatMul", [rows, model.Weight("turned_b.weight", DType.F16, 144, 6)], "z"), DType.F16);
    }

    static FreeModel Doubles(FreeModel model)
    {
        string x = model.Input("x", [2, 8], DType.F64);
        model.Input("unused", [1]);
        string y = model.Node("MatMul", [x, model.Weight("turned_a.weight", DType.F64, 8, 6)], "y");
        return model.Output(
            model.Node("Gemm", [y, model.Weight("b.weight", DType.F64, 4, 6)], "z", OnnxMessages.Attribute("transB", 1)),
            DType.F64
        );
    }

    static FreeModel Shared(FreeModel model)
    {
        string x = model.Input("x", [1, 4, 8, 8]),
            weight = model.Weight("twice.weight", DType.F32, 4, 4, 1, 1);
        model.Input("unused", [1]);
        string y = model.Node("Conv", [model.Node("Conv", [x, weight], "a"), weight], "b");
        // Read by a node of another kind too.
        return model.Output(model.Node("ReduceMax", [weight], "largest", OnnxMessages.Attribute("keepdims", 0))).Output(y);
    }

    static FreeModel OtherAxes(FreeModel model)
    {
        string line = model.Input("line", [1, 4, 12]),
            cube = model.Input("cube", [1, 2, 4, 4, 4]);
        return model
            .Output(model.Node("Conv", [line, model.Weight("line.weight", DType.F32, 6, 4, 3)], "a"))
            .Output(model.Node("Conv", [cube, model.Weight("cube.weight", DType.F32, 4, 2, 2, 3, 3)], "b"));
    }

    static FreeModel Copies(FreeModel model)
    {
        string x = model.Input("x", [1, 3, 8, 8]);
        model.Input("unused", [1]);
        string half = model.Node(
                "Cast",
                [model.Weight("half.weight", DType.F16, 4, 3, 1, 1)],
                "half_cast",
                OnnxMessages.Attribute("to", 1)
            ),
            copy = model.Node("Identity", [half], "half_copy");
        string y = model.Node("Conv", [x, copy], "y");
        y = model.Node("Conv", [y, model.ConstantWeight("constant.weight", 2, 4, 1, 1)], "z");
        string rows = model.Node("Flatten", [y], "rows"),
            matrix = model.Node(
                "Transpose",
                [model.Weight("transposed.weight", DType.F32, 6, 128)],
                "matrix",
                OnnxMessages.Attribute("perm", [1, 0])
            );
        return model.Output(model.Node("MatMul", [rows, matrix], "logits"));
    }

    static string Convolution(FreeModel model, string x, string weight, int outChannels, int inChannels) =>
        model.Node(
            "Conv",
            [x, model.Weight(weight, DType.F32, outChannels, inChannels, 3, 3)],
            $"{weight}/y",
            OnnxMessages.Attribute("pads", [1, 1, 1, 1])
        );

    static string Integers(FreeModel model, string name, params long[] values) =>
        model.Tensor(StoredTensor.FromValues(name, DType.I64, [values.Length], values));
}

using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Onnx.Tests;

/// <summary>Writes a classifier as other programs do.</summary>
sealed class ExportedModel
{
    const float UsualEps = 1e-5f;

    readonly Graph graph;
    readonly Parameters parameters;
    readonly ExportForm form;

    public ExportedModel(Graph graph, Parameters parameters, ExportForm form)
    {
        (this.graph, this.parameters, this.form) = (graph, parameters, form);
        Weights = new(form.Weights, Nodes);
        for (int i = 0; i < graph.Nodes.Length; i++)
            Add(i, graph.Nodes[i]);
        if (form.IsPadded)
            Weights.Append("Softmax", [$"v{graph.Output}"], "probabilities", OnnxMessages.Attribute("axis", 1));
    }

    /// <summary>To be changed by tests of what is no known network.</summary>
    public List<ExportedNode> Nodes { get; } = [];

    public ExportedWeights Weights { get; }

    /// <summary>The model.</summary>
    /// <param name="side">Of its images, in pixels.</param>
    public byte[] ToBytes(int side)
    {
        var message = WireField.Message(
            7,
            [
                .. Nodes.Select(node => OnnxMessages.Node(node.Operator, node.Inputs, node.Output, node.Attributes)),
                WireField.Text(2, "exported"),
                .. Weights.Initialisers,
                OnnxMessages.Input("v0", [1, graph.Nodes.OfType<InputLayer>().Single().Channels, side, side]),
                .. Weights.Inputs,
                OnnxMessages.Output(form.IsPadded ? "probabilities" : $"v{graph.Output}", [1, Head.OutFeatures]),
            ]
        );
        int opset = form.Pool == ExportForm.PoolForm.MeanOfAttribute ? 17 : 18;
        using var stream = new MemoryStream();
        OnnxMessages.Write(stream, [WireField.Integer(1, 8), message, WireField.Message(8, WireField.Integer(2, opset))]);
        return stream.ToArray();
    }

    LinearLayer Head => graph.Nodes.OfType<LinearLayer>().Single();

    void Add(int i, Layer layer)
    {
        string to = $"v{i}";
        string[] from = [.. layer.Inputs.Select(input => Between($"v{input}"))];
        switch (layer)
        {
            case InputLayer:
                break;
            case Conv2dLayer conv:
                Conv(conv, from[0], to, graph.Nodes.OfType<BatchNormLayer>().FirstOrDefault(norm => norm.X == i));
                break;
            case BatchNormLayer norm:
                Norm(norm, from[0], to);
                break;
            case ReluLayer when form.IsOtherwise:
                Weights.Append("Clip", [from[0], Weights.Scale(0)], to);
                break;
            case ReluLayer:
                Weights.Append("Relu", from, to);
                break;
            case MaxPool2dLayer pool:
                Weights.Append("MaxPool", from, to, OnnxMessages.Window(pool.KernelSize, pool.Stride, pool.Padding, pool.Padding));
                break;
            case AddLayer:
                Weights.Append(form.IsOtherwise ? "Sum" : "Add", form.SwapsSums ? from.Reverse() : from, to);
                break;
            case GlobalAvgPoolLayer:
                Pool(from[0], to);
                break;
            case FlattenLayer:
                Rows(from[0], to);
                break;
            case LinearLayer linear:
                Linear(linear, from[0], to);
                break;
            default:
                throw new NotSupportedException(layer.Kind);
        }
    }

    string Between(string value)
    {
        if (form.IsPadded)
            value = Weights.Append(
                "Cast",
                [Weights.Append("Identity", [Weights.Append("Dropout", [value])])],
                OnnxMessages.Attribute("to", ExportedWeights.SingleType)
            );
        if (!form.QuantisesValues)
            return value;
        string[] by = [Weights.Scale(0.1f), Weights.ZeroPoint(128)];
        return Weights.Append("DequantizeLinear", [Weights.Append("QuantizeLinear", [value, .. by]), .. by]);
    }

    void Conv(Conv2dLayer conv, string x, string to, BatchNormLayer? norm)
    {
        var folded = conv.Fold(norm is not null && Folds(norm) ? norm : null, parameters);
        float[]? bias =
            folded.Bias
            ?? (
                form.Norms == ExportForm.NormForm.KeptAfterBias
                    ? [.. Enumerable.Range(0, conv.OutChannels).Select(c => (c - 1.5f) / 7)]
                    : null
            );
        var (stride, padding) = (conv.Options.Stride, conv.Options.Padding);
        Weights.Append(
            "Conv",
            [
                x,
                Weights.Weight(conv.WeightShape, folded.ToDense()),
                .. bias is null ? (string[])[] : [Weights.Weight([conv.OutChannels], bias)],
            ],
            to,
            OnnxMessages.Attribute("strides", [stride.H, stride.W]),
            form.IsOtherwise && stride == new Pair(1, 1)
                ? ExportedWeights.Word("auto_pad", "SAME_UPPER")
                : OnnxMessages.Attribute("pads", [padding.H, padding.W, padding.H, padding.W]),
            OnnxMessages.Attribute("group", conv.Options.Groups)
        );
    }

    bool Folds(BatchNormLayer norm) =>
        form.Norms == ExportForm.NormForm.Folded
        || (form.Norms == ExportForm.NormForm.SomeFolded && norm.Name.EndsWith("bn2", StringComparison.Ordinal));

    void Norm(BatchNormLayer norm, string x, string to)
    {
        if (Folds(norm))
        {
            Weights.Append("Identity", [x], to);
            return;
        }

        if (form.Norms == ExportForm.NormForm.Products)
        {
            var (scale, shift) = FusedNorms.Of(norm, parameters);
            string product = Weights.Append("Mul", [Weights.Weight([norm.Channels, 1, 1], scale), x]);
            Weights.Append("Add", [product, Weights.Weight([1, norm.Channels, 1, 1], shift)], to);
            return;
        }

        var vectors = norm.Parameters.Select(spec => Weights.Weight(spec.Shape, FoldedLayer.Values(parameters, spec.Name)));
        Weights.Append(
            "BatchNormalization",
            vectors.Prepend(x),
            to,
            form.Eps == UsualEps ? [] : [ExportedWeights.Single("epsilon", form.Eps)]
        );
    }

    string Pool(string x, string to) =>
        form.Pool switch
        {
            ExportForm.PoolForm.Global => Weights.Append("GlobalAveragePool", [x], to),
            ExportForm.PoolForm.MeanOfAttribute => Weights.Append("ReduceMean", [x], to, OnnxMessages.Attribute("axes", [-1, -2])),
            ExportForm.PoolForm.MeanOfInput => Weights.Append("ReduceMean", [x, Weights.Integers(2, 3)], to),
            _ => Weights.Append("ReduceMean", [x, Weights.Integers(-2, -1)], to, OnnxMessages.Attribute("keepdims", 0)),
        };

    string Rows(string x, string to)
    {
        if (form.Pool == ExportForm.PoolForm.MeanToRows)
            return Weights.Append("Identity", [x], to);
        switch (form.Rows)
        {
            case ExportForm.RowsForm.Flatten:
                return Weights.Append("Flatten", [x], to);
            case ExportForm.RowsForm.Reshape:
                return Weights.Append("Reshape", [x, Weights.Integers(-1, Head.InFeatures)], to);
            case ExportForm.RowsForm.Squeeze:
                return Weights.Append("Squeeze", [x, Weights.Integers(3, 2)], to);
            default:
                string count = Weights.Append("Gather", [Weights.Append("Shape", [x]), Weights.Integers(0)]);
                string shape = Weights.Append("Concat", [count, Weights.Integers(-1)], OnnxMessages.Attribute("axis", 0));
                return Weights.Append("Reshape", [x, shape], to);
        }
    }

    void Linear(LinearLayer linear, string x, string to)
    {
        float[] values = FoldedLayer.Values(parameters, $"{linear.Name}.weight");
        string bias = Weights.Weight([linear.OutFeatures], FoldedLayer.Values(parameters, $"{linear.Name}.bias"));
        string Rows() => Weights.Weight(linear.WeightShape, values);
        string Columns() => Weights.Weight([linear.InFeatures, linear.OutFeatures], Transposed(values, linear.OutFeatures));
        switch (form.Head)
        {
            case ExportForm.HeadForm.Gemm:
                Weights.Append("Gemm", [x, Rows(), bias], to, OnnxMessages.Attribute("transB", 1));
                break;
            case ExportForm.HeadForm.GemmOfColumns:
                Weights.Append("Gemm", [x, Columns(), bias], to);
                break;
            case ExportForm.HeadForm.MatMulAndAdd:
                Weights.Append("Add", [bias, Weights.Append("MatMul", [x, Columns()])], to);
                break;
            default:
                string turned = Weights.Append("Transpose", [Rows()], OnnxMessages.Attribute("perm", [1, 0]));
                Weights.Append("Add", [Weights.Append("MatMul", [x, turned]), bias], to);
                break;
        }
    }

    static float[] Transposed(float[] values, int rows)
    {
        int columns = values.Length / rows;
        return [.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])];
    }
}

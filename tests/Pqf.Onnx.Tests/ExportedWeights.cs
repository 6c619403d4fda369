using System.Globalization;
using Google.Protobuf;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Onnx.Tests;

/// <summary>One operation.</summary>
sealed record ExportedNode(string Operator, string[] Inputs, string Output, WireField[] Attributes);

/// <summary>The weights of a model that is written, in one of many forms, and the nodes that they come through. Their names have no
/// meaning.</summary>
sealed class ExportedWeights(ExportForm.WeightForm form, List<ExportedNode> nodes)
{
    /// <summary>ONNX's number of single precision.</summary>
    public const int SingleType = 1;

    readonly List<(string Name, StoredTensor? Tensor, WireField Message)> tensors = [];
    readonly List<byte> external = [];
    int counter;

    /// <summary>Graph inputs that are initialisers too.</summary>
    public List<WireField> Inputs { get; } = [];

    /// <summary>Last first: their order has no meaning either.</summary>
    public IEnumerable<WireField> Initialisers => tensors.Select(tensor => tensor.Message).Reverse();

    /// <summary>The file beside the model.</summary>
    public byte[] External => [.. external];

    public string Fresh() => string.Create(CultureInfo.InvariantCulture, $"onnx::{counter++}");

    public string Append(string operation, IEnumerable<string> from, string to, params IEnumerable<WireField> attributes)
    {
        nodes.Add(new(operation, [.. from], to, [.. attributes]));
        return to;
    }

    public string Append(string operation, IEnumerable<string> from, params IEnumerable<WireField> attributes) =>
        Append(operation, from, Fresh(), attributes);

    public string Plain(StoredTensor tensor)
    {
        var named = tensor.Rename(Fresh());
        tensors.Add((named.Name, named, OnnxMessages.Initialiser(named)));
        return named.Name;
    }

    public string Integers(params long[] values) => Plain(StoredTensor.FromValues("", DType.I64, [values.Length], values));

    public string Scale(float scale) => Plain(StoredTensor.FromSingles("", [], [scale]));

    public string ZeroPoint(byte value) => Plain(StoredTensor.FromValues("", DType.U8, [], new[] { value }));

    public void Rename(string from, string to)
    {
        int at = tensors.FindIndex(tensor => tensor.Name == from);
        var renamed = tensors[at].Tensor!.Rename(to);
        tensors[at] = (to, renamed, OnnxMessages.Initialiser(renamed));
    }

    /// <summary>A weight in the wanted form.</summary>
    /// <returns>The name by which operations read it.</returns>
    public string Weight(Shape shape, float[] values)
    {
        var tensor = StoredTensor.FromSingles("", shape, values);
        bool isVector = shape.Rank < 2;
        switch (form)
        {
            case ExportForm.WeightForm.Input:
                string input = Plain(tensor);
                Inputs.Add(OnnxMessages.Input(input, shape));
                return input;
            case ExportForm.WeightForm.Constant:
                return Append("Constant", [], isVector ? Singles("value_floats", values) : Value(tensor));
            case ExportForm.WeightForm.Copies:
                return Append("Identity", [Append("Identity", [Plain(tensor)])]);
            case ExportForm.WeightForm.Half:
                string half = Plain(StoredTensor.FromValues("", DType.F16, shape, values.Select(value => (Half)value).ToArray()));
                return Append("Cast", [half], OnnxMessages.Attribute("to", SingleType));
            case ExportForm.WeightForm.External:
                return Outside(shape, values);
            case ExportForm.WeightForm.QuantisedInTheGraph when !isVector:
                // Multiples of the scale, which quantisation leaves as they are.
                float[] rounded = [.. values.Select(value => Math.Clamp(MathF.Round(value / 0.01f), -127, 127) * 0.01f)];
                string[] by = [Scale(0.01f), ZeroPoint(128)];
                string quantised = Append("QuantizeLinear", [Plain(StoredTensor.FromSingles("", shape, rounded)), .. by]);
                return Append("DequantizeLinear", [quantised, .. by]);
            case ExportForm.WeightForm.Quantised:
            case ExportForm.WeightForm.QuantisedChannels when isVector:
                return Quantised(shape, values);
            case ExportForm.WeightForm.QuantisedChannels:
                return QuantisedChannels(shape, values);
            default:
                return Plain(tensor);
        }
    }

    /// <summary>Behind the others in one file.</summary>
    string Outside(Shape shape, float[] values)
    {
        string name = Fresh();
        int start = external.Count;
        foreach (float value in values)
            external.AddRange(BitConverter.GetBytes(value));
        tensors.Add(
            (
                name,
                null,
                WireField.Message(
                    5,
                    [
                        .. shape.Select(length => WireField.Integer(1, length)),
                        WireField.Integer(2, SingleType),
                        WireField.Text(8, name),
                        Entry("location", "weights/all.bin"),
                        .. start == 0 ? (WireField[])[] : [Entry("offset", start.ToString(CultureInfo.InvariantCulture))],
                        Entry("length", (external.Count - start).ToString(CultureInfo.InvariantCulture)),
                        WireField.Integer(14, 1),
                    ]
                )
            )
        );
        return name;
    }

    static WireField Entry(string key, string value) => WireField.Message(13, WireField.Text(1, key), WireField.Text(2, value));

    /// <summary>Unsigned, with one scale and a zero point.</summary>
    string Quantised(Shape shape, float[] values)
    {
        float scale = ScaleOf(values);
        byte[] steps = [.. values.Select(value => (byte)(MathF.Round(value / scale) + 128))];
        return Append("DequantizeLinear", [Plain(StoredTensor.FromValues("", DType.U8, shape, steps)), Scale(scale), ZeroPoint(128)]);
    }

    /// <summary>Signed, with a scale for each index of the first axis and no zero point.</summary>
    string QuantisedChannels(Shape shape, float[] values)
    {
        int inner = values.Length / shape[0];
        float[] scales = [.. values.Chunk(inner).Select(ScaleOf)];
        sbyte[] steps = [.. values.Select((value, i) => (sbyte)MathF.Round(value / scales[i / inner]))];
        string[] from =
        [
            Plain(StoredTensor.FromValues("", DType.I8, shape, steps)),
            Plain(StoredTensor.FromSingles("", [scales.Length], scales)),
        ];
        return Append("DequantizeLinear", from, OnnxMessages.Attribute("axis", -shape.Rank));
    }

    static float ScaleOf(float[] values) => Math.Max(values.Max(MathF.Abs), 1e-3f) / 127;

    static WireField Value(StoredTensor tensor) =>
        WireField.Message(5, WireField.Text(1, "value"), OnnxMessages.Initialiser(tensor), WireField.Integer(20, 4));

    public static WireField Word(string name, string value) =>
        WireField.Message(5, WireField.Text(1, name), WireField.Text(4, value), WireField.Integer(20, 3));

    public static WireField Single(string name, float value) =>
        WireField.Message(5, WireField.Text(1, name), Fixed32(2, value), WireField.Integer(20, 1));

    static WireField Singles(string name, float[] values) =>
        WireField.Message(5, [WireField.Text(1, name), .. values.Select(value => Fixed32(7, value)), WireField.Integer(20, 6)]);

    static WireField Fixed32(int number, float value) =>
        new(
            CodedOutputStream.ComputeTagSize(number) + sizeof(float),
            output =>
            {
                output.WriteTag(number, WireFormat.WireType.Fixed32);
                output.WriteFloat(value);
            }
        );
}

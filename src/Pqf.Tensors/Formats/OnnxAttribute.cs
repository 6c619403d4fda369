namespace Pqf.Tensors.Formats;

/// <summary>What a node of an ONNX model is given beside its inputs.</summary>
/// <remarks>Source: the message <c>AttributeProto</c> of the ONNX project's onnx.proto. Graphs within attributes are not gone
/// into.</remarks>
abstract record OnnxAttribute
{
    const int MaxTextBytes = 1 << 16;

    const int NameField = 1,
        SingleField = 2,
        IntegerField = 3,
        TextField = 4,
        TensorField = 5,
        SinglesField = 7,
        IntegersField = 8,
        TypeField = 20;

    OnnxAttribute() { }

    /// <summary>A whole number.</summary>
    public sealed record Integer(long Value) : OnnxAttribute;

    /// <summary>A number.</summary>
    public sealed record Single(float Value) : OnnxAttribute;

    /// <summary>Text.</summary>
    public sealed record Text(string Value) : OnnxAttribute;

    /// <summary>A tensor, or a list of numbers: <see cref="DType.F32"/> or <see cref="DType.I64"/> [n].</summary>
    public sealed record Tensor(StoredTensor Value) : OnnxAttribute;

    /// <summary>Anything else: graphs, types, lists of texts, tensors of types that networks are not stored in.</summary>
    public sealed record Other : OnnxAttribute;

    /// <summary>Reads one.</summary>
    /// <param name="storage">The model.</param>
    /// <param name="start">First byte of the message.</param>
    /// <param name="length">Bytes of the message.</param>
    /// <param name="node">The node's value, for messages.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static (string Name, OnnxAttribute Value) Read(OnnxStorage storage, int start, int length, string node)
    {
        string name = "";
        int declared = 0,
            found = 0;
        ulong number = 0;
        (int Start, int Length) bytes = default;
        var fields = storage.Message(start, length);
        while (fields.Next())
        {
            if (fields is { Number: NameField, Kind: WireKind.Bytes })
                name = OnnxFile.Text(fields.Bytes);
            else if (fields is { Number: TypeField, Kind: WireKind.Varint })
                declared = (int)Math.Min(fields.Value, int.MaxValue);
            else if (IsValue(fields.Number, fields.Kind))
            {
                found = fields.Number;
                (number, bytes) = fields.Kind == WireKind.Bytes ? (0UL, (fields.BytesStart, fields.Bytes.Length)) : (fields.Value, (0, 0));
            }
        }

        // A number that is 0 and a list without elements may be left out; the oldest models leave out the type.
        int field = declared == 0 ? found : FieldOf(declared);
        return (name, field != found && found != 0 ? new Other() : Decode(storage, start, length, node, field, number, bytes));
    }

    static OnnxAttribute Decode(
        OnnxStorage storage,
        int start,
        int length,
        string node,
        int field,
        ulong number,
        (int Start, int Length) bytes
    ) =>
        field switch
        {
            SingleField => new Single(BitConverter.UInt32BitsToSingle((uint)number)),
            IntegerField => new Integer((long)number),
            TextField when bytes.Length <= MaxTextBytes => new Text(OnnxFile.AnyText(storage.Model.Slice(bytes.Start, bytes.Length))),
            TensorField when OnnxTensor.Read(storage, bytes.Start, bytes.Length, node) is { } tensor => new Tensor(tensor),
            SinglesField => new Tensor(List(storage, start, length, node, field, WireKind.Fixed32, DType.F32)),
            IntegersField => new Tensor(List(storage, start, length, node, field, WireKind.Varint, DType.I64)),
            _ => new Other(),
        };

    static StoredTensor List(OnnxStorage storage, int start, int length, string node, int field, WireKind kind, DType type)
    {
        int count = OnnxValues.Read(storage.Message(start, length), field, kind, node, type, []);
        var shape = CheckedShape.Create(node, [count], type);
        return new(node, type, shape, to => OnnxValues.Read(storage.Message(start, length), field, kind, node, type, to));
    }

    static bool IsValue(int field, WireKind kind) =>
        (field, kind) switch
        {
            (SingleField, WireKind.Fixed32) => true,
            (IntegerField, WireKind.Varint) => true,
            (TextField or TensorField, WireKind.Bytes) => true,
            (SinglesField, WireKind.Fixed32 or WireKind.Bytes) => true,
            (IntegersField, WireKind.Varint or WireKind.Bytes) => true,
            _ => false,
        };

    /// <summary>The field of a declared type; none of ours for graphs and the like.</summary>
    static int FieldOf(int type) =>
        type switch
        {
            1 => SingleField,
            2 => IntegerField,
            3 => TextField,
            4 => TensorField,
            6 => SinglesField,
            7 => IntegersField,
            _ => int.MaxValue,
        };
}

using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>A value of an ONNX graph, to compute with: each operation appends a node.</summary>
/// <param name="In">The nodes.</param>
/// <param name="Name">In the model.</param>
sealed record OnnxValue(OnnxFormula In, string Name)
{
    public static OnnxValue operator +(OnnxValue x, OnnxValue y) => x.In.Of("Add", [x, y]);

    public static OnnxValue operator +(OnnxValue x, float y) => x + x.In.Number(y);

    public static OnnxValue operator +(OnnxValue x, long y) => x + x.In.Whole(y);

    public static OnnxValue operator -(OnnxValue x, OnnxValue y) => x.In.Of("Sub", [x, y]);

    public static OnnxValue operator -(OnnxValue x, float y) => x - x.In.Number(y);

    public static OnnxValue operator *(OnnxValue x, OnnxValue y) => x.In.Of("Mul", [x, y]);

    public static OnnxValue operator *(OnnxValue x, float y) => x * x.In.Number(y);

    public static OnnxValue operator *(OnnxValue x, long y) => x * x.In.Whole(y);

    /// <summary>The quotient; of whole numbers the whole part.</summary>
    public static OnnxValue operator /(OnnxValue x, OnnxValue y) => x.In.Of("Div", [x, y]);

    public static OnnxValue operator /(OnnxValue x, float y) => x / x.In.Number(y);

    public static OnnxValue operator /(OnnxValue x, long y) => x / x.In.Whole(y);

    /// <summary>The rest of a division of whole numbers.</summary>
    public static OnnxValue operator %(OnnxValue x, OnnxValue y) => x.In.Of("Mod", [x, y]);

    public static OnnxValue operator %(OnnxValue x, long y) => x % x.In.Whole(y);

    public static OnnxValue operator >(OnnxValue x, OnnxValue y) => x.In.Of("Greater", [x, y]);

    public static OnnxValue operator <(OnnxValue x, OnnxValue y) => x.In.Of("Less", [x, y]);

    public static OnnxValue operator >=(OnnxValue x, OnnxValue y) => x.In.Of("GreaterOrEqual", [x, y]);

    public static OnnxValue operator <=(OnnxValue x, OnnxValue y) => x.In.Of("LessOrEqual", [x, y]);

    /// <summary>A function of each element.</summary>
    /// <param name="operation">Its name in the standard.</param>
    public OnnxValue Map(string operation) => In.Of(operation, [this]);

    /// <summary>A function of each element, computed in double precision and rounded: runtimes compute it in single precision by
    /// approximations of their own.</summary>
    /// <inheritdoc cref="Map"/>
    public OnnxValue MapExactly(string operation) => Cast(DType.F64).Map(operation).Cast(DType.F32);

    /// <summary>The elements in another type; whole numbers are cut towards 0.</summary>
    public OnnxValue Cast(DType type) => In.Of("Cast", [this], OnnxMessages.Attribute("to", OnnxTypes.NumberOf(type)));

    /// <summary>Axis lengths, from one axis on, [n].</summary>
    public OnnxValue Shape(int start = 0) => In.Of("Shape", [this], start == 0 ? [] : [OnnxMessages.Attribute("start", start)]);

    /// <summary>The length of one axis, without an axis.</summary>
    public OnnxValue Length(int axis) => Shape().Gather(In.Whole(axis), 0);

    /// <summary>Axes of length 1 put in.</summary>
    /// <param name="axes">Their places in the result.</param>
    public OnnxValue Unsqueeze(params int[] axes) => In.Of("Unsqueeze", [this, In.Wholes(axes)]);

    /// <summary>An axis of length 1 taken out.</summary>
    public OnnxValue Squeeze(int axis) => In.Of("Squeeze", [this, In.Wholes(axis)]);

    /// <summary>The same elements under other axes, one of which may be -1.</summary>
    public OnnxValue Reshape(params int[] shape) => In.Of("Reshape", [this, In.Wholes(shape)]);

    /// <summary>The axes in another order.</summary>
    public OnnxValue Transpose(params int[] order) => In.Of("Transpose", [this], OnnxMessages.Attribute("perm", order));

    /// <summary>Slices by their numbers.</summary>
    public OnnxValue Gather(OnnxValue numbers, int axis) =>
        In.Of("Gather", [this, numbers], axis == 0 ? [] : [OnnxMessages.Attribute("axis", axis)]);

    /// <summary>The four parts of the last axis.</summary>
    public OnnxValue[] Quarters() => In.Several("Split", [this], 4, OnnxMessages.Attribute("axis", -1));
}

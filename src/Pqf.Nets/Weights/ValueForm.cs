using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>How files hold the values of a tensor. In memory they are single precision: they are rounded when a network is written, and
/// before it is measured.</summary>
public enum ValueForm
{
    /// <summary>32 bits each.</summary>
    Single,

    /// <summary>16 bits each.</summary>
    Half,

    /// <summary>8 bits each, with a scale: for each row of a weight, or for a whole codebook. <see cref="EightBits"/> has the
    /// format.</summary>
    Scaled8,
}

/// <summary>What forms of values are.</summary>
public static class ValueForms
{
    /// <summary>The form's name in settings and tables.</summary>
    public static string Word(this ValueForm form) =>
        form switch
        {
            ValueForm.Half => "half",
            ValueForm.Scaled8 => "8bit",
            _ => "float",
        };

    /// <summary>Bits of values in a file.</summary>
    /// <param name="form">How they are held.</param>
    /// <param name="count">Values.</param>
    /// <param name="rows">Scales where there are some.</param>
    public static long SizeBits(this ValueForm form, long count, int rows) =>
        form switch
        {
            ValueForm.Half => 16 * count,
            ValueForm.Scaled8 => EightBits.SizeBits(count, rows),
            _ => 32 * count,
        };

    /// <summary>Values as a file gives them back; the tensor itself where that is the same. A new one belongs to the innermost
    /// scope.</summary>
    /// <param name="form">How the file holds them.</param>
    /// <param name="values">Finite.</param>
    /// <param name="rows">Scales where there are some.</param>
    public static Tensor<float> Rounded(this ValueForm form, Tensor<float> values, int rows) =>
        form == ValueForm.Single ? values : Tensor<float>.From(values.Device, values.Shape, Rounded(form, values.ToArray(), rows));

    static float[] Rounded(ValueForm form, float[] values, int rows)
    {
        if (form == ValueForm.Half)
            return Array.ConvertAll(values, value => (float)(Half)value);
        Half[] scales = EightBits.Scales(values, rows);
        var codes = new sbyte[values.Length];
        EightBits.Encode(values, scales, codes);
        EightBits.Decode(codes, scales, values);
        return values;
    }

    /// <summary>The tensors that hold values in a file.</summary>
    /// <param name="form">How they are held.</param>
    /// <param name="name">Name of the values.</param>
    /// <param name="values">Read when they are written.</param>
    /// <param name="rows">Scales where there are some.</param>
    internal static StoredTensor[] Stored(this ValueForm form, string name, Tensor<float> values, int rows) =>
        form switch
        {
            ValueForm.Half => [new(name, DType.F16, values.Shape, bytes => StateDict.WriteHalves(values, bytes))],
            ValueForm.Scaled8 => EightBits.Stored(name, values.Shape, rows, values.ToArray),
            _ => [new(name, DType.F32, values.Shape, bytes => StateDict.WriteSingles(values, bytes))],
        };
}

using Pqf.Tensors.Formats;
using Xunit;

namespace Pqf.Tensors.Tests.Formats;

public class EightBitsTests
{
    [Fact]
    public void Codes_are_the_nearest_multiples_of_the_scale_and_ties_go_to_the_even_one()
    {
        float[] values = [127, -127, 0.5f, 1.5f, -2.5f, 3.49f, 0, 0];
        Half[] scales = EightBits.Scales(values, 2);
        Assert.Equal([(Half)1, (Half)1], EightBits.Scales([127, 0, -127, 0], 2));
        Assert.Equal([(Half)1, (Half)(3.49f / 127)], scales);
        sbyte[] codes = new sbyte[8];
        EightBits.Encode([127, -127, 0.5f, 1.5f, -2.5f, 3.49f, 126.6f, 0], [(Half)1], codes);
        Assert.Equal([127, -127, 0, 2, -2, 3, 127, 0], codes);
    }

    // Scales below 2⁻¹⁴ have fewer bits: a part of the tried magnitudes lies there, another below all scales.
    [Fact]
    public void Rounding_the_rounded_values_again_changes_nothing_at_any_magnitude()
    {
        for (int power = -40; power <= 20; power++)
        for (int i = 0; i < 50; i++)
        {
            var key = RngKey.FromSeed(i).Fold((ulong)(power + 100));
            float[] values = [.. Enumerable.Range(0, 9).Select(j => MathF.ScaleB((float)key.Uniform((ulong)j) - 0.5f, power))];
            float[] once = Rounded(values);
            Assert.Equal(once, Rounded(once));
            double step = Math.Max(values.Max(MathF.Abs) / 127.0, Math.ScaleB(1, -24));
            Assert.All(values.Zip(once), pair => Assert.InRange(Math.Abs((double)pair.First - pair.Second), 0, 1.04 * step));
        }
    }

    [Fact]
    public void A_row_of_zeros_stays_so() => Assert.Equal(new float[6], Rounded(new float[6]));

    [Fact]
    public void A_file_gives_codes_and_scales_as_one_tensor()
    {
        float[] values = [1, -2, 3, 400, -500, 600];
        var file = new TensorFile("f", "test", EightBits.Stored("w", [2, 3], 2, () => values), new Dictionary<string, string>());
        var read = Assert.Single(file.Tensors);
        Assert.Equal(("w", DType.F32, DType.I8), (read.Name, read.Type, read.EncodedAs));
        Assert.Equal(Rounded(values, 2), read.ToSingles());
        Assert.Equal(DType.I8, read.Rename("v").EncodedAs);
    }

    [Fact]
    public void Codes_without_fitting_scales_stay_as_they_are()
    {
        var codes = new StoredTensor("w_int8", DType.I8, [2, 3], bytes => bytes.Clear());
        var scale = new StoredTensor("w_scale", DType.F16, [3], bytes => bytes.Clear());
        Assert.Equal(["w_int8", "w_scale"], Names([codes, scale]));
        Assert.Equal(["w_int8"], Names([codes]));
        Assert.Equal(
            ["w_int8", "w_scale", "w"],
            Names([codes, new("w_scale", DType.F16, [2], _ => { }), new("w", DType.F32, [1], _ => { })])
        );
    }

    static IEnumerable<string> Names(StoredTensor[] tensors) =>
        new TensorFile("f", "test", tensors, new Dictionary<string, string>()).Tensors.Select(tensor => tensor.Name);

    static float[] Rounded(float[] values, int rows = 1)
    {
        Half[] scales = EightBits.Scales(values, rows);
        sbyte[] codes = new sbyte[values.Length];
        EightBits.Encode(values, scales, codes);
        float[] rounded = new float[values.Length];
        EightBits.Decode(codes, scales, rounded);
        return rounded;
    }
}

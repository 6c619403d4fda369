using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;
using Pqf.Tensors.Ops.Quantisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>MatMul, Linear, DecodeCodes, Map, Scale: linear, or element by element.</summary>
public class DensePullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(24);

    public static MatrixTheoryData<DeviceKind, (int M, int K, int N), Transpose> Products =>
        new(DeviceKinds.All, [(1, 1, 1), (3, 5, 4), (13, 17, 33)], [Transpose.None, Transpose.A, Transpose.B, Transpose.A | Transpose.B]);

    [Theory, MemberData(nameof(Products))]
    public void MatMul_is_adjoint_in_both_operands(DeviceKind kind, (int M, int K, int N) s, Transpose transpose)
    {
        var device = Use(kind, 33 * 33);
        Shape left = transpose.HasFlag(Transpose.A) ? [s.K, s.M] : [s.M, s.K],
            right = transpose.HasFlag(Transpose.B) ? [s.N, s.K] : [s.K, s.N];
        var (a, b, u) = (
            Numbers.Normal(Key.Fold("a"), left),
            Numbers.Normal(Key.Fold("b"), right),
            Numbers.Normal(Key.Fold("u"), [s.M, s.N])
        );
        var (da, db) = (Numbers.Normal(Key.Fold("da"), left), Numbers.Normal(Key.Fold("db"), right));
        Adjoint.Check(Reference.MatMul(da, b, transpose).Values, u, da, MatMul.LeftPullback(b.On(device), u.On(device), transpose), s.N);
        Adjoint.Check(Reference.MatMul(a, db, transpose).Values, u, db, MatMul.RightPullback(a.On(device), u.On(device), transpose), s.M);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Linear_is_adjoint_in_input_weight_and_bias(DeviceKind kind)
    {
        var device = Use(kind);
        var (x, weight, u) = (
            Numbers.Normal(Key.Fold("x"), [5, 33]),
            Numbers.Normal(Key.Fold("weight"), [17, 33]),
            Numbers.Normal(Key.Fold("u"), [5, 17])
        );
        var (dx, dWeight, dBias) = (
            Numbers.Normal(Key.Fold("dx"), [5, 33]),
            Numbers.Normal(Key.Fold("dweight"), [17, 33]),
            Numbers.Normal(Key.Fold("dbias"), [17])
        );
        Adjoint.Check(Reference.Linear(dx, weight, null).Values, u, dx, Linear.InputPullback(weight.On(device), u.On(device)), 17);
        Adjoint.Check(Reference.Linear(x, dWeight, null).Values, u, dWeight, Linear.WeightPullback(x.On(device), u.On(device)), 5);
        Adjoint.Check(
            Reference.Linear(new Numbers([5, 33], new float[165]), weight, dBias).Values,
            u,
            dBias,
            Linear.BiasPullback(u.On(device)),
            5
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Linear_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("linear");
        var device = Use(kind);
        var dy = file.Read("grad_out").On(device);
        Close.Check(file.Read("grad_x").Values, Linear.InputPullback(file.Read("weight").On(device), dy).ToArray(), 1e-5);
        Close.Check(file.Read("grad_weight").Values, Linear.WeightPullback(file.Read("x").On(device), dy).ToArray(), 1e-5);
        Close.Check(file.Read("grad_bias").Values, Linear.BiasPullback(dy).ToArray(), 1e-5);
    }

    /// <summary>n codes below k of blocks of d.</summary>
    public sealed record Sizes(int N, int K, int D);

    public static MatrixTheoryData<DeviceKind, Sizes> Codes =>
        new(
            DeviceKinds.All,
            [new(0, 4, 4), new(1, 1, 1), new(50, 16, 9), new(300, 5, 4), new(20, 7, 18), new(70, 256, 8), new(17, 2048, 2), new(40, 3, 33)]
        );

    [Theory, MemberData(nameof(Codes))]
    public void DecodeCodes_sums_blocks_by_code(DeviceKind kind, Sizes s)
    {
        var device = Use(kind, s.K * s.D);
        ushort[] codes = [.. Enumerable.Range(0, s.N).Select(i => (ushort)Key.Fold("codes").Below(s.K, (ulong)i))];
        var index = CodeIndex.Create(Tensor<ushort>.From(device, [s.N], codes), s.K);
        var (u, v) = (Numbers.Normal(Key.Fold("u"), [s.N, s.D]), Numbers.Normal(Key.Fold("v"), [s.K, s.D]));
        var gradient = DecodeCodes.Pullback(index, u.On(device), s.D);
        Reference.DecodeCodesGradient(codes, s.K, s.D, u).Check(gradient);
        Adjoint.Check(Reference.DecodeCodes(v, codes, u.Shape).Values, u, v, gradient, Math.Max(1, s.N));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void DecodeCodes_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("decode_codes");
        using var inputs = ReferenceCase.Open("decode_codes_in");
        var device = Use(kind);
        ushort[] codes = inputs.Codes("codes");
        var (dWeight, expected) = (file.Read("grad_out"), file.Read("grad_codebook"));
        var (k, d) = (expected.Shape[0], expected.Shape[1]);
        var index = CodeIndex.Create(Tensor<ushort>.From(device, [codes.Length], codes), k);
        Reference.DecodeCodesGradient(codes, k, d, dWeight).WithValues(expected).Check(DecodeCodes.Pullback(index, dWeight.On(device), d));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Scale_is_its_own_pull_back(DeviceKind kind)
    {
        var device = Use(kind);
        var (u, v) = (Numbers.Normal(Key.Fold("u"), [37]), Numbers.Normal(Key.Fold("v"), [37]));
        Adjoint.Check([.. v.Values.Select(value => -2.5 * value)], u, v, Scale.Forward(u.On(device), -2.5f), 1);
    }

    [Fact]
    public void A_code_that_the_codebook_lacks_is_named()
    {
        var device = Use(DeviceKind.Host);
        var codes = Tensor<ushort>.From(device, [3], [0, 4, 1]);
        Assert.Equal("CodeIndex: expected codes below 4, got 4", Assert.Throws<ShapeException>(() => CodeIndex.Create(codes, 4)).Message);
    }
}

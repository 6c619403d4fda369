using Pqf.Tensors.Ops.Quantisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class DecodeCodesTests(DeviceSet devices) : DeviceTest(devices)
{
    /// <summary>n codes below k of blocks of d.</summary>
    public sealed record Sizes(int N, int K, int D);

    static readonly Sizes[] AllSizes =
    [
        new(0, 4, 4),
        new(1, 1, 1),
        new(50, 16, 9),
        new(33, 256, 4),
        new(20, 7, 18),
        new(70, 5, 8),
        new(17, 2048, 16),
        new(9, 65536, 1),
        new(120, 3, 33),
    ];

    public static MatrixTheoryData<DeviceKind, Sizes> Cases => new(DeviceKinds.All, AllSizes);

    [Theory, MemberData(nameof(Cases))]
    public void DecodeCodes_is_exact(DeviceKind kind, Sizes s)
    {
        var device = Use(kind, s.N * s.D);
        var key = RngKey.FromSeed(10);
        var codebook = Numbers.Normal(key.Fold("codebook"), [s.K, s.D]);
        ushort[] codes = [.. Enumerable.Range(0, s.N).Select(i => (ushort)(i == 0 ? s.K - 1 : key.Below(s.K, (ulong)i)))];
        Shape weight = [s.N, s.D];
        Reference
            .DecodeCodes(codebook, codes, weight)
            .Check(DecodeCodes.Forward(codebook.On(device), Tensor<ushort>.From(device, [s.N], codes), weight));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void DecodeCodes_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("decode_codes");
        using var inputs = ReferenceCase.Open("decode_codes_in");
        var device = Use(kind);
        var codes = Tensor<ushort>.From(device, inputs.File.ByName["codes"].Shape, inputs.Codes("codes"));
        var expected = file.Read("out");
        Expected.Exactly(expected).Check(DecodeCodes.Forward(file.Read("codebook").On(device), codes, expected.Shape));
    }

    [Fact]
    public void Codes_of_another_count_are_named()
    {
        var device = Use(DeviceKind.Host);
        var (codebook, codes) = (Tensor<float>.Zeros(device, [4, 9]), Tensor<ushort>.Zeros(device, [5]));
        var e = Assert.Throws<ShapeException>(() => DecodeCodes.Forward(codebook, codes, [2, 2, 3, 3]));
        Assert.Equal("DecodeCodes: expected codes for 36 values of [2, 2, 3, 3] in blocks of 9, got codes [5]", e.Message);
        Assert.Equal(
            "DecodeCodes: expected codebook [k, d] of 2 axes, got [4]",
            Assert.Throws<ShapeException>(() => DecodeCodes.Forward(Tensor<float>.Zeros(device, [4]), codes, [5])).Message
        );
    }
}

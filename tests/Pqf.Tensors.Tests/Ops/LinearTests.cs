using Pqf.Tensors.Ops.Products;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class LinearTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(5);

    /// <summary>Rows, inputs, outputs.</summary>
    public sealed record Sizes(int N, int In, int Out);

    static readonly Sizes[] AllSizes =
    [
        new(0, 3, 4),
        new(1, 1, 1),
        new(1, 33, 17),
        new(3, 0, 4),
        new(13, 8, 31),
        new(14, 16, 32),
        new(15, 17, 33),
        new(2, 512, 100),
    ];

    public static MatrixTheoryData<DeviceKind, Sizes, bool> Cases => new(DeviceKinds.All, AllSizes, [false, true]);

    [Theory, MemberData(nameof(Cases))]
    public void Linear_agrees_with_double_loops(DeviceKind kind, Sizes s, bool withBias)
    {
        var device = Use(kind, s.N * s.Out);
        var x = Numbers.Normal(Key.Fold("x"), [s.N, s.In]);
        var weight = Numbers.Normal(Key.Fold("weight"), [s.Out, s.In]);
        var bias = withBias ? Numbers.Normal(Key.Fold("bias"), [s.Out]) : null;
        Reference.Linear(x, weight, bias).Check(Linear.Forward(x.On(device), weight.On(device), bias?.On(device)));
    }

    /// <summary>A weight of 64 MiB, whose columns are packed in two parts.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_large_weight_that_is_packed_in_parts_agrees_with_double_loops(bool withBias)
    {
        var device = Use(DeviceKind.Host);
        var x = Numbers.Normal(Key.Fold("x"), [2, 4096]);
        float[] some = Numbers.Normal(Key.Fold("weight"), [4099]).Values.ToArray();
        Numbers weight = new([4096, 4096], [.. Enumerable.Range(0, 4096 * 4096).Select(i => some[i % some.Length])]);
        var bias = withBias ? Numbers.Normal(Key.Fold("bias"), [4096]) : null;
        Reference.Linear(x, weight, bias).Check(Linear.Forward(x.On(device), weight.On(device), bias?.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Linear_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("linear");
        var (x, weight, bias) = (file.Read("x"), file.Read("weight"), file.Read("bias"));
        var device = Use(kind);
        Reference
            .Linear(x, weight, bias)
            .WithValues(file.Read("out"))
            .Check(Linear.Forward(x.On(device), weight.On(device), bias.On(device)));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var device = Use(DeviceKind.Host);
        var (x, weight) = (Tensor<float>.Zeros(device, [2, 3]), Tensor<float>.Zeros(device, [4, 3]));
        Assert.Equal(
            "Linear: expected x [N, in] and weight [out, in], got [4, 3] and [2, 4]",
            Assert.Throws<ShapeException>(() => Linear.Forward(weight, Tensor<float>.Zeros(device, [2, 4]), null)).Message
        );
        Assert.Equal(
            "Linear: expected bias of [4], got [3]",
            Assert.Throws<ShapeException>(() => Linear.Forward(x, weight, Tensor<float>.Zeros(device, [3]))).Message
        );
    }
}

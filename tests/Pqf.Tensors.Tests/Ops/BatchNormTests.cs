using Pqf.Tensors.Ops.Normalisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class BatchNormTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(6);

    public static MatrixTheoryData<DeviceKind, int[]> Shapes =>
        new(
            DeviceKinds.All,
            [
                [0, 2, 2, 3],
                [3, 1, 1, 0],
                [1, 1, 1, 1],
                [2, 3, 5, 7],
                [1, 2, 2, 8],
                [1, 3, 3, 15],
                [1, 3, 3, 16],
                [1, 3, 3, 17],
                [5, 33],
                [2, 7, 6, 48],
            ]
        );

    [Theory, MemberData(nameof(Shapes))]
    public void BatchNorm_agrees_with_double_loops(DeviceKind kind, int[] shape)
    {
        var device = Use(kind, new Shape(shape).Count);
        int c = shape[^1];
        var x = Numbers.Normal(Key.Fold("x"), new Shape(shape));
        var (weight, bias, mean) = (
            Numbers.Normal(Key.Fold("weight"), [c]),
            Numbers.Normal(Key.Fold("bias"), [c]),
            Numbers.Normal(Key.Fold("mean"), [c])
        );
        var variance = new Numbers([c], [.. Numbers.Normal(Key.Fold("variance"), [c]).Values.Select(v => v * v)]);
        var y = BatchNorm.Forward(x.On(device), weight.On(device), bias.On(device), mean.On(device), variance.On(device), 1e-5f);
        Reference.BatchNorm(x, weight, bias, mean, variance, 1e-5f).Check(y);
    }

    public static MatrixTheoryData<DeviceKind, TailCase> Tails => new(DeviceKinds.All, TailCase.All);

    [Theory, MemberData(nameof(Tails))]
    public void A_norm_adds_its_residual_before_its_tail(DeviceKind kind, TailCase tail)
    {
        var device = Use(kind);
        var (x, residual) = (Numbers.Normal(Key.Fold("x"), [2, 3, 5, 21]), Numbers.Normal(Key.Fold("residual"), [2, 3, 5, 21]));
        var (weight, bias, mean) = (
            Numbers.Normal(Key.Fold("weight"), [21]),
            Numbers.Normal(Key.Fold("bias"), [21]),
            Numbers.Normal(Key.Fold("mean"), [21])
        );
        var variance = new Numbers([21], [.. Numbers.Normal(Key.Fold("variance"), [21]).Values.Select(v => v * v)]);
        var y = BatchNorm.Forward(
            x.On(device),
            weight.On(device),
            bias.On(device),
            mean.On(device),
            variance.On(device),
            1e-2f,
            residual.On(device),
            tail.Tail
        );
        Reference.BatchNorm(x, weight, bias, mean, variance, 1e-2f, residual, tail).Check(y);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void BatchNorm_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("batch_norm_eval");
        using var stats = ReferenceCase.Open("batch_norm_eval_stats");
        var x = file.Read("x").ToChannelsLast();
        var (weight, bias, mean, variance) = (
            file.Read("weight"),
            file.Read("bias"),
            stats.Read("running_mean"),
            stats.Read("running_var")
        );
        float eps = file.Parameters.GetProperty("eps").GetSingle();
        var expected = Reference.BatchNorm(x, weight, bias, mean, variance, eps).WithValues(file.Read("out").ToChannelsLast());
        var device = Use(kind);
        expected.Check(BatchNorm.Forward(x.On(device), weight.On(device), bias.On(device), mean.On(device), variance.On(device), eps));
    }

    [Theory]
    [InlineData(0, "weight")]
    [InlineData(1, "bias")]
    [InlineData(2, "mean")]
    [InlineData(3, "variance")]
    public void A_vector_of_another_length_is_named(int which, string name)
    {
        var device = Use(DeviceKind.Host);
        Tensor<float>[] vectors = [.. Enumerable.Range(0, 4).Select(i => Tensor<float>.Zeros(device, [i == which ? 2 : 3]))];
        var e = Assert.Throws<ShapeException>(() =>
            BatchNorm.Forward(Tensor<float>.Zeros(device, [4, 3]), vectors[0], vectors[1], vectors[2], vectors[3], 1e-5f)
        );
        Assert.Equal($"BatchNorm: expected {name} of [3], got [2]", e.Message);
    }
}

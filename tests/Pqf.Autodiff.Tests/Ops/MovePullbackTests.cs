using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>Flatten, Reshape and Add as they are recorded: what moves or adds values.</summary>
public class MovePullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(28);

    public static MatrixTheoryData<DeviceKind, int[]> Shapes =>
        new(
            DeviceKinds.All,
            [
                [1, 1, 1, 1],
                [2, 3, 5, 7],
                [3, 1, 1, 17],
                [1, 4, 2, 16],
            ]
        );

    [Theory, MemberData(nameof(Shapes))]
    public void Flatten_is_adjoint(DeviceKind kind, int[] lengths)
    {
        Shape shape = new(lengths),
            flat = [lengths[0], lengths[1] * lengths[2] * lengths[3]];
        // By its definition: channel by channel.
        double[] Moved(Numbers v) =>
            [
                .. from n in Enumerable.Range(0, shape[0])
                from c in Enumerable.Range(0, shape[3])
                from y in Enumerable.Range(0, shape[1])
                from x in Enumerable.Range(0, shape[2])
                select v.At(n, y, x, c),
            ];
        Check(kind, shape, flat, Moved, (tape, x) => tape.Apply(new Flatten.Function(), x));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Reshape_is_adjoint(DeviceKind kind, int[] lengths) =>
        Check(
            kind,
            new(lengths),
            [new Shape(lengths).Count, 1],
            v => [.. v.Values.Select(value => (double)value)],
            (tape, x) => tape.Apply(new Reshape.Function([x.Shape.Count, 1]), x)
        );

    [Theory, MemberData(nameof(Shapes))]
    public void A_sum_of_a_value_and_itself_is_adjoint(DeviceKind kind, int[] lengths) =>
        Check(
            kind,
            new(lengths),
            new(lengths),
            v => [.. v.Values.Select(value => 2.0 * value)],
            (tape, x) => tape.Apply(new Add.Function(), x, x)
        );

    void Check(DeviceKind kind, Shape x, Shape y, Func<Numbers, double[]> jv, Func<Tape, Variable, Variable> op)
    {
        var device = Use(kind);
        using var scope = device.BeginScope();
        var (u, v) = (Numbers.Normal(Key.Fold("u"), y), Numbers.Normal(Key.Fold("v"), x));
        var tape = new Tape(scope);
        var leaf = tape.Leaf(Numbers.Normal(Key.Fold("x"), x).On(device));
        var value = op(tape, leaf);
        Assert.Equal(y, value.Shape);
        Adjoint.Check(jv(v), u, v, tape.Backward(value, u.On(device), leaf)[0], 1);
    }
}

using Pqf.Autodiff;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Arithmetic;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class BroadcastTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("broadcast");

    /// <summary>Shapes of two operands.</summary>
    public sealed record Pairing(Shape A, Shape B)
    {
        public static Pairing[] All { get; } =
        [
            new([0, 2, 2, 3], [0, 1, 1, 3]),
            new([2, 3, 2, 17], [2, 3, 2, 17]),
            new([2, 3, 2, 17], [2, 1, 1, 17]),
            new([2, 1, 1, 16], [2, 3, 2, 16]),
            new([2, 3, 2, 9], [2, 3, 2, 1]),
            new([1, 3, 2, 1], [2, 3, 2, 9]),
            new([2, 3, 2, 8], [1, 1, 1, 8]),
            new([1, 1, 1, 1], [2, 3, 2, 5]),
            new([2, 3, 2, 1], [2, 1, 1, 1]),
            new([2, 3, 1, 4], [1, 1, 5, 4]), // each is repeated
            new([3, 18], [1, 18]),
            new([3, 18], [3, 1]),
            new([2, 5, 3], [1, 5, 1]),
        ];
    }

    public static MatrixTheoryData<DeviceKind, Pairing, Arithmetic> Cases =>
        new(DeviceKinds.All, Pairing.All, Enum.GetValues<Arithmetic>());

    [Theory, MemberData(nameof(Cases))]
    public void Values_agree_with_double(DeviceKind kind, Pairing pairing, Arithmetic arithmetic)
    {
        var (a, b) = Operands(pairing);
        var expected = Reference(pairing, arithmetic, [.. a.Values], [.. b.Values]);
        var device = Use(kind, expected.Shape.Count);
        double[] tolerances = [.. expected.Values.Select(value => 4 * Expected.Rounding * Math.Abs(value))]; // OpenCL's quotients
        (expected with { Tolerances = tolerances }).Check(Forward(arithmetic, a.On(device), b.On(device)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_derivative(DeviceKind kind, Pairing pairing, Arithmetic arithmetic)
    {
        var (a, b) = Operands(pairing);
        var y = Broadcast.OutputShape(a.Shape, b.Shape);
        var device = Use(kind, y.Count);
        var u = Numbers.Normal(Key.Fold("u"), y);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        Variable left = tape.Leaf(a.On(device)),
            right = tape.Leaf(b.On(device));
        var gradients = tape.Backward(tape.Apply(Function(arithmetic), left, right), u.On(device), left, right);
        var (v, w) = (Numbers.Normal(Key.Fold("v"), a.Shape), Numbers.Normal(Key.Fold("w"), b.Shape));
        double[] OfLeft(double[] values) => Reference(pairing, arithmetic, values, [.. b.Values]).Values;
        double[] OfRight(double[] values) => Reference(pairing, arithmetic, [.. a.Values], values).Values;
        Adjoint.Check(Adjoint.Derivative(OfLeft, a, v), u, v, gradients[0], 16 + y.Count);
        Adjoint.Check(Adjoint.Derivative(OfRight, b, w), u, w, gradients[1], 16 + y.Count);
    }

    [Fact]
    public void A_result_may_be_written_over_the_operand_of_its_size()
    {
        var device = Use(DeviceKind.Host);
        var (a, b) = Operands(new([2, 3, 2, 17], [2, 1, 1, 17]));
        var expected = Broadcast.Forward<Minus>(b.On(device), a.On(device)).ToArray();
        var over = a.On(device);
        Broadcast.ForwardInto<Minus>(b.On(device), over, over);
        Assert.Equal(expected, over.ToArray());
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        static string Message(Shape a, Shape b) => Assert.Throws<ShapeException>(() => Broadcast.OutputShape(a, b)).Message;
        Assert.Equal("Broadcast: expected axes of equal length or of 1, got [2, 3] and [2, 4]", Message([2, 3], [2, 4]));
        Assert.Equal("Broadcast: expected axes of equal length or of 1, got [2, 3] and [3]", Message([2, 3], [3]));
    }

    /// <summary>Divisors are from 1 to 2.</summary>
    static (Numbers A, Numbers B) Operands(Pairing pairing)
    {
        var b = Numbers.Normal(Key.Fold("b"), pairing.B);
        return (
            Numbers.Normal(Key.Fold("a"), pairing.A),
            b with
            {
                Values = [.. b.Values.Select(value => 1.5f + (MathF.Tanh(value) / 2))],
            }
        );
    }

    static Expected Reference(Pairing pairing, Arithmetic arithmetic, double[] a, double[] b)
    {
        int rank = pairing.A.Rank;
        int[] lengths = [.. Enumerable.Range(0, rank).Select(axis => pairing.A[axis] == 1 ? pairing.B[axis] : pairing.A[axis])];
        Shape y = [.. lengths];
        double[] values = new double[y.Count];
        for (int i = 0; i < values.Length; i++)
        {
            int atA = 0,
                atB = 0,
                rest = i,
                size = y.Count;
            for (int axis = 0; axis < rank; axis++)
            {
                size /= lengths[axis];
                int place = rest / size;
                rest %= size;
                atA = (atA * pairing.A[axis]) + (pairing.A[axis] == 1 ? 0 : place);
                atB = (atB * pairing.B[axis]) + (pairing.B[axis] == 1 ? 0 : place);
            }

            values[i] = arithmetic switch
            {
                Arithmetic.Plus => a[atA] + b[atB],
                Arithmetic.Minus => a[atA] - b[atB],
                Arithmetic.Times => a[atA] * b[atB],
                _ => a[atA] / b[atB],
            };
        }

        return new(y, values, new double[values.Length]);
    }

    static Tensor<float> Forward(Arithmetic arithmetic, Tensor<float> a, Tensor<float> b) =>
        arithmetic switch
        {
            Arithmetic.Plus => Broadcast.Forward<Plus>(a, b),
            Arithmetic.Minus => Broadcast.Forward<Minus>(a, b),
            Arithmetic.Times => Broadcast.Forward<Times>(a, b),
            _ => Broadcast.Forward<Over>(a, b),
        };

    static DifferentiableFunction Function(Arithmetic arithmetic) =>
        arithmetic switch
        {
            Arithmetic.Plus => new Broadcast.Function<Plus>(),
            Arithmetic.Minus => new Broadcast.Function<Minus>(),
            Arithmetic.Times => new Broadcast.Function<Times>(),
            _ => new Broadcast.Function<Over>(),
        };
}

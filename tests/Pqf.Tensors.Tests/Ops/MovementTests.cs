using Pqf.Autodiff;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>Slices, reordered axes and shuffled channels: copies, which are exact.</summary>
public class MovementTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("movement");

    /// <summary>A part of an axis.</summary>
    public sealed record Part(Shape X, int Axis, int First, int Length, int Step)
    {
        public static Part[] All { get; } =
        [
            new([2, 3, 4, 19], 3, 2, 16, 1),
            new([2, 3, 4, 19], 3, 1, 9, 2),
            new([2, 3, 4, 5], 1, 1, 2, 1),
            new([2, 5, 4, 8], 2, 0, 2, 2),
            new([2, 5, 7, 3], 2, 1, 2, 3),
            new([3, 9], 1, 8, 1, 1),
            new([3, 9], 0, 1, 2, 1),
            new([2, 3, 5], 1, 2, 0, 1),
            new([0, 3, 4, 5], 3, 1, 2, 1),
            new([2, 40_000], 1, 5, 39_000, 1), // several pieces
        ];
    }

    public static MatrixTheoryData<DeviceKind, Part> Parts => new(DeviceKinds.All, Part.All);

    [Theory, MemberData(nameof(Parts))]
    public void A_slice_and_its_gradient_are_exact(DeviceKind kind, Part part)
    {
        var device = Use(kind, part.X.Count);
        var x = Numbers.Normal(Key, part.X);
        int[] places = [.. Enumerable.Range(0, part.X.Count).Where(i => IsTaken(part, i))];
        var y = Slice.Forward(x.On(device), part.Axis, part.First, part.Length, part.Step);
        Assert.Equal(part.Length, y.Shape[part.Axis]);
        Assert.Equal(places.Select(i => x.Values[i]), y.ToArray());
        var dy = Numbers.Normal(Key.Fold("dy"), y.Shape);
        float[] dx = new float[part.X.Count];
        for (int i = 0; i < places.Length; i++)
            dx[places[i]] = dy.Values[i];
        var gradient = Gradient(new Slice.Function(part.Axis, part.First, part.Length, part.Step), x.On(device), dy.On(device));
        Assert.Equal(part.X, gradient.Shape);
        Assert.Equal(dx, gradient.ToArray());
    }

    public static MatrixTheoryData<DeviceKind, string> Orders =>
        new(DeviceKinds.All, ["0 1", "1 0", "0 2 1", "0 2 3 1", "3 1 0 2", "0 1 3 4 2", "4 3 2 1 0"]);

    [Theory, MemberData(nameof(Orders))]
    public void Reordered_axes_and_their_gradient_are_exact(DeviceKind kind, string text)
    {
        var device = Use(kind, 600);
        int[] order = [.. text.Split(' ').Select(int.Parse)];
        int[] lengths = [3, 2, 4, 5, 5];
        Shape shape = [.. lengths[..order.Length]];
        var x = Numbers.Normal(Key, shape);
        var y = Permute.Forward(x.On(device), order);
        Assert.Equal(order.Select(axis => shape[axis]), y.Shape);
        float[] expected = new float[x.Values.Length];
        int[] index = new int[order.Length];
        for (int i = 0; i < expected.Length; i++)
        {
            int rest = i;
            for (int axis = order.Length - 1; axis >= 0; axis--)
                (rest, index[order[axis]]) = (rest / y.Shape[axis], rest % y.Shape[axis]);
            expected[i] = (float)x.At(index);
        }

        Assert.Equal(expected, y.ToArray());
        // Reordered back, the gradient is what the values were.
        Assert.Equal(x.Values, Gradient(new Permute.Function([.. order]), x.On(device), y).ToArray());
    }

    public static MatrixTheoryData<DeviceKind, int> Groups => new(DeviceKinds.All, [1, 2, 3, 6, 18]);

    [Theory, MemberData(nameof(Groups))]
    public void A_shuffle_deals_channels_out_in_turn(DeviceKind kind, int groups)
    {
        var device = Use(kind, 108);
        var x = Numbers.Normal(Key, [2, 1, 3, 18]);
        var y = ChannelShuffle.Forward(x.On(device), groups);
        float[] expected = new float[x.Values.Length];
        for (int pixel = 0; pixel < 6; pixel++)
        for (int g = 0; g < groups; g++)
        for (int i = 0; i < 18 / groups; i++)
            expected[(pixel * 18) + (i * groups) + g] = x.Values[(pixel * 18) + (g * (18 / groups)) + i];
        Assert.Equal(expected, y.ToArray());
        Assert.Equal(x.Values, Gradient(new ChannelShuffle.Function(groups), x.On(device), y).ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 5]);
        static string Message(Action run) => Assert.Throws<ShapeException>(run).Message;
        Assert.Equal(
            "Slice: expected elements of axis 1 of [2, 5], got 3 from 1 in steps of 2",
            Message(() => Slice.Forward(x, 1, 1, 3, 2))
        );
        Assert.Equal("Permute: expected each of at most 5 axes once, got [0, 0] for [2, 5]", Message(() => Permute.Forward(x, 0, 0)));
        Assert.Equal(
            "ChannelShuffle: expected groups that divide the channels of [2, 5], got 2",
            Message(() => ChannelShuffle.Forward(x, 2))
        );
    }

    static bool IsTaken(Part part, int i)
    {
        int inner = part.X.Skip(part.Axis + 1).Aggregate(1, (a, b) => a * b),
            place = i / inner % part.X[part.Axis] - part.First;
        return place >= 0 && place % part.Step == 0 && place / part.Step < part.Length;
    }

    static Tensor<float> Gradient(DifferentiableFunction function, Tensor<float> x, Tensor<float> dy)
    {
        using var scope = x.Device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(x);
        return scope.Keep(tape.Backward(tape.Apply(function, leaf), dy, leaf)[0]);
    }
}

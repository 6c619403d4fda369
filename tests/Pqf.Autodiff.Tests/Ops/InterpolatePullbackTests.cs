using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

public class InterpolatePullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(36);

    static readonly (Shape X, Pair Size)[] Sizes =
    [
        ([0, 3, 4, 2], 6),
        ([1, 1, 1, 3], new Pair(4, 5)),
        ([2, 3, 4, 5], new Pair(6, 8)),
        ([1, 4, 5, 17], new Pair(4, 5)),
        ([1, 5, 6, 16], new Pair(11, 12)),
        ([2, 7, 9, 3], new Pair(3, 4)), // pixels that no output reads
        ([1, 9, 9, 8], new Pair(3, 27)),
        ([1, 31, 2, 4], new Pair(47, 1)),
    ];

    public static MatrixTheoryData<DeviceKind, int, InterpolationMode> Cases =>
        new(DeviceKinds.All, [.. Enumerable.Range(0, Sizes.Length)], [InterpolationMode.Nearest, InterpolationMode.Bilinear]);

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, int number, InterpolationMode mode)
    {
        // Linear: J v is v resized.
        var (shape, size) = Sizes[number];
        var v = Numbers.Normal(Key.Fold("v"), shape);
        var jv = Reference.Interpolate(v, size, mode);
        var u = Numbers.Normal(Key.Fold("u"), jv.Shape);
        var device = Use(kind, shape.Count);
        Adjoint.Check(jv.Values, u, v, Interpolate.Pullback(shape, mode, u.On(device)), 16);
    }

    public static MatrixTheoryData<DeviceKind, InterpolationMode> Modes =>
        new(DeviceKinds.All, [InterpolationMode.Nearest, InterpolationMode.Bilinear]);

    [Theory, MemberData(nameof(Modes))]
    public void Recorded_gradients_agree_with_PyTorch(DeviceKind kind, InterpolationMode mode)
    {
        using var file = ReferenceCase.Open(mode == InterpolationMode.Nearest ? "interpolate_nearest" : "interpolate_bilinear");
        var (x, dy) = (file.Read("x").ToChannelsLast(), file.Read("grad_out").ToChannelsLast());
        var device = Use(kind);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(x.On(device));
        var gradients = tape.Backward(
            tape.Apply(new Interpolate.Function(new Pair(dy.Shape[1], dy.Shape[2]), mode), leaf),
            dy.On(device),
            leaf
        );
        Close.Check(file.Read("grad_x").ToChannelsLast().Values, gradients[0].ToArray(), 1e-6);
    }
}

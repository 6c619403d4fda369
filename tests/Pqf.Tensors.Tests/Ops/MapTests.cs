using System.Numerics;
using Pqf.Autodiff;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class MapTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_pull_back_that_reads_nothing_keeps_neither_input_nor_output(DeviceKind kind)
    {
        var device = Use(kind);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [19], [.. Enumerable.Range(0, 19).Select(i => i - 9f)]));
        int before = device.LiveBuffers;
        var y = tape.Apply(new Map.Function<Opposite>(), x);
        Assert.Equal(Enumerable.Range(0, 19).Select(i => 9f - i), y.Value.ToArray());
        tape.Done(y);
        Assert.Equal(before, device.LiveBuffers);
        var dx = tape.Backward(y, Tensor<float>.From(device, [19], [.. Enumerable.Range(0, 19).Select(i => (float)i)]), x)[0];
        Assert.Equal(Enumerable.Range(0, 19).Select(i => (float)-i), dx.ToArray());
    }

    internal readonly struct Opposite : IUnaryOp
    {
        public static PullbackReads PullbackReads => PullbackReads.Nothing;

        public static float Apply(float x) => -x;

        public static Vector<float> Apply(Vector<float> x) => -x;

        public static float Pullback(float read, float dy) => -dy;

        public static Vector<float> Pullback(Vector<float> read, Vector<float> dy) => -dy;
    }
}

using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class TailTests(DeviceSet devices) : DeviceTest(devices)
{
    [Fact]
    public void ReLU_is_a_clamp_without_an_upper_end() => Assert.Equal(Tail.Relu, Tail.Clamp(0, float.PositiveInfinity));

    [Fact]
    public void A_clamp_without_ends_is_nothing() => Assert.Equal(Tail.None, Tail.Clamp(float.NegativeInfinity, float.PositiveInfinity));

    [Fact]
    public void Tails_of_the_same_function_are_equal() => Assert.Equal(Tail.Of<Sigmoid>(), Tail.None.Then<Sigmoid>());

    [Fact]
    public void Ends_in_the_wrong_order_are_named() =>
        Assert.Equal(
            "Tail: expected a clamp from low to high, got 1 and 0.5",
            Assert.Throws<ArgumentException>(() => Tail.Clamp(1, 0.5f)).Message
        );

    [Fact]
    public void A_second_function_is_refused() =>
        Assert.Equal(
            "Tail: expected a tail without a function, it has one already",
            Assert.Throws<InvalidOperationException>(() => Tail.Of<Sigmoid>().Then<Relu>()).Message
        );

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_gradient_passes_inside_of_a_clamp_and_where_the_value_is_NaN(DeviceKind kind)
    {
        var device = Use(kind);
        float[] values = [-1, -0.5f, 0, 0.9f, 1, float.NaN],
            gradients = [1, 2, 3, 4, 5, 6];
        // Twice whole vectors, and values left over.
        var y = new Numbers([17 * 6], [.. Enumerable.Repeat(values, 17).SelectMany(x => x)]).On(device);
        var dy = new Numbers([17 * 6], [.. Enumerable.Repeat(gradients, 17).SelectMany(x => x)]).On(device);
        Tail.Clamp(-1, 1).PullbackInto(y, dy, dy);
        Assert.Equal(Enumerable.Repeat((float[])[0, 2, 3, 4, 0, 6], 17).SelectMany(x => x), dy.ToArray());
    }
}

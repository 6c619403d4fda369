using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests;

public class TapeTests(DeviceSet devices) : DeviceTest(devices)
{
    [Fact]
    public void Gradients_of_a_value_used_twice_are_added()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [2], [3, -4]));
        var y = tape.Add(tape.Scale(x, 5), tape.Map<Relu>(x));
        var dx = Assert.Single(tape.Backward(y, Tensor<float>.From(device, [2], [1, 10]), x));
        Assert.Equal([6f, 50f], dx.ToArray());
    }

    [Fact]
    public void A_sum_of_three_gradients_leaves_shared_ones_alone()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var (a, b) = (tape.Leaf(Tensor<float>.From(device, [1], [3])), tape.Leaf(Tensor<float>.From(device, [1], [3])));
        var y = tape.Add(tape.Add(tape.Add(a, b), a), a); // the gradient of the first sum is the seed itself, given to both
        var gradients = tape.Backward(y, Tensor<float>.From(device, [1], [7]), a, b);
        Assert.Equal([21f], gradients[0].ToArray());
        Assert.Equal([7f], gradients[1].ToArray());
    }

    [Fact]
    public void What_needs_no_gradient_never_enters_the_tape()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = Tape.Constant(Tensor<float>.From(device, [1], [3]));
        var y = tape.Map<Relu>(tape.Add(x, x));
        Assert.Equal(0, tape.Count);
        Assert.False(y.NeedsGradient);
        Assert.Equal([6f], y.Value.ToArray());
    }

    [Fact]
    public void A_leaf_that_the_value_does_not_depend_on_has_gradient_zero()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var (x, other) = (tape.Leaf(Tensor<float>.From(device, [1], [3])), tape.Leaf(Tensor<float>.From(device, [2], [3, 4])));
        var gradients = tape.Backward(tape.Scale(x, 2), Tensor<float>.From(device, [1], [1]), x, other);
        Assert.Equal([2f], gradients[0].ToArray());
        Assert.Equal([0f, 0f], gradients[1].ToArray());
    }

    [Fact]
    public void Values_that_no_pull_back_reads_are_given_back_at_once()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1], [3]));
        int before = device.LiveBuffers;
        var scaled = tape.Scale(x, 2);
        var positive = tape.Map<Relu>(scaled);
        tape.Done(scaled); // the pull-back of a factor reads nothing, that of ReLU its own value
        Assert.Equal(before + 1, device.LiveBuffers);
        tape.Done(positive);
        Assert.Equal(before + 1, device.LiveBuffers);
    }

    [Fact]
    public void After_the_fold_the_gradients_asked_for_are_all_that_is_left()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var (weight, x) = (Tensor<float>.From(device, [2, 2], [1, 2, 3, 4]), Tensor<float>.From(device, [1, 2], [5, 6]));
        int before = device.LiveBuffers;
        using (var inner = device.BeginScope())
        {
            var tape = new Tape(inner);
            var leaf = tape.Leaf(weight);
            var y = Tape.Constant(x);
            for (int i = 0; i < 10; i++)
            {
                var next = tape.Map<Relu>(tape.MatMul(y, leaf));
                tape.Done(y);
                y = next;
            }

            var seed = Tensor<float>.From(device, [1, 2], [1, -1]);
            tape.Backward(y, seed, leaf);
            tape.Done(y);
            Assert.Equal(before + 1 + 10, device.LiveBuffers); // the gradient, and ten products that were never called done
        }

        Assert.Equal(before, device.LiveBuffers);
    }

    [Fact]
    public void A_seed_of_another_shape_is_named()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1], [3]));
        var e = Assert.Throws<ShapeException>(() => tape.Backward(x, Tensor<float>.Zeros(device, [2]), x));
        Assert.Equal("Backward: expected equal shapes, got [1] and [2]", e.Message);
    }

    [Fact]
    public void A_pull_back_with_too_few_gradients_is_named()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1], [3]));
        var y = tape.Add("Twice", Tensor<float>.Zeros(device, [1]), [x, x], [], dy => [dy]);
        var e = Assert.Throws<InvalidOperationException>(() => tape.Backward(y, Tensor<float>.Zeros(device, [1]), x));
        Assert.Equal("Twice: expected a pull-back with 2 gradients, got 1", e.Message);
    }
}

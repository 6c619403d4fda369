using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;
using Pqf.Tensors.Ops.Products;
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
        var y = Sum(tape, Scaled(tape, x, 5), Relu(tape, x));
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
        var y = Sum(tape, Sum(tape, Sum(tape, a, b), a), a); // the gradient of the first sum is the seed itself, given to both
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
        var y = Relu(tape, Sum(tape, x, x));
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
        var gradients = tape.Backward(Scaled(tape, x, 2), Tensor<float>.From(device, [1], [1]), x, other);
        Assert.Equal([2f], gradients[0].ToArray());
        Assert.Equal([0f, 0f], gradients[1].ToArray());
    }

    [Fact]
    public void A_gradient_is_final_before_ops_in_front_of_all_that_read_its_leaf_are_pulled_back()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var (early, late, unread) = (Leaf(3), Leaf(4), Leaf(5));
        var seen = new List<string>();
        tape.WhenFinal(early, gradient => seen.Add($"early {gradient.ToArray()[0]}"));
        tape.WhenFinal(late, gradient => seen.Add($"late {gradient.ToArray()[0]}"));
        tape.WhenFinal(unread, gradient => seen.Add($"unread {gradient.ToArray()[0]}"));
        var first = Scaled(tape, early, 2);
        tape.Mark(() => seen.Add("first"));
        var second = Sum(tape, first, late);
        tape.Mark(() => seen.Add("second"));
        var third = Sum(tape, second, Scaled(tape, late, 10));
        tape.Mark(() => seen.Add("third"));
        var gradients = tape.Backward(third, Tensor<float>.From(device, [1], [7]), early, late, unread);
        Assert.Equal(["unread 0", "third", "second", "late 77", "first", "early 14"], seen);
        Assert.Equal([14f, 77f, 0f], gradients.Select(gradient => gradient.ToArray()[0]));

        Variable Leaf(float value) => tape.Leaf(Tensor<float>.From(device, [1], [value]));
    }

    [Fact]
    public void Values_that_no_pull_back_reads_are_given_back_at_once()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1], [3]));
        int before = device.LiveBuffers;
        var scaled = Scaled(tape, x, 2);
        var positive = Relu(tape, scaled);
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
                var next = Relu(tape, tape.Apply(new MatMul.Function(), y, leaf));
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
        var y = tape.Apply(new Twice(), x, x);
        var e = Assert.Throws<InvalidOperationException>(() => tape.Backward(y, Tensor<float>.Zeros(device, [1]), x));
        Assert.Equal("Twice: expected a pull-back with 2 gradients, got 1", e.Message);
    }

    [Fact]
    public void A_pull_back_that_reads_what_was_not_saved_is_named()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1], [3]));
        var y = tape.Apply(new Forgetful(), x);
        var e = Assert.Throws<InvalidOperationException>(() => tape.Backward(y, Tensor<float>.Zeros(device, [1]), x));
        Assert.Equal("Forgetful: its pull-back reads saved tensor 1, which was not saved", e.Message);
    }

    [Fact]
    public void A_missing_input_is_named()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1, 1], [3]));
        var e = Assert.Throws<ArgumentException>(() => tape.Apply(new MatMul.Function(), x));
        Assert.Equal("MatMul: expected input 1, got none", e.Message);
    }

    [Fact]
    public void A_gradient_of_a_target_is_refused()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var x = tape.Leaf(Tensor<float>.From(device, [1, 2], [3, 4]));
        var e = Assert.Throws<ArgumentException>(() => tape.Apply(new CrossEntropy.Function(), x, x));
        Assert.Equal("CrossEntropy: expected a constant as input 1: it gets no gradient", e.Message);
    }

    [Fact]
    public void An_optional_input_may_be_null_or_left_out()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var (x, weight) = (tape.Leaf(Tensor<float>.From(device, [1, 1], [3])), tape.Leaf(Tensor<float>.From(device, [1, 1], [5])));
        var y = tape.Apply(new Linear.Function(), tape.Apply(new Linear.Function(), x, weight, null), weight);
        Assert.Equal([75f], y.Value.ToArray());
        var gradients = tape.Backward(y, Tensor<float>.From(device, [1, 1], [1]), x, weight);
        Assert.Equal([25f], gradients[0].ToArray());
        Assert.Equal([30f], gradients[1].ToArray());
    }

    static Variable Relu(Tape tape, Variable x) => tape.Apply(new Map.Function<Relu>(), x);

    static Variable Scaled(Tape tape, Variable x, float factor) => tape.Apply(new Scale.Function(factor), x);

    static Variable Sum(Tape tape, Variable a, Variable b) => tape.Apply(new Add.Function(), a, b);

    sealed record Twice : DifferentiableFunction
    {
        public override string Name => "Twice";

        public override Tensor<float> Forward(ForwardContext context) => Add.Forward(context[0], context[1]);

        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) => [dy];
    }

    sealed record Forgetful : DifferentiableFunction
    {
        public override string Name => "Forgetful";

        public override Tensor<float> Forward(ForwardContext context)
        {
            context.Save(context[0], null);
            return context[0];
        }

        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) => [context.Saved(1)];
    }
}

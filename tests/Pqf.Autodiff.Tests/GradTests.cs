using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Products;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests;

public class GradTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Value_and_gradients_of_a_bilinear_form(DeviceKind kind)
    {
        var device = Use(kind);
        var parameters = ImmutableDictionary<string, Tensor<float>>
            .Empty.Add("row", Tensor<float>.From(device, [1, 2], [2, 3]))
            .Add("matrix", Tensor<float>.From(device, [2, 2], [1, 2, 3, 4]));
        var column = Tensor<float>.From(device, [2, 1], [5, 7]);
        int before = device.LiveBuffers;
        var result = Grad.ValueAndGrad((tape, p) => Scalar(tape, MatMul(tape, MatMul(tape, p["row"], p["matrix"]), Tape.Constant(column))))(
            parameters
        );
        Assert.Equal(before + 3, device.LiveBuffers); // the loss and two gradients
        Assert.Equal(new Shape(), result.Loss.Shape);
        Assert.Equal([(2 * (5f + 14)) + (3 * (15f + 28))], result.Loss.ToArray());
        Assert.Equal([19f, 43f], result.Gradients["row"].ToArray());
        Assert.Equal([10f, 14f, 15f, 21f], result.Gradients["matrix"].ToArray());
    }

    [Fact]
    public void Each_gradient_is_reported_once_with_its_name()
    {
        var device = Use(DeviceKind.Host);
        var parameters = ImmutableDictionary<string, Tensor<float>>
            .Empty.Add("row", Tensor<float>.From(device, [1, 1], [2]))
            .Add("matrix", Tensor<float>.From(device, [1, 1], [3]))
            .Add("unread", Tensor<float>.From(device, [1], [4]));
        var seen = new List<(string, float)>();
        Grad.ValueAndGrad(
            (tape, p) => (Scalar(tape, MatMul(tape, MatMul(tape, p["row"], p["row"]), p["matrix"])), default(Unit)),
            (name, gradient) => seen.Add((name, gradient.ToArray()[0]))
        )(parameters);
        Assert.Equal([("unread", 0f), ("matrix", 4f), ("row", 12f)], seen);
    }

    [Fact]
    public void Fifty_steps_down_a_slope_leave_no_buffer_behind_and_lower_the_loss()
    {
        var device = Use(DeviceKind.Host);
        var weight = Numbers.Normal(RngKey.FromSeed(1), [16, 4]).On(device);
        var x = Numbers.Normal(RngKey.FromSeed(2), [32, 16]).On(device);
        var row = Tensor<float>.From(device, [1, 32], [.. Enumerable.Repeat(1 / 32f, 32)]);
        var column = Tensor<float>.From(device, [4, 1], [1, 1, 1, 1]);
        var valueAndGrad = Grad.ValueAndGrad(
            (tape, p) =>
                Scalar(
                    tape,
                    MatMul(
                        tape,
                        MatMul(tape, Tape.Constant(row), tape.Apply(new Map.Function<Relu>(), MatMul(tape, Tape.Constant(x), p["weight"]))),
                        Tape.Constant(column)
                    )
                )
        );
        int before = device.LiveBuffers;
        var losses = new List<float>();
        for (int step = 0; step < 50; step++)
        {
            using var scope = device.BeginScope();
            var result = valueAndGrad(ImmutableDictionary<string, Tensor<float>>.Empty.Add("weight", weight));
            losses.Add(result.Loss.ToArray()[0]);
            weight.Overwrite([.. weight.ToArray().Zip(result.Gradients["weight"].ToArray(), (w, g) => w - (0.3f * g))]);
        }

        Assert.Equal(before, device.LiveBuffers);
        Assert.True(losses[^1] < losses[0] / 4, $"{losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void Tensors_beside_the_loss_outlive_the_evaluation_when_they_are_kept()
    {
        var device = Use(DeviceKind.Host);
        var result = Grad.ValueAndGrad(
            (tape, p) =>
            {
                var y = tape.Apply(new Map.Function<Relu>(), p["x"]);
                return (tape.Apply(new Scale.Function(2), y), tape.Keep(y.Value));
            }
        )(ImmutableDictionary<string, Tensor<float>>.Empty.Add("x", Tensor<float>.From(device, new Shape(), [3])));
        Assert.Equal([3f], result.Extra.ToArray());
        Assert.Equal([6f], result.Loss.ToArray());
        Assert.Equal([2f], result.Gradients["x"].ToArray());
    }

    static Variable Scalar(Tape tape, Variable x) => tape.Apply(new Reshape.Function(new Shape()), x);

    static Variable MatMul(Tape tape, Variable a, Variable b) => tape.Apply(new MatMul.Function(), a, b);
}

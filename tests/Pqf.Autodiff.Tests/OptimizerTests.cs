using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Updates;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests;

public class OptimizerTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, string> Cases => new(DeviceKinds.All, ["adam", "sgd"]);

    [Theory, MemberData(nameof(Cases))]
    public void Six_steps_are_PyTorchs(DeviceKind kind, string name)
    {
        using var file = ReferenceCase.Open($"optimizer_{name}");
        var device = Use(kind);
        // Settings: generate.py, optimizers().
        var (optimizer, learningRate) =
            name == "adam" ? ((Optimizer)new Optimizer.Adam(), 0.01) : (new Optimizer.Sgd(Momentum: 0.9, WeightDecay: 1e-4), 0.05);
        var parameter = file.Read("start").On(device);
        var parameters = ImmutableDictionary<string, Tensor<float>>.Empty.Add("p", parameter);
        var state = optimizer.Start(parameters);
        float[] gradients = file.Read("grads").Values,
            steps = file.Read("steps").Values;
        for (int step = 0; step < 6; step++)
        {
            var gradient = Tensor<float>.From(device, [3, 4], gradients.AsSpan(12 * step, 12));
            state = optimizer.Step(parameters, parameters.SetItem("p", gradient), state, learningRate);
            Close.Check(steps.AsSpan(12 * step, 12), parameter.ToArray(), 1e-6);
        }

        Assert.Equal(6, state.StepCount);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Each_value_takes_the_same_step_wherever_it_stands(DeviceKind kind, string name)
    {
        var device = Use(kind);
        Optimizer optimizer = name == "adam" ? new Optimizer.Adam() : new Optimizer.Sgd(0.9, 0.1);
        const int Count = 37; // whole vectors and a rest
        var parameters = ImmutableDictionary<string, Tensor<float>>.Empty.Add(
            "p",
            Tensor<float>.From(device, [Count], [.. Enumerable.Repeat(2f, Count)])
        );
        var gradients = parameters.SetItem("p", Tensor<float>.From(device, [Count], [.. Enumerable.Repeat(0.3f, Count)]));
        var state = optimizer.Step(parameters, gradients, optimizer.Step(parameters, gradients, optimizer.Start(parameters), 0.1), 0.1);
        Assert.Single(parameters["p"].ToArray().Select(value => MathF.Round(value, 5)).Distinct());
        Assert.All(state.Averages.Values, average => Assert.Single(average.ToArray().Select(value => MathF.Round(value, 5)).Distinct()));
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_factor_of_the_rate_is_a_rate_of_its_own(DeviceKind kind, string name)
    {
        var device = Use(kind);
        Optimizer optimizer = name == "adam" ? new Optimizer.Adam() : new Optimizer.Sgd(0.9, 0.1);
        ImmutableDictionary<string, Tensor<float>> Of(float p, float q) =>
            new[] { ("p", p), ("q", q) }.ToImmutableDictionary(pair => pair.Item1, pair => Tensor<float>.From(device, [1], [pair.Item2]));
        var (scaled, plain, gradients) = (Of(1, 2), Of(1, 2), Of(0.5f, -3));

        optimizer.Step(scaled, gradients, optimizer.Start(scaled), 0.1, ImmutableDictionary<string, double>.Empty.Add("q", 0.25));
        optimizer.Step(plain, gradients, optimizer.Start(plain), 0.1);
        Assert.Equal(plain["p"].ToArray(), scaled["p"].ToArray());
        Assert.NotEqual(plain["q"].ToArray(), scaled["q"].ToArray());

        var slow = Of(1, 2);
        optimizer.Step(slow, gradients, optimizer.Start(slow), 0.025);
        Assert.Equal(slow["q"].ToArray(), scaled["q"].ToArray());
    }

    [Fact]
    public void Averages_bear_PyTorchs_names()
    {
        var device = Use(DeviceKind.Host);
        var parameters = ImmutableDictionary<string, Tensor<float>>.Empty.Add("fc.weight", Tensor<float>.Zeros(device, [2]));
        Assert.Equal(["fc.weight.exp_avg", "fc.weight.exp_avg_sq"], new Optimizer.Adam().Start(parameters).Averages.Keys.Order());
        Assert.Equal(["fc.weight.momentum_buffer"], new Optimizer.Sgd().Start(parameters).Averages.Keys);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Running_averages_move_by_their_momentum(DeviceKind kind)
    {
        var device = Use(kind);
        var average = Tensor<float>.From(device, [3], [1, 2, 4]);
        RunningAverage.Update(average, Tensor<float>.From(device, [3], [8, 8, 8]), 0.25f, 0.5f);
        Assert.Equal([1.75f, 2.5f, 4f], average.ToArray());
    }
}

// An activation function that Pqf does not have, in a network of one's own: run, compiled, recorded with its gradient.
//   OwnFunction
using System.Numerics;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

using var device = new HostDevice();
using var scope = device.BeginScope();

// Two convolutions with the function between them, then a mean over all pixels and a linear layer.
var graph = new GraphBuilder();
int x = graph.Conv2d(graph.Input(3), "first", 16, 3, new Conv2dOptions { Padding = 1 }, hasBias: true);
x = graph.Function<Softsign>(x);
x = graph.Conv2d(x, "second", 32, 3, new Conv2dOptions { Stride = 2, Padding = 1 }, hasBias: true);
x = graph.Flatten(graph.GlobalAvgPool(graph.Function<Softsign>(x)));
graph.Linear(x, "scores", 32, 10);
var network = graph.Build();

var key = RngKey.FromSeed(1);
var parameters = Initialise.Random(network, device, key.Fold("weights"));
var images = Tensor<float>.From(
    device,
    [4, 32, 32, 3],
    [.. Enumerable.Range(0, 4 * 32 * 32 * 3).Select(i => (float)key.Uniform((ulong)i))]
);

// Compiled: the function runs within the convolution's step.
var plan = InferencePlan.Compile(network, parameters, device, images.Shape);
float[] fast = plan.Run(images).ToArray();

// Recorded: the gradient of the sum of all scores by the first weights.
var tape = new Tape(scope);
var variables = parameters.Values.ToDictionary(pair => pair.Key, pair => tape.Leaf(pair.Value.Decode()));
var recorded = TrainingPlan.Create(network, parameters, images.Shape).Run(tape, variables, images, NormMode.Running);
float[] plain = recorded.Output.Value.ToArray();
var ones = Tensor<float>.From(device, recorded.Output.Shape, [.. Enumerable.Repeat(1f, plain.Length)]);
float[] gradient = tape.Backward(recorded.Output, ones, variables["first.weight"])[0].ToArray();

Console.WriteLine($"compiled and recorded differ by {fast.Zip(plain, (a, b) => Math.Abs(a - b)).Max():0.0e+0} at most");
Console.WriteLine($"gradient of {gradient.Length} weights, the largest {gradient.Max(Math.Abs):0.000}");

/// <summary>x / (1 + |x|). The scalar forms also run on GPUs.</summary>
readonly struct Softsign : IUnaryOp
{
    // The gradient is computed from the argument, not from the value.
    public static PullbackReads PullbackReads => PullbackReads.Input;

    public static float Apply(float x) => x / (1f + MathF.Abs(x));

    public static Vector<float> Apply(Vector<float> x) => x / (Vector<float>.One + Vector.Abs(x));

    public static float Pullback(float x, float dy)
    {
        float divisor = 1f + MathF.Abs(x);
        return dy / (divisor * divisor);
    }

    public static Vector<float> Pullback(Vector<float> x, Vector<float> dy)
    {
        var divisor = Vector<float>.One + Vector.Abs(x);
        return dy / (divisor * divisor);
    }
}

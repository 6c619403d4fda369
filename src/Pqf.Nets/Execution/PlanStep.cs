using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Execution;

/// <summary>Says how a convolution is to be computed.</summary>
/// <param name="x">[N, H, W, C].</param>
/// <param name="weight">[O, C / groups, kH, kW].</param>
/// <param name="options">Stride, padding, dilation, groups.</param>
delegate ConvAlgorithm ConvChooser(Shape x, Shape weight, Conv2dOptions options);

/// <summary>One step of a compiled plan.</summary>
abstract record PlanStep
{
    /// <summary>Computes a value from those before it.</summary>
    /// <param name="values">By node number; the step's own is there to be filled.</param>
    public abstract void Run(Tensor<float>?[] values);

    /// <summary>Compiles a step; packed weights belong to the device's innermost scope.</summary>
    public static PlanStep Compile(
        Graph graph,
        FusedStep step,
        Parameters parameters,
        Device device,
        ImmutableArray<Shape> shapes,
        ConvChooser choose
    ) =>
        graph.Nodes[step.Head] switch
        {
            Node.Conv2d n => new Convolution(
                FoldedLayer
                    .Of(n, step.Norm, parameters)
                    .Pack(device, n.Options, choose(shapes[n.X], ParameterSpecs.WeightShape(n), n.Options)),
                n.X,
                step
            ),
            Node.ConvTranspose2d n => Transposed.Compile(n, step, parameters, device),
            Node.Linear n => new Product(
                FoldedLayer
                    .Of(n, step.Norm, parameters, graph.Nodes[n.X] is Node.Flatten flatten ? shapes[flatten.X] : null)
                    .Pack(device, new Conv2dOptions(), ConvAlgorithm.Gathered),
                n.X,
                step
            ),
            Node.BatchNorm n => NormAlone.Compile(n, step.Output, parameters, device),
            Node.RoiAlign => throw new NotSupportedException(
                "InferencePlan: a joint cannot be compiled; compile the graphs on both sides of it"
            ),
            var n => new Plain(n, step.Output),
        };

    sealed record Convolution(Conv2dPlan Plan, int X, FusedStep Step) : PlanStep
    {
        public override void Run(Tensor<float>?[] values) =>
            Plan.ForwardInto(values[X]!, Step.Residual is { } residual ? values[residual] : null, Step.Activation, values[Step.Output]!);
    }

    sealed record Transposed(ConvTranspose2dPlan Plan, int X, FusedStep Step) : PlanStep
    {
        public static Transposed Compile(Node.ConvTranspose2d n, FusedStep step, Parameters parameters, Device device)
        {
            var weight = Tensor<float>.From(device, ParameterSpecs.WeightShape(n), FoldedLayer.Values(parameters, $"{n.Layer}.weight"));
            var bias = n.HasBias ? Tensor<float>.From(device, [n.OutChannels], FoldedLayer.Values(parameters, $"{n.Layer}.bias")) : null;
            var plan = ConvTranspose2dPlan.Create(weight, bias, n.Options);
            device.Release(weight);
            if (bias is not null)
                device.Release(bias);
            return new(plan, n.X, step);
        }

        public override void Run(Tensor<float>?[] values) => Plan.ForwardInto(values[X]!, Step.Activation, values[Step.Output]!);
    }

    /// <summary>A linear layer: a 1×1 convolution over one pixel.</summary>
    sealed record Product(Conv2dPlan Plan, int X, FusedStep Step) : PlanStep
    {
        public override void Run(Tensor<float>?[] values) =>
            Plan.ForwardInto(
                Pixel(values[X]!),
                Step.Residual is { } residual ? Pixel(values[residual]!) : null,
                Step.Activation,
                Pixel(values[Step.Output]!)
            );

        static Tensor<float> Pixel(Tensor<float> x) => x.Reshape([x.Shape[0], 1, 1, x.Shape[1]]);
    }

    sealed record NormAlone(
        int X,
        int Output,
        Tensor<float> Weight,
        Tensor<float> Bias,
        Tensor<float> Mean,
        Tensor<float> Variance,
        float Eps
    ) : PlanStep
    {
        public static NormAlone Compile(Node.BatchNorm n, int output, Parameters parameters, Device device)
        {
            Tensor<float> Vector(string name) =>
                Tensor<float>.From(device, [n.Channels], FoldedLayer.Values(parameters, $"{n.Layer}.{name}"));
            return new(n.X, output, Vector("weight"), Vector("bias"), Vector("running_mean"), Vector("running_var"), n.Eps);
        }

        public override void Run(Tensor<float>?[] values) =>
            BatchNorm.ForwardInto(values[X]!, Weight, Bias, Mean, Variance, Eps, null, Tail.None, values[Output]!);
    }

    /// <summary>A node without weights.</summary>
    sealed record Plain(Node Node, int Output) : PlanStep
    {
        public override void Run(Tensor<float>?[] values)
        {
            var (x, y) = (values[Node.Inputs[0]]!, values[Output]!);
            switch (Node)
            {
                case Node.Relu:
                    Map.ForwardInto<Relu>(x, y);
                    break;
                case Node.MaxPool2d n:
                    MaxPool2d.ForwardInto(x, n.KernelSize, n.Stride, n.Padding, y);
                    break;
                case Node.GlobalAvgPool:
                    AvgPool2d.ForwardInto(x, new Pair(x.Shape[1], x.Shape[2]), 1, 0, y);
                    break;
                case Node.Add n:
                    Add.ForwardInto(x, values[n.Right]!, y);
                    break;
                case Node.Upsample:
                    Interpolate.ForwardInto(x, InterpolationMode.Nearest, y);
                    break;
                case Node.Flatten:
                    ChannelOrder.ToChannelsFirstInto(x, y);
                    break;
                default:
                    throw new UnreachableException();
            }
        }
    }
}

using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Testing;

/// <summary>The loss and gradients of a classifier, as training computes them.</summary>
public static class Gradients
{
    /// <summary>Mean cross-entropy and its gradients by everything that training changes.</summary>
    /// <param name="graph">Images to logits.</param>
    /// <param name="parameters">Dense or quantised.</param>
    /// <param name="images">[N, H, W, C].</param>
    /// <param name="target">[N, classes].</param>
    /// <param name="mode">What norms divide by.</param>
    /// <returns>In the innermost scope, with what norms saw.</returns>
    public static Evaluation<ImmutableArray<NormStatistics>> Of(
        Graph graph,
        Parameters parameters,
        Tensor<float> images,
        Tensor<float> target,
        NormMode mode = NormMode.Batch
    )
    {
        var device = images.Device;
        using var scope = device.BeginScope();
        var plan = TrainingPlan.Create(graph, parameters, images.Shape);
        var result = Grad.ValueAndGrad(
            (tape, variables) =>
            {
                var forward = plan.Run(tape, variables, images, mode);
                return (tape.Apply(new CrossEntropy.Function(), forward.Output, Tape.Constant(target)), forward.Norms);
            }
        )(Trainable.Of(graph, parameters));
        scope.Keep(result.Loss);
        scope.KeepAll(result.Gradients.Values);
        scope.KeepAll(result.Extra.SelectMany(norm => (ITensor[])[norm.Mean, norm.Variance]));
        return result;
    }
}

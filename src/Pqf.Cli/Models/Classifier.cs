using Pqf.Nets.Execution;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Cli.Models;

/// <summary>A network that is ready to classify images on a device.</summary>
/// <remarks>Its memory belongs to the device's innermost scope at its making.</remarks>
sealed class Classifier
{
    readonly InferencePlan plan;
    readonly Device device;
    readonly Preprocessing preprocessing;

    /// <param name="network">The network; its parameters may end once this is made.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="batchSize">Most images at a time.</param>
    /// <param name="memory">Low where it is used too few times to earn back what packing larger weights costs.</param>
    public Classifier(NetworkFile network, Device device, int batchSize, PlanMemory memory = PlanMemory.Fast)
    {
        (this.device, preprocessing) = (device, network.Preprocessing);
        plan = InferencePlan.Compile(
            network.Graph,
            network.Parameters,
            device,
            InputShape(preprocessing, batchSize),
            new InferenceOptions { Memory = memory }
        );
    }

    /// <summary>Logits, one row an image.</summary>
    /// <param name="pixels">[N, H, W, C], prepared.</param>
    /// <param name="count">N.</param>
    /// <returns>[N · classes].</returns>
    public float[] Logits(ReadOnlySpan<float> pixels, int count)
    {
        using var scope = device.BeginScope();
        return plan.Run(Tensor<float>.From(device, InputShape(preprocessing, count), pixels)).ToArray();
    }

    /// <summary>[N, crop, crop, channels].</summary>
    public static Shape InputShape(Preprocessing preprocessing, int count) =>
        [count, preprocessing.Crop, preprocessing.Crop, preprocessing.Channels];
}

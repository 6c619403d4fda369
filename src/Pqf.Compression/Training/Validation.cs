using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Training;

/// <summary>Measures a network between epochs, by the values it has now and its running statistics.</summary>
sealed class Validation(Graph graph, Parameters parameters, Device device)
{
    /// <summary>Loss and accuracy on one batch.</summary>
    public Metrics Measure(LabelledBatch batch)
    {
        using var scope = device.BeginScope();
        var images = Tensor<float>.From(device, batch.Shape, batch.Images.Span);
        return Trainer.Measure(Forward.Run(graph, parameters, images), batch.Classes.Span);
    }
}

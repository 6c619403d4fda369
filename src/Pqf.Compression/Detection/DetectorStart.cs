using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>The detector that a training begins with.</summary>
static class DetectorStart
{
    // Classifiers' norms have it; released detectors have 0 (torchvision: FrozenBatchNorm2d).
    const float ClassifierNormEps = 1e-5f;

    /// <summary>The detector of a file, or a new one with the body of a classifier.</summary>
    /// <param name="training">One of the two files.</param>
    /// <param name="run">Device and key.</param>
    public static Result<Network, PqfError> Open(DetectorTraining training, TrainingRun run) =>
        (training.Weights, training.Backbone) switch
        {
            ({ } weights, null) => Network.Load(weights, run.Device, training.Overrides, NetworkTask.Detection),
            (null, { } backbone) => WithBody(backbone, training.Overrides, run),
            var (weights, _) => new PqfError.Config(
                "command line",
                "--weights",
                $"expected a detector here, or a classifier for its body in --backbone, got {(weights is null ? "neither" : "both")}"
            ),
        };

    static Result<Network, PqfError> WithBody(string path, NetworkOverrides overrides, TrainingRun run)
    {
        var architecture = new Architecture(
            MaskRcnn.Name,
            overrides.ClassCount ?? MaskRcnn.DefaultClassCount,
            Photograph.Channels,
            overrides.Width,
            overrides.Options(new MaskRcnnOptions { NormEps = ClassifierNormEps })
        );
        // The classifier's architecture and classes are its own.
        var own = overrides with
        {
            Arch = null,
            ClassCount = null,
            ClassNames = [],
            Options = found => found,
        };
        return from graph in Networks.Build(architecture)
            from classifier in Network.Load(path, run.Device, own, NetworkTask.Classification)
            from parameters in DetectorInitialise.WithBody(
                graph,
                DetectorInitialise.Random(graph, run.Device, run.Key.Fold("initialise")),
                classifier.Parameters
            )
            from network in Network.New(architecture, graph, parameters, new NetworkOverrides { ClassNames = overrides.ClassNames })
            // Where it comes from, once it is compressed.
            select network with
            {
                Path = path,
            };
    }
}

using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Models;

/// <summary>The detector that a training begins with.</summary>
/// <param name="run">Settings, key, progress.</param>
/// <param name="device">Where its values go; they belong to the innermost scope.</param>
sealed class DetectorStart(RunContext run, Device device)
{
    // Classifiers' norms have it; released detectors have 0 (torchvision: FrozenBatchNorm2d).
    const float ClassifierNormEps = 1e-5f;

    /// <summary>The detector of a file, or a new one with the body of a classifier; compressed if that is asked for and it is not
    /// yet.</summary>
    /// <param name="weights">The detector's file.</param>
    /// <param name="backbone">The classifier's file.</param>
    public Result<PqfModel, PqfError> Open(string? weights, string? backbone)
    {
        if (weights is null == backbone is null)
            return new PqfError.Config(
                "command line",
                "--weights",
                $"expected a detector here, or a classifier for its body in --backbone, got {(weights is null ? "neither" : "both")}"
            );
        return (weights is null ? WithBody(backbone!) : OpenDetector(weights)).Bind(model => Compress(model, weights ?? backbone!));
    }

    Result<PqfModel, PqfError> OpenDetector(string path) =>
        NetworkFiles
            .LoadDetector(path, run.Config, device)
            .Map(network =>
            {
                NetworkReport.NoteUnused(run, network);
                return network.Model;
            });

    Result<PqfModel, PqfError> WithBody(string path)
    {
        var keys = run.Config.Model;
        var architecture = new Architecture(
            MaskRcnn.Name,
            keys.ClassCount ?? MaskRcnn.DefaultClassCount,
            Photograph.Channels,
            keys.Width,
            keys.MaskRcnn.Over(new MaskRcnnOptions { NormEps = ClassifierNormEps })
        );
        // The classifier's architecture and classes are its own.
        var own = run.Config with
        {
            Model = keys with { Arch = null, ClassCount = null, ClassNames = [], ClassNamesPath = null, MaskRcnn = new() },
        };
        return Networks
            .Build(architecture)
            .Bind(graph =>
                NetworkFiles
                    .LoadClassifier(path, own, device)
                    .Bind(classifier =>
                        DetectorInitialise
                            .WithBody(graph, DetectorInitialise.Random(graph, device, run.Key.Fold("initialise")), classifier.Parameters)
                            .Bind(parameters =>
                                ConfigMapping
                                    .ClassNames(run.Config, null, architecture.ClassCount)
                                    .Map(names => new PqfModel
                                    {
                                        Architecture = architecture,
                                        Graph = graph,
                                        Parameters = parameters,
                                        Preprocessing = ConfigMapping.DefaultPreprocessing(Photograph.Channels),
                                        ClassNames = names,
                                    })
                            )
                    )
            );
    }

    Result<PqfModel, PqfError> Compress(PqfModel model, string path)
    {
        if (!run.Config.Model.Compress || model.Parameters.IsQuantised)
            return model;
        var probe = new Probe(device, model.Preprocessing, run.Key.Fold("probe"));
        return Compressor
            .Run(run, model.Graph, model.Parameters, probe)
            .Map(result => Compressor.Described(run, model, path, result.Parameters));
    }
}

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

    /// <summary>The detector of a file, with a new head where its own does not know the data's classes, or a new one with the body of a
    /// classifier.</summary>
    /// <param name="training">One of the two files.</param>
    /// <param name="run">Device and key.</param>
    /// <param name="data">What is trained on.</param>
    public static Result<Network, PqfError> Open(DetectorTraining training, TrainingRun run, DetectorData data) =>
        (training.Weights, training.Backbone) switch
        {
            ({ } weights, null) => WithHead(weights, training.Overrides, run, data),
            (null, { } backbone) => WithBody(backbone, training.Overrides, run, data),
            var (weights, _) => new PqfError.Config(
                "command line",
                "--weights",
                $"expected a detector here, or a classifier for its body in --backbone, got {(weights is null ? "neither" : "both")}"
            ),
        };

    static Result<Network, PqfError> WithHead(string path, NetworkOverrides overrides, TrainingRun run, DetectorData data) =>
        from known in KnownNetwork.Recognise(path, overrides, NetworkTask.Detection)
        from network in known is null
            ? Network.Load(path, run.Device, overrides with { ClassCount = null, ClassNames = [] }, NetworkTask.Detection)
            : DetectorHead
                .Of(known, overrides, data)
                .Bind(head =>
                    Network
                        .Load(
                            path,
                            run.Device,
                            overrides with
                            {
                                ClassCount = head.ClassCount,
                                NewHead = head.IsNew ? new(run.Key.Fold("head"), NewHeadWhen.Always) : null,
                            },
                            NetworkTask.Detection
                        )
                        .Map(loaded => Named(loaded, head, run))
                )
        select network;

    static Result<Network, PqfError> WithBody(string path, NetworkOverrides overrides, TrainingRun run, DetectorData data)
    {
        // The classifier's architecture is its own. Its head is not used: the file need not have one.
        var own = overrides with
        {
            Arch = null,
            ClassCount = 1,
            NewHead = new(run.Key, NewHeadWhen.Always),
            ClassNames = [],
            Options = found => found,
        };
        return from head in DetectorHead.New(overrides, data)
            let architecture = new Architecture(
                MaskRcnn.Name,
                head.ClassCount,
                Photograph.Channels,
                overrides.Width,
                overrides.Options(new MaskRcnnOptions { NormEps = ClassifierNormEps })
            )
            from graph in Networks.Build(architecture)
            from classifier in Network.Load(path, run.Device, own, NetworkTask.Classification)
            from parameters in DetectorInitialise.WithBody(
                graph,
                DetectorInitialise.Random(graph, run.Device, run.Key.Fold("initialise")),
                classifier.Parameters
            )
            from network in Network.New(architecture, graph, parameters, new NetworkOverrides { ClassNames = overrides.ClassNames })
            // Where it comes from, once it is compressed.
            select Named(network with { Path = path }, head, run);
    }

    static Network Named(Network network, DetectorHead head, TrainingRun run)
    {
        if (head.Note is { } note)
            run.Progress.Note(note);
        return network with { Model = network.Model with { ClassNames = DetectorClasses.Stored(head.Names) }, ClassNames = head.Names };
    }
}

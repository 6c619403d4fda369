using System.Collections.Immutable;
using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Models;

/// <summary>The network that a training begins with.</summary>
/// <param name="run">Settings, key, progress.</param>
/// <param name="device">Where its values go; they belong to the innermost scope.</param>
sealed class TrainingStart(RunContext run, Device device)
{
    /// <summary>The network of a file, or one of random weights.</summary>
    /// <param name="weights">The file; null for random weights.</param>
    /// <param name="images">Its classes and channels are those of a random network, where the configuration does not say.</param>
    public Result<NetworkFile, PqfError> Open(string? weights, TrainingImages images)
    {
        if (weights is not null)
            return NetworkFiles.LoadClassifier(weights, run.Config, device);
        var keys = run.Config.Model;
        if (keys.Compress)
            return new PqfError.Config(
                "command line",
                "--weights",
                "expected a network to compress, got none; --model.compress false trains one from scratch"
            );
        var architecture = new Architecture(
            keys.Arch ?? "",
            keys.ClassCount ?? images.ClassCount,
            keys.InputChannels ?? images.Channels,
            keys.Width
        );
        return Networks
            .Build(architecture, NetworkTask.Classification)
            .Bind(graph =>
                ConfigMapping
                    .Preprocessing(run.Config, ConfigMapping.DefaultPreprocessing(architecture.InChannels), architecture.InChannels)
                    .Bind(preprocessing =>
                        ConfigMapping
                            .ClassNames(run.Config, null, architecture.ClassCount)
                            .Map(names => new NetworkFile(
                                "",
                                "random weights",
                                new PqfModel
                                {
                                    Architecture = architecture,
                                    Graph = graph,
                                    Parameters = Initialise.Random(graph, device, run.Key.Fold("initialise")),
                                    Preprocessing = preprocessing,
                                    ClassNames = names,
                                },
                                ConfigMapping.Names(names, architecture.ClassCount),
                                []
                            ))
                    )
            );
    }

    /// <summary>The network ready to be trained: norms with statistics of their own, compressed if that is asked for, and then
    /// calibrated.</summary>
    /// <param name="network">As opened.</param>
    /// <param name="images">Training images.</param>
    /// <param name="validate">Measures the network as quantised, before it is calibrated; told what compressing gave.</param>
    public Result<(PqfModel Model, ImmutableArray<InitialRecord> Initial), PqfError> Prepare(
        NetworkFile network,
        ImageSet images,
        Func<PqfModel, CompressionState, Result<ImmutableArray<InitialRecord>, PqfError>> validate
    )
    {
        var calibration = CalibrationImages.Of(run, images, network.Preprocessing);
        var unfolded = calibration.Show("unfolding norms", new UnfoldNorms(calibration.Batches), network.Graph, network.Parameters);
        if (!run.Config.Model.Compress || network.IsCompressed)
            return unfolded.Map(parameters => (network.Model with { Parameters = parameters }, ImmutableArray<InitialRecord>.Empty));
        var probe = new Probe(device, network.Preprocessing, run.Key.Fold("probe"));
        return from dense in unfolded
            from result in Compressor.Run(run, network.Graph, dense, probe)
            let model = Compressor.Described(run, network.Model, network.Path, result.Parameters)
            from initial in validate(model, result)
            from calibrated in calibration.Show(
                "calibrating norms",
                new Calibrate(calibration.Batches),
                network.Graph,
                result.Parameters
            )
            select (model with { Parameters = calibrated }, initial);
    }
}

using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Cli.Demo;

/// <summary>What a demo gave.</summary>
/// <param name="Study">The network and its figures.</param>
/// <param name="Report">For the page.</param>
sealed record DemoStudyResult(Study Study, CompressionReport Report);

/// <summary>A study of the program's own network, as the configuration says.</summary>
static class DemoStudy
{
    const int DefaultBatchSize = 64;

    /// <summary>Runs to the end.</summary>
    /// <param name="run">Settings, terminal.</param>
    /// <param name="sets">Training images; the others are the test images.</param>
    /// <param name="network">The dense network.</param>
    public static Result<DemoStudyResult, PqfError> Run(RunContext run, TrainingSets sets, Network network)
    {
        var config = run.Config;
        int batchSize = Math.Min(config.Dataloader.BatchSize ?? DefaultBatchSize, sets.Train.Count);
        var options = new StudyOptions
        {
            Compression = ConfigMapping.Compress(run),
            Training = batchCount => new TrainingOptions
            {
                Epochs = config.Epochs,
                Optimizer = TrainingMapping.Optimizer(config),
                Schedule = TrainingMapping.Schedule(config.LrScheduler, config.Epochs * batchCount),
                LearningRate = config.LearningRate,
            },
            Batches = new BatchOptions
            {
                BatchSize = batchSize,
                ThreadCount = run.LoaderThreadCount,
                IsShuffled = config.Dataloader.TrainShuffle,
                Augmentation = config.Preprocessing.Augmentation,
            },
            LabelSmoothing = config.LabelSmoothing,
            Teacher = new TeacherMix(config.Distillation.Weight, config.Distillation.Temperature),
        };
        return StudyJob
            .Run(network, sets, options, run.Progress, run.Cancellation)
            .Map(study => new DemoStudyResult(study, Report(study, sets, [.. Notes(run, network, sets, batchSize)])));
    }

    static CompressionReport Report(Study study, TrainingSets sets, string[] notes) =>
        new()
        {
            Network = $"{NetworkText.NameText(study.Model.Architecture)}, for Fashion-MNIST",
            Images = $"the first {Figures.Count(sets.Validation.Count)} test images of Fashion-MNIST, which nothing was trained on",
            Stages = study.Stages,
            Layers = study.State.Layers,
            Steps = study.Steps,
            StepsPerEpoch = study.StepsPerEpoch,
            Bytes = ByteShares.Of(study.Model),
            Codebooks = CompressPage.Codebooks(study.Model, study.State),
            Notes = [.. notes],
        };

    static string Calibration(Config config) =>
        config.Calibration is CalibrationLevel.Auto or CalibrationLevel.Layers or CalibrationLevel.Network
            ? "to fit each layer to the dense network's outputs"
            : "to estimate the norms again";

    static IEnumerable<string> Notes(RunContext run, Network network, TrainingSets sets, int batchSize)
    {
        var config = run.Config;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"The dense network was trained on all 60,000 training images. {Figures.Count(sets.Train.Count)} of them were used "
                + $"here: {Calibration(config)}, and to fine-tune for {Plural.Of(config.Epochs, "epoch")} in batches of {batchSize}, Adam "
                + $"from a learning rate of {config.LearningRate:g3}, with the dense network as teacher (weight "
                + $"{config.Distillation.Weight:g3}, temperature {config.Distillation.Temperature:g3})."
        );
        yield return $"Up to {config.Model.Compression.K} centroids a layer; channel orders were searched with "
            + $"{Figures.Count(config.Model.SlsIterations)} exchanges a group. Seed {config.Seed}, on {network.Device.Name}.";
        yield return "Beside this page: the dense and the compressed network as .pqf, the compressed one as .onnx for other "
            + "programs, and the figures as .csv.";
        yield return "Images: Fashion-MNIST by Xiao, Rasul and Vollgraf (2017), under the MIT licence. Method: Martinez et al., "
            + "Permute, Quantize, and Fine-tune (CVPR 2021).";
    }
}

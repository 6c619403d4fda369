using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Demo;

/// <summary>What a demo gave.</summary>
/// <param name="Model">The fine-tuned network, as its files hold it.</param>
/// <param name="Compression">Reports of groups and layers.</param>
/// <param name="Report">For the page.</param>
sealed record DemoResult(PqfModel Model, CompressionState Compression, CompressionReport Report);

/// <summary>The whole method on one network: compressed, calibrated and fine-tuned on training images, measured on test images after each
/// step.</summary>
sealed class DemoSession
{
    const int DefaultBatchSize = 64;

    readonly RunContext run;
    readonly TrainingSets sets;
    readonly Network network;
    readonly LabelledBatches batches;
    readonly ImmutableArray<Stage>.Builder stages = ImmutableArray.CreateBuilder<Stage>();
    readonly ImmutableArray<StepRecord>.Builder steps = ImmutableArray.CreateBuilder<StepRecord>();
    bool isMeasuring;

    /// <param name="run">Settings, terminal.</param>
    /// <param name="sets">Training images; the others are the test images.</param>
    /// <param name="network">The dense network.</param>
    public DemoSession(RunContext run, TrainingSets sets, Network network)
    {
        (this.run, this.sets, this.network) = (run, sets, network);
        var options = new BatchOptions
        {
            BatchSize = Math.Min(run.Config.Dataloader.BatchSize ?? DefaultBatchSize, sets.Train.Count),
            ThreadCount = run.LoaderThreadCount,
            IsShuffled = run.Config.Dataloader.TrainShuffle,
            Augmentation = run.Config.Preprocessing.Augmentation,
            Validated = done =>
            {
                // The validation at the end is a part of the fine-tuning, which counts steps.
                if (isMeasuring)
                    run.Progress.Report(new JobProgress.Advanced(done));
            },
        };
        batches = new(sets, network.Preprocessing, options, run.Key, run.Cancellation);
    }

    /// <summary>Runs to the end. New tensors belong to the innermost scope.</summary>
    public Result<DemoResult, PqfError> Run()
    {
        var compression = ConfigMapping.Compress(run) with
        {
            Images = sets.Train,
            AfterQuantising = compressed => Measure("compressed", compressed.Model),
        };
        return from _ in Measure("dense", network.Model)
            from compressed in CompressJob.Run(network, compression, run.Progress, run.Cancellation)
            from __ in Measure("calibrated", compressed.Model)
            from tuned in Tune(compressed.Model)
            select new DemoResult(tuned, compressed.State, Report(tuned, compressed.State));
    }

    Result<Unit, PqfError> Measure(string name, PqfModel model)
    {
        run.Progress.Report(new JobProgress.Started($"measuring {name}", "images", sets.Validation.Count));
        isMeasuring = true;
        var metrics = Classification.Validate(model.Graph, model.Parameters, batches.Data, run.Cancellation);
        isMeasuring = false;
        run.Progress.Report(new JobProgress.Ended());
        return metrics.Map(measured => Add(name, model, measured));
    }

    Unit Add(string name, PqfModel model, Metrics metrics)
    {
        int right = (int)Math.Round(metrics[Classification.Accuracy] * metrics.Count);
        stages.Add(
            new(
                name,
                Cost.Of(model.Graph, model.Parameters, model.Preprocessing.InputShape(1)).Bits,
                new Proportion(right, metrics.Count)
            )
        );
        return default;
    }

    /// <summary>Trains codebooks, norms and dense layers, with the dense network as the teacher.</summary>
    Result<PqfModel, PqfError> Tune(PqfModel model)
    {
        var mix = new TeacherMix(run.Config.Distillation.Weight, run.Config.Distillation.Temperature);
        var teacher = new Teacher(InferencePlan.Compile(network.Graph, network.Parameters, network.Device, batches.Data.BatchShape), mix);
        var task = Classification.Task(
            model.Graph,
            model.Parameters,
            new ClassificationOptions { LabelSmoothing = (float)run.Config.LabelSmoothing, Teacher = teacher },
            batches.Data
        );
        int stepCount = run.Config.Epochs * batches.BatchCount;
        var options = new TrainingOptions
        {
            Epochs = run.Config.Epochs,
            Optimizer = TrainingMapping.Optimizer(run.Config),
            Schedule = TrainingMapping.Schedule(run.Config.LrScheduler, stepCount),
            LearningRate = run.Config.LearningRate,
        };
        var trainer = new Trainer<LabelledBatch>(task, TrainingState.Start(model.Parameters, task.Trainable, options), options);
        run.Progress.Report(new JobProgress.Started("fine-tuning", "steps", stepCount));
        var followed = Follow(trainer);
        run.Progress.Report(new JobProgress.Ended());
        return followed.Map(_ =>
        {
            var tuned = (model with { Parameters = trainer.State.Parameters }).AsStored();
            Add("fine-tuned", tuned, trainer.State.Progress.Epochs[^1].Validation);
            return tuned;
        });
    }

    Result<Unit, PqfError> Follow(Trainer<LabelledBatch> trainer)
    {
        foreach (var step in trainer.Run(run.Cancellation))
        {
            if (step is TrainingEvent.Failed failed)
                return failed.Error;
            if (step is not TrainingEvent.Stepped(_, var batch, var rate))
                continue;
            steps.Add(new(steps.Count + 1, batch[Metrics.Loss], batch[Classification.Accuracy], rate));
            run.Progress.Report(new JobProgress.Advanced(steps.Count));
        }

        return default(Unit);
    }

    CompressionReport Report(PqfModel model, CompressionState compression) =>
        new()
        {
            Network = $"{NetworkText.NameText(model.Architecture)}, for Fashion-MNIST",
            Images = $"the first {Figures.Count(sets.Validation.Count)} test images of Fashion-MNIST, which nothing was trained on",
            Stages = stages.ToImmutable(),
            Layers = compression.Layers,
            Steps = steps.ToImmutable(),
            StepsPerEpoch = batches.BatchCount,
            Codebooks =
            [
                .. compression.Layers.Select(layer =>
                    Codebook.Of(layer.Blocks.Layer, (Weight.Quantised)model.Parameters[layer.Blocks.WeightName])
                ),
            ],
            Notes = [.. Notes()],
        };

    IEnumerable<string> Notes()
    {
        var config = run.Config;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"The dense network was trained on all 60,000 training images. {Figures.Count(sets.Train.Count)} of them were used here: to calibrate the norms, and to fine-tune for {config.Epochs} epochs in batches of {batches.Data.BatchShape[0]}, Adam from a learning rate of {config.LearningRate:g3}, with the dense network as teacher (weight {config.Distillation.Weight:g3}, temperature {config.Distillation.Temperature:g3})."
        );
        yield return $"Up to {config.Model.Compression.K} centroids a layer; channel orders were searched with {Figures.Count(config.Model.SlsIterations)} exchanges a group. Seed {config.Seed}, on {network.Device.Name}.";
        yield return "Beside this page: the dense and the compressed network as .pqf, the compressed one as .onnx for other programs, and the figures as .csv.";
        yield return "Images: Fashion-MNIST by Xiao, Rasul and Vollgraf (2017), under the MIT licence. Method: Martinez et al., Permute, Quantize, and Fine-tune (CVPR 2021).";
    }
}

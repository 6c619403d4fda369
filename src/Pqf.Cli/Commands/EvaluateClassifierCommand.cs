using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Drawing;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf evaluate-resnet</c>.</summary>
static class EvaluateClassifierCommand
{
    const string ConfusionName = "confusion.csv";

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var data = CommandEntry.DataOption();
        var weights = new NetworkFile(
            "network",
            "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed",
            "model.state_dict_compressed"
        );
        var output = new Option<string?>("--output")
        {
            Description =
                "Folder for report.html, report.md and confusion.csv, what was answered for each class [default: output_path, or nothing "
                + "is written]",
            HelpName = "DIR",
        };
        var skip = CommandEntry.SkipCorrupt();
        var syntax = new Command(
            "evaluate-resnet",
            "Measure top-1 and top-5 accuracy of a classifier on a folder of labelled images, DIR/val/CLASS/... or DIR/CLASS/...: what "
                + "evaluate does with labelled images."
        )
        {
            weights.Word,
            weights.Weights,
            data,
            output,
            skip.Option,
        };
        return new(
            weights.CheckedIn(syntax),
            [
                "pqf evaluate-resnet --weights out/resnet50.pqf --dataloader.imagenet_path /data/imagenet",
                "pqf evaluate-resnet --config config/evaluate_resnet18.yaml --weights resnet18.pth --dataloader.imagenet_path "
                    + "/data/imagenet --dataloader.batch_size 64",
            ],
            run => run.MeasuredWeights(weights.Of(run.Parsed)).Bind(file => Run(run, file))
        )
        {
            IsShared = true,
            Keys = [("output_path", output)],
            Flags = [skip],
            Data = (data, NetworkTask.Classification),
            PresetsOf = "evaluate",
        };
    }

    /// <summary>Measures.</summary>
    /// <param name="run">The configuration.</param>
    /// <param name="weights">The network's file.</param>
    public static Result<Unit, PqfError> Run(RunContext run, string weights) =>
        run.WithRanks(weights, (own, ranks) => Run(own, ranks, weights));

    static Result<Unit, PqfError> Run(RunContext run, ICollective ranks, string weights)
    {
        var keys = run.Config.Dataloader;
        var source = ConfigMapping.Labelled(keys);
        if (source is { ImageFolder: null, IdxFolder: null })
            return ranks.Common(ImageSource.Missing);
        return run.WithImages(reader =>
            run.WithDevice(
                device =>
                    from network in ranks.Agree(() => run.Load(weights, device, NetworkTask.Classification))
                    from images in ranks.Agree(() => ImageSet.Open(source, network.Model, reader, run.Progress))
                    from measured in Measure(run, ranks, network, images)
                    select measured,
                ranks
            )
        );
    }

    static Result<Unit, PqfError> Measure(RunContext run, ICollective ranks, Network network, ImageSet images)
    {
        run.NoteGuesses(network);
        var watch = new StageWatch(run.Terminal.Clock);
        var options = new EvaluateOptions
        {
            ThreadCount = run.LoaderThreadCount,
            AfterStage = watch.Lap,
            Ranks = ranks,
            Skipped = run.SkippedImages(),
            BeforeWork = () => run.PrepareWanted([ConfusionName, .. ReportFiles.Names]).Map(_ => Start(watch)),
        };
        if (run.Config.Dataloader.BatchSize is { } batchSize)
            options = options with { BatchSize = batchSize };
        return from accuracy in EvaluateJob.Run(network, images, options, run.Progress, run.Cancellation)
            from concluded in ranks.OnFirst(() =>
            {
                NoteGuessing(run, network, accuracy.Top1);
                var files = Write(run, network, accuracy, images);
                var result = ResultOf(network, accuracy, options, accuracy.Top1.Count / watch.Stages[^1].Seconds);
                return run.Conclude(result with { Files = files.Paths }, files);
            })
            select concluded;
    }

    // Of fewer images a network that knows its classes may have as few right.
    const int EnoughToTell = 20;

    static void NoteGuessing(RunContext run, Network network, Proportion top1)
    {
        if (top1.Count >= EnoughToTell && LoweredScores.IsNearChance(top1, network.Architecture.ClassCount))
            run.Note(
                $"{network.Path}: the network is no better than guessing on these images: "
                    + (
                        network.IsCompressed
                            ? "it may not be calibrated (pqf compress --calibrate DIR), or the dense network guesses, too"
                            : "it is not trained, or its classes or its preprocessing do not fit them"
                    )
            );
    }

    static Unit Start(StageWatch watch)
    {
        watch.Start();
        return default;
    }

    static FilesBeside Write(RunContext run, Network network, Accuracy accuracy, ImageSet images) =>
        run.Config.OutputPath is { } folder
            ? FilesBeside
                .Write((Path.Combine(folder, ConfusionName), path => Tables.WriteConfusion(path, accuracy.Confusion, network.ClassNames)))
                .And(
                    ReportFiles.Write(
                        folder,
                        () =>
                            EvaluationPage.Of(NetworkSummary.Of(network), accuracy, network.ClassNames, Pictures(network, accuracy, images))
                    )
                )
            : FilesBeside.None;

    /// <summary>Small pictures of the mistakes that the network is surest of.</summary>
    static ImmutableArray<ReportFigure> Pictures(Network network, Accuracy accuracy, ImageSet images) =>
        ReportPictures.Of(
            images,
            accuracy.Mistakes,
            mistake => mistake.Image,
            mistake =>
                (
                    network.ClassNames[mistake.Answer],
                    $"{Figures.Percent(mistake.Confidence)} sure; it is {network.ClassNames[mistake.Class]}"
                )
        );

    static EvaluateClassifierResult ResultOf(Network network, Accuracy accuracy, EvaluateOptions options, double imagesPerSecond)
    {
        var (names, confusion) = (network.ClassNames, accuracy.Confusion);
        return new(
            NetworkSummary.Of(network),
            options.Skipped?.Count,
            Share.Of(accuracy.Top1),
            // Of five classes or fewer, every image's is among the first five.
            network.Architecture.ClassCount > EvaluateJob.TopCount
                ? Share.Of(accuracy.Top5)
                : null,
            imagesPerSecond,
            network.Device.Name,
            [.. confusion.Classes.Select(item => new ClassResult(item.Class, names[item.Class], item.Correct.Correct, item.Correct.Count))],
            [.. confusion.Wrong.Select(item => new ConfusionResult(item.Class, item.Answer, names[item.Answer], item.Count))],
            []
        );
    }
}

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
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf compress</c>.</summary>
static class CompressCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var network = new NetworkFile("network", "The dense network: .pth, .safetensors or .onnx");
        var output = new Option<string?>("--output")
        {
            Description =
                "Folder for the compressed network, report.html, report.md, layers.csv and groups.csv [default: output_path, or "
                + "runs/compress-NAME]",
            HelpName = "DIR",
        };
        var format = new Option<string?>("--format")
        {
            Description = "Files to write: pqf, pth, safetensors, onnx, or several with commas [default: pqf]",
            HelpName = "LIST",
        };
        var search = new Option<string?>("--search")
        {
            Description = "How long channel orders are searched: greedy, stochastic, descent [default: stochastic]",
            HelpName = "NAME",
        };
        var calibrate = new Option<string?>("--calibrate")
        {
            Description =
                "Folder of photographs, without labels, on which layers and norms are fitted to the dense network's outputs; without "
                + "photographs, 'synthetic': the program draws pictures, which is better than nothing",
            HelpName = "DIR",
        };
        var targetSize = new Option<string?>("--target-size")
        {
            Description = "Maximum size of each file, such as 1MB or 900KiB: block lengths and codebook sizes are chosen layer by layer",
            HelpName = "SIZE",
        };
        var targetRatio = new Option<string?>("--target-ratio")
        {
            Description = "Minimum number of times that the network gets smaller, counted in bits of parameters as in the paper",
            HelpName = "N",
        };
        var maxLoss = new Option<string?>("--max-loss")
        {
            Description =
                "Find the smallest size at which at most this many of 100 first answers differ from the dense "
                + "network's; a fifth of the photographs of --calibrate is held back to measure that",
            HelpName = "POINTS",
        };
        var minutes = new Option<string?>("--calibrate-minutes")
        {
            Description =
                "Minutes that compressing may take in all: in the time that is left after calibration, the "
                + "network is trained on the dense network's answers to the photographs of --calibrate",
            HelpName = "MINUTES",
        };
        format.CompletionSources.Add("pqf", "pth", "safetensors", "onnx");
        search.CompletionSources.Add("greedy", "stochastic", "descent");
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the size of each layer and of the whole; write nothing" };
        var skip = CommandEntry.SkipCorrupt();
        return new(
            network.CheckedIn(
                new Command(
                    "compress",
                    "Make a network smaller (ResNets 19 to 43 times, MobileNetV2 13 times): permute its channels, quantise its weights, "
                        + "check "
                        + "and write the result."
                )
                {
                    network.Word,
                    network.Weights,
                    output,
                    format,
                    search,
                    calibrate,
                    minutes,
                    targetSize,
                    targetRatio,
                    maxLoss,
                    dryRun,
                    skip.Option,
                }
            ),
            [
                "pqf compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out",
                "pqf compress --config config/compress_resnet18_large.yaml --weights resnet18.pth --output out --format pqf,pth "
                    + "--calibrate /data/photographs",
                "pqf compress --config config/compress_resnet50.yaml --weights resnet50.pth --output out "
                    + "--model.compression_parameters.layer_specs.fc.k 512",
                "pqf compress resnet18.pth --output quick --model.compression_parameters.k_means_n_iters 100 --model.sls_iterations 1000",
                "pqf compress mobilenet_v2.onnx --output out --format onnx",
            ],
            run =>
                run.Parsed.GetValue(dryRun)
                    ? run.WithRanks(
                        (own, ranks) => ranks.OnFirst(() => Plan(own, network.Required(own.Parsed), own.Parsed.GetValue(calibrate)))
                    )
                    : run.WithRanks(
                        network.Required(run.Parsed),
                        (own, ranks) => Run(own, ranks, network.Required(own.Parsed), own.Parsed.GetValue(calibrate))
                    )
        )
        {
            IsShared = true,
            Keys =
            [
                ("output_path", output),
                ("format", format),
                ("search", search),
                ("calibrate_minutes", minutes),
                ("target_size", targetSize),
                ("target_ratio", targetRatio),
                ("max_loss", maxLoss),
            ],
            Flags = [skip],
            PresetsOf = "compress",
            Settings = [StartingFile.Network, StartingFile.Compression, StartingFile.Run],
        };
    }

    /// <summary>Prints sizes, and the notes and errors that the compression itself would have before its work.</summary>
    static Result<Unit, PqfError> Plan(RunContext run, string weights, string? calibrate)
    {
        using var device = new HostDevice(run.Config.Threads);
        using var scope = device.BeginScope();
        return from _ in Check(run, calibrate, isDryRun: true)
            let unused = NoteUnused(run)
            from overrides in ConfigMapping.Overrides(run.Config)
            from file in TensorFiles.Open(weights)
            from network in LoadToPlan(
                file,
                device,
                overrides with
                {
                    AllowsMissingStatistics = CalibrationSource.GivesStatistics(calibrate),
                }
            )
            from free in run.Config.OutputPath is { } output
                ? run.CheckOutputs(FilesOf(run, network).Select(name => Path.Combine(output, name)))
                : default(Unit)
            from planned in run.WithImages(reader =>
                from images in Images(run, network, reader, calibrate)
                from plan in CompressionPlan.Of(
                    network,
                    ConfigMapping.Compress(run) with
                    {
                        Images = images,
                        Skipped = run.SkippedImages(),
                        ImagesCounted = count => NoteFew(run.Progress, network, count),
                    },
                    run.Cancellation
                )
                let noted = Note(run, plan.Notes)
                select run.Conclude(PlanResult.Of(plan, run.Config.TargetSize ?? run.Config.TargetRatio))
            )
            select planned;
    }

    static Unit NoteUnused(RunContext run) => Note(run, SizeRequest.Unused(run.Config) is { } line ? [line] : []);

    static Unit Note(RunContext run, IEnumerable<string> lines)
    {
        foreach (string line in lines)
            run.Note(line);
        return default;
    }

    static Result<Network, PqfError> LoadToPlan(TensorFile file, Device device, NetworkOverrides overrides)
    {
        using (file)
            return Network.Partial(file, overrides) is { } partial
                ? partial.Bind(model => (Result<Network, PqfError>)PartialCompression.HasNoPlan(model))
                : Network.Load(file, device, overrides);
    }

    /// <summary>What is wrong before the network is read.</summary>
    static Result<Unit, PqfError> Check(RunContext run, string? calibrate, bool isDryRun) =>
        SizeRequest
            .Check(run.Config, calibrate, isDryRun)
            .Bind(_ => CalibrationSource.Check(run, calibrate))
            .Bind(_ => run.Config.OutputPath is { } output ? OutputFolder.Check(output) : default(Unit));

    static Result<Unit, PqfError> Run(RunContext run, ICollective ranks, string weights, string? calibrate)
    {
        if (ranks.OnFirst(() => Check(run, calibrate, isDryRun: false)) is Result<Unit, PqfError>.Error(var unfit))
            return unfit;
        NoteUnused(run);
        string folder = run.OutputFolder(weights);
        return run.WithDevice(
            device =>
                from overrides in ranks.Agree(() => ConfigMapping.Overrides(run.Config))
                from file in ranks.Agree(() => TensorFiles.Open(weights))
                from compressed in Run(run, ranks, file, folder, device, calibrate, overrides)
                select compressed,
            ranks
        );
    }

    static Result<Unit, PqfError> Run(
        RunContext run,
        ICollective ranks,
        TensorFile file,
        string folder,
        Device device,
        string? calibrate,
        NetworkOverrides overrides
    )
    {
        Result<Network, PqfError> loaded;
        using (file)
        {
            if (Network.Partial(file, overrides) is { } partial)
                return ranks.Agree(() => partial).Bind(model => PartialCompression.Run(run, ranks, model, folder, device, calibrate));
            overrides = overrides with { AllowsMissingStatistics = CalibrationSource.GivesStatistics(calibrate) };
            loaded = ranks.Agree(() => Network.Load(file, device, overrides));
        }

        return loaded.Bind(network => Run(run, ranks, network, folder, calibrate));
    }

    static Result<Unit, PqfError> Run(RunContext run, ICollective ranks, Network network, string folder, string? calibrate) =>
        run.WithImages(reader =>
            from images in ranks.Agree(() => Images(run, network, reader, calibrate))
            let notes = new ReportNotes(run.Progress)
            let options = ConfigMapping.Compress(run) with
            {
                Images = images,
                Distillation = ConfigMapping.Distillation(run.Config),
                Skipped = run.SkippedImages(),
                ImagesCounted = count => NoteFew(notes, network, count),
                OwnsNetwork = true,
                Ranks = ranks,
                BeforeWork = () => run.PrepareOutput(folder, FilesOf(run, network)),
            }
            from compressed in CompressJob.Run(network, options, notes, run.Cancellation)
            from concluded in ranks.OnFirst(() => Write(run, network, compressed, options, folder, calibrate is not null, notes))
            select concluded
        );

    /// <summary>Names of all files that are written.</summary>
    static IEnumerable<string> FilesOf(RunContext run, Network network) =>
        [.. CompressionOutput.Names(run, network.Architecture), .. ReportFiles.Names];

    /// <summary>Writes the files and ends the command.</summary>
    /// <param name="run">Settings and terminal.</param>
    /// <param name="network">The dense network.</param>
    /// <param name="compressed">The compressed one.</param>
    /// <param name="options">Of the compression.</param>
    /// <param name="folder">Where files go.</param>
    /// <param name="hasPhotographs">Whether photographs were named.</param>
    /// <param name="notes">Of the compression.</param>
    static Result<Unit, PqfError> Write(
        RunContext run,
        Network network,
        Compressed compressed,
        CompressOptions options,
        string folder,
        bool hasPhotographs,
        ReportNotes notes
    )
    {
        // Files hold norms folded and values rounded: from here on the network in memory is the one in the files.
        var model = compressed.Model.AsStored();
        return from overrides in ConfigMapping.Overrides(run.Config)
            from written in CompressionOutput.Write(run, folder, model, compressed, overrides)
            let next = AfterCompression.Of(run, network, written.Result.Files, options.Images is not null, hasPhotographs)
            let answers = Answers(run, network, compressed, options)
            let report = ReportFiles.Write(folder, () => Report(run, network, model, compressed, written.Result, options, answers, notes))
            from concluded in run.Conclude(
                written.Result with
                {
                    SameAnswers = answers is null ? null : SameAnswers.Of(answers),
                    Next = next.Command,
                    Report = ReportFiles.PageOf(report),
                },
                written.Files.And(report),
                next.About
            )
            select concluded;
    }

    /// <summary>The compressed network's answers beside the dense network's. An error costs the report's section alone: the network's
    /// files are written.</summary>
    static CompressedAnswers? Answers(RunContext run, Network network, Compressed compressed, CompressOptions options)
    {
        var compared = CompressedAnswers.Of(network, compressed, options with { Ranks = Alone.Instance }, run.Progress, run.Cancellation);
        return compared.Match(
            answers => answers,
            error =>
            {
                run.Note($"{ReportFiles.PageName} does not show photographs that changed their answer: {error.Message}");
                return null;
            }
        );
    }

    static Report Report(
        RunContext run,
        Network network,
        PqfModel model,
        Compressed compressed,
        CompressResult written,
        CompressOptions options,
        CompressedAnswers? answers,
        ReportNotes notes
    ) =>
        CompressPage.Of(
            model,
            compressed,
            [.. written.Files.Select(file => new CheckedFile(file.Path, file.SizeBytes, file.LogitDifference))],
            CalibrationSource.Text(options.Images, options.Skipped, compressed),
            answers,
            answers is null ? [] : ChangedPictures.Of(network, network, answers.Images, answers.Comparison),
            [
                .. model.Provenance is { } source
                    ? (string[])
                        [
                            $"Compressed from {source.SourceName} (SHA-256 {source.SourceSha256}) by pqf {source.ToolVersion}, "
                                + $"seed {run.Config.Seed}.",
                        ]
                    : [],
                .. notes.Lines(options.Skipped),
                "Beside this page: layers.csv and groups.csv with all figures of layers and orders.",
            ]
        );

    static Result<ImageSet?, PqfError> Images(RunContext run, Network network, ImageReader reader, string? folder)
    {
        run.NoteGuesses(network);
        return CalibrationSource.Open(run, network, reader, folder);
    }

    // docs/faq.md advises so many; a detector sees enough in fewer, as each photograph has many objects.
    const int FewPhotographs = 100;

    static void NoteFew(IProgress<JobProgress> progress, Network network, int count)
    {
        if (count < FewPhotographs && !network.Graph.HasJoints)
            progress.Report(
                new JobProgress.Noted(
                    $"calibration has {Plural.Of(count, "photograph")}: with fewer than {FewPhotographs} the accuracy may be poor; "
                        + "160 gave the results in the documentation"
                )
            );
    }
}

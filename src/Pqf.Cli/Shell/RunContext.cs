using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Images;
using Pqf.Cli.Results;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Images;
using Pqf.Nets.Architectures;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Shell;

/// <summary>What a command is given beside its own arguments.</summary>
/// <param name="Parsed">Its arguments.</param>
/// <param name="Config">The configuration, overrides included.</param>
/// <param name="Terminal">What the run talks to.</param>
/// <param name="Progress">Where progress goes.</param>
/// <param name="Locks">Holds folders that results go to.</param>
/// <param name="Output">Where results go.</param>
sealed record RunContext(
    ParseResult Parsed,
    Config Config,
    Terminal Terminal,
    ProgressDisplay Progress,
    FolderLocks Locks,
    ResultOutput Output
)
{
    /// <summary>The command line, as it was typed.</summary>
    public ImmutableArray<string> Typed { get; init; } = [];

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Cancellation => Terminal.Cancellation;

    /// <summary>The run's random key.</summary>
    public RngKey Key => RngKey.FromSeed(Config.Seed);

    /// <summary>Shows a part of the command's result, which holds it again.</summary>
    public void Show(IShown part) => Output.Show(part);

    /// <summary>Ends the command with its result. What may be done next is a note.</summary>
    /// <param name="result">Of the command.</param>
    /// <param name="about">A line before the next command, which says what that is for; null for none.</param>
    public Unit Conclude(CommandResult result, string? about = null)
    {
        Output.Conclude(result);
        if (about is not null)
            Note(about);
        if (result.Next is { } next)
            Progress.NoteCommand($"next     {next}");
        return default;
    }

    /// <summary>Ends the command with its result, whatever became of the files beside it.</summary>
    /// <param name="result">Of the command.</param>
    /// <param name="files">The files.</param>
    /// <param name="about">A line before the next command, which says what that is for; null for none.</param>
    /// <returns>An error where some of the files could not be written.</returns>
    public Result<Unit, PqfError> Conclude(CommandResult result, FilesBeside files, string? about = null)
    {
        Conclude(result, about);
        return files.Outcome;
    }

    /// <summary>Writes one line that is not a result: what was done, where it went.</summary>
    public void Note(string line) => Progress.Note(line);

    /// <summary>Reports an error that does not end the command.</summary>
    public void Report(PqfError error)
    {
        foreach (string line in CommandLine.ErrorLines(error))
            Terminal.WriteError(line);
    }

    /// <summary>Reports on the error output what was guessed when a network was read, and which tensors of its file it does not
    /// use.</summary>
    public void NoteGuesses(Network network)
    {
        foreach (string line in NetworkText.Notes(network))
            Note(line);
    }

    /// <summary>Where results go: the folder that was asked for, or one of the run's own, which <see cref="NoteOutput"/> names once it is
    /// made.</summary>
    /// <param name="network">The network's file or name; null where it has none.</param>
    public string OutputFolder(string? network)
    {
        if (Config.OutputPath is { } given)
            return given;
        return RunFolder.Of(Parsed.CommandResult.Command.Name, network);
    }

    /// <summary>Makes the folder of the results, and names it if nobody asked for it.</summary>
    /// <param name="folder">Of <see cref="OutputFolder"/>.</param>
    /// <param name="files">Names of files that will be written, as far as they are known.</param>
    public Result<Unit, PqfError> PrepareOutput(string folder, params IEnumerable<string> files) =>
        Prepare(folder, files).Map(_ => NoteOutput(folder));

    /// <summary>Makes the folder of the results, if one is asked for.</summary>
    /// <param name="files">Names of files that will be written.</param>
    public Result<Unit, PqfError> PrepareWanted(params IEnumerable<string> files) =>
        Config.OutputPath is { } folder ? Prepare(folder, files) : default(Unit);

    /// <summary>Makes a folder of results.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="files">Names of files that will be written.</param>
    public Result<Unit, PqfError> Prepare(string folder, params IEnumerable<string> files)
    {
        string[] names = [.. files];
        return from _ in CheckOutputs(names.Select(name => Path.Combine(folder, name)))
            let replaced = Array.FindAll(names, name => File.Exists(Path.Combine(folder, name)))
            from prepared in Compression.Jobs.OutputFolder.Prepare(folder, Locks, names)
            select NoteReplaced(folder, replaced);
    }

    // More names would make a long line of what a folder's name says as well.
    const int ShownNames = 3;

    Unit NoteReplaced(string folder, string[] names)
    {
        string more = names.Length > ShownNames ? $" and {Plural.Of(names.Length - ShownNames, "more file")}" : "";
        if (names.Length > 0)
            Note($"replaces {string.Join(", ", names.Take(ShownNames))}{more} in {folder}");
        return default;
    }

    /// <summary>The files that the command reads.</summary>
    public InputFiles Inputs => InputFiles.Of(Parsed, Config);

    /// <summary>Refuses files to write that are among those that the command reads.</summary>
    /// <param name="paths">To write.</param>
    public Result<Unit, PqfError> CheckOutputs(IEnumerable<string> paths) => Inputs.Check(paths);

    /// <summary>Names the folder of the results, if nobody asked for it.</summary>
    public Unit NoteOutput(string folder)
    {
        if (Config.OutputPath is null)
            Note($"output   {folder}");
        return default;
    }

    /// <summary>Threads that decode images.</summary>
    public int LoaderThreadCount => Config.Dataloader.NumWorkers is { } workers and > 0 ? workers : Environment.ProcessorCount;

    /// <summary>Reads a network, with the configuration's keys over what its file says.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where its values go.</param>
    /// <param name="task">What it must be for; null for anything.</param>
    public Result<Network, PqfError> Load(string path, Device device, NetworkTask? task = null) =>
        ConfigMapping.Overrides(Config).Bind(overrides => Network.Load(path, device, overrides, task));

    /// <summary>The network to measure: a file, or the configuration's.</summary>
    /// <param name="given">Of the command line; null when omitted.</param>
    /// <returns>An error if neither is there.</returns>
    public Result<string, PqfError> MeasuredWeights(string? given) =>
        (given ?? Config.Model.StateDictCompressed) is { } path
            ? new Result<string, PqfError>.Ok(path)
            : new PqfError.Config(
                "command line",
                "--weights",
                "expected a network's file, here, as the argument, or in model.state_dict_compressed, got none"
            );

    /// <summary>Names images that cannot be decoded, where the configuration leaves them out; null where they are errors.</summary>
    public SkippedImages? SkippedImages() =>
        Config.Dataloader.SkipCorrupt ? new SkippedImages(error => Note($"skipped {error.Message}")) : null;

    /// <summary>Runs with a decoder for the images of a data set. In the end a line counts those that were turned or guessed at.</summary>
    public Result<Unit, PqfError> WithImages(Func<ImageReader, Result<Unit, PqfError>> run)
    {
        var exif = Config.Preprocessing.Exif;
        using var notes = new DataSetNotes(exif, Note);
        return run(ImageDecoder.ReaderOf(exif, notes.Notes));
    }

    /// <summary>Joins the processes that a launcher has started and runs with them. Rank 0 alone shows results and progress.</summary>
    public Result<Unit, PqfError> WithRanks(Func<RunContext, ICollective, Result<Unit, PqfError>> run) =>
        Terminal
            .Ranks.Join(new(TimeSpan.FromMinutes(Config.RankMinutes), Terminal.Clock))
            .Bind(ranks =>
            {
                try
                {
                    // Ranks that could not begin meet here as well.
                    var result = ranks.Agree<Unit>(() => default(Unit)).Bind(_ => run(ranks.Rank == 0 ? this : Silent(), ranks));
                    if (result is not Result<Unit, PqfError>.Error { Value: not PqfError.OfRanks })
                        Terminal.Ranks.Meet();
                    return result;
                }
                catch (RanksStoppedException)
                {
                    Terminal.Ranks.Meet();
                    throw;
                }
            });

    /// <summary>Joins the other processes as for any run, and runs once all ranks are found to have the same program, settings and
    /// network.</summary>
    /// <param name="network">The network's file, which each rank reads.</param>
    /// <param name="run">What to run.</param>
    public Result<Unit, PqfError> WithRanks(string network, Func<RunContext, ICollective, Result<Unit, PqfError>> run) =>
        WithRanks(
            (own, ranks) =>
                from same in ranks.Size == 1
                    ? default(Unit)
                    : ranks.Agree(() => RankSettings.Lines(Config, network)).Bind(lines => ranks.CheckSame(lines))
                from done in run(own, ranks)
                select done
        );

    RunContext Silent()
    {
        Output.LeaveDocumentToFirst();
        var silent = Terminal with { Out = TextWriter.Null, Error = TextWriter.Null };
        return this with
        {
            Terminal = silent,
            Progress = ProgressDisplay.For(silent, true),
            Output = new ResultOutput(silent, Output.IsJson),
        };
    }

    /// <summary>Opens the device that <c>--device</c> names and runs with it, in a scope of its own.</summary>
    /// <param name="run">What to run.</param>
    /// <param name="ranks">Each rank of a machine takes another GPU; null for a run of one process.</param>
    public Result<Unit, PqfError> WithDevice(Func<Device, Result<Unit, PqfError>> run, ICollective? ranks = null) =>
        (ranks ?? Alone.Instance)
            .Agree(() => DeviceCatalog.Open(ranks is { Size: > 1 } ? DeviceOf(ranks.LocalRank) : Config.Device, Config.Threads))
            .Bind(device =>
            {
                using (device)
                using (device.BeginScope())
                    return run(device);
            });

    string DeviceOf(int localRank)
    {
        if (Config.Device is "cuda" or "opencl")
            return $"{Config.Device}:{localRank}";
        int count =
            Config.Device == "auto" ? DeviceCatalog.List().Count(device => device.Id.StartsWith("cuda", StringComparison.Ordinal)) : 0;
        return count > 0 ? $"cuda:{localRank % count}" : Config.Device;
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>The folder of a training run: where its files are, and how far it came.</summary>
/// <param name="Path">The folder.</param>
public sealed record TrainingFolder(string Path)
{
    const string StateExtension = ".state",
        Last = "last";

    /// <summary>The state after the latest saving that was not at an epoch's end.</summary>
    public string LastState => System.IO.Path.Combine(States, Last + StateExtension);

    /// <summary>For TensorBoard.</summary>
    public string EventFolder => System.IO.Path.Combine(Path, "tensorboard");

    /// <summary>A row for each epoch.</summary>
    public string MetricsFile => System.IO.Path.Combine(Path, "metrics.csv");

    /// <summary>The settings of the run.</summary>
    public string ConfigFile => System.IO.Path.Combine(Path, "config.yaml");

    /// <summary>For a person.</summary>
    public string ResultsFile => System.IO.Path.Combine(Path, "results.txt");

    IEnumerable<string> StateFiles =>
        Directory.Exists(States) ? Directory.GetFiles(States, "*" + StateExtension).Order(StringComparer.Ordinal) : [];

    /// <summary>States, one for each epoch.</summary>
    public string States => System.IO.Path.Combine(Path, "states");

    /// <summary>Networks, some for each epoch.</summary>
    public string Models => System.IO.Path.Combine(Path, "trained_models");

    /// <summary>Whether a run has begun here: it has stored its settings, or a state.</summary>
    public bool HoldsRun => File.Exists(ConfigFile) || StateFiles.Any();

    /// <summary>Whether a file's name is that of a state.</summary>
    /// <param name="file">The path.</param>
    public static bool IsState(string file) => System.IO.Path.GetExtension(file) == StateExtension;

    /// <summary>The run that a state belongs to; null for a file that is not in the folder of states of a run.</summary>
    /// <param name="file">The state's path.</param>
    public static TrainingFolder? OfState(string file)
    {
        if (!IsState(file) || System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file)) is not { } states)
            return null;
        var run = new TrainingFolder(System.IO.Path.GetDirectoryName(states) ?? states);
        return run.States == states ? run : null;
    }

    /// <summary>The state after so many epochs.</summary>
    public string StateFile(int epochs) => System.IO.Path.Combine(States, epochs.ToString(CultureInfo.InvariantCulture) + StateExtension);

    /// <summary>The network after so many epochs, or the best one.</summary>
    /// <param name="name">A number, or <c>best</c>.</param>
    /// <param name="format">Kind of file.</param>
    public string ModelFile(string name, ModelFormat format) => System.IO.Path.Combine(Models, name + format.Extension());

    /// <summary>Makes the folders, and takes them for this run.</summary>
    /// <param name="locks">Holds them.</param>
    public Result<Unit, PqfError> Prepare(FolderLocks locks) =>
        from own in Prepare(Path, locks, MetricsFile, ResultsFile, ConfigFile)
        from states in Prepare(States, locks, LastState)
        from models in Prepare(
            Models,
            locks,
            ModelFile(TrainingOutput.Best, ModelFormat.Pth),
            ModelFile(TrainingOutput.Best, ModelFormat.Pqf)
        )
        select models;

    static Result<Unit, PqfError> Prepare(string folder, FolderLocks locks, params IEnumerable<string> files) =>
        OutputFolder.Prepare(folder, locks, files.Select(file => System.IO.Path.GetFileName(file)));

    /// <summary>Says whether a new run may begin here: not over the states of another.</summary>
    public Result<Unit, PqfError> CheckUnused() =>
        StateFiles.FirstOrDefault() is { } state
            ? new PqfError.File(
                Path,
                $"holds a run already ({System.IO.Path.GetRelativePath(Path, state)}); --resume continues it; another folder "
                    + $"begins a new one"
            )
            : default(Unit);

    /// <summary>The state to resume from.</summary>
    /// <param name="wanted">A number of epochs, a file, or empty for the state that is furthest.</param>
    /// <param name="progress">Receives a note for each file that cannot be read.</param>
    /// <returns>Its path; null if the run was stopped before it saved one. An error if the states that it has saved are gone or cannot be
    /// read: to begin again would write over the networks that it gave.</returns>
    public Result<string?, PqfError> FindState(string wanted, IProgress<JobProgress>? progress)
    {
        if (wanted.Length == 0)
            return Furthest(progress) is { } furthest ? furthest : WithoutState(progress);
        string path = int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int epochs) ? StateFile(epochs) : wanted;
        return File.Exists(path) ? path : new PqfError.File(path, $"not found; expected a state that the run has saved{Saved()}");
    }

    /// <summary>Those that there are: <c>: 0, 1, last</c>.</summary>
    string Saved() =>
        StateFiles.Select(file => System.IO.Path.GetFileNameWithoutExtension(file)).ToArray() is { Length: > 0 } names
            ? $": {string.Join(", ", names)}"
            : ", of which there is none";

    /// <summary>What a run without a state that can be read may do: begin, if it was stopped before it saved any.</summary>
    Result<string?, PqfError> WithoutState(IProgress<JobProgress>? reports)
    {
        string[] unreadable = [.. StateFiles.Select(file => System.IO.Path.GetFileName(file))];
        if (unreadable.Length > 0)
            return new PqfError.File(
                States,
                $"no state can be read ({string.Join(", ", unreadable)}); expected one that the run has saved. Nothing was written; "
                    + "to begin again, use another folder"
            );
        if (IsPastFirstState)
            return new PqfError.File(
                States,
                "holds no state, although the run has saved some; expected a .state file to resume from. Nothing was written; to begin "
                    + "again, use another folder"
            );
        reports.Note("no epoch finished; starting at epoch 1");
        return (string?)null;
    }

    /// <summary>Whether the run has written what comes after its first state: events for TensorBoard, or a best network.</summary>
    bool IsPastFirstState =>
        Directory.Exists(EventFolder) || (Directory.Exists(Models) && Directory.EnumerateFiles(Models, TrainingOutput.Best + ".*").Any());

    string? Furthest(IProgress<JobProgress>? reports)
    {
        var found = new List<(string Path, TrainingProgress Progress)>();
        foreach (string path in StateFiles)
        {
            var progress = TensorFiles
                .Open(path)
                .Bind(file =>
                {
                    using (file)
                        return TrainingCheckpoint.ReadProgress(file);
                });
            if (
                progress is Result<(TrainingProgress Progress, ImmutableSortedDictionary<string, string> Settings), PqfError>.Ok(
                    var (known, _)
                )
            )
                found.Add((path, known));
            else
                reports.Note($"skipped {progress.Match(_ => "", error => error.Message)}");
        }

        return found.OrderBy(state => (state.Progress.Epoch, state.Progress.Batch)).LastOrDefault().Path;
    }
}

using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>How the ranks of a training begin alike.</summary>
static class TrainingRanks
{
    /// <summary>Reports where this rank's program or settings are not those of rank 0.</summary>
    /// <param name="options">The run's.</param>
    /// <param name="settings">Those that shape the steps.</param>
    public static Result<Unit, PqfError> CheckSame(TrainOptions options, ImmutableSortedDictionary<string, string> settings) =>
        options.Ranks.CheckSame([
            $"program: {options.Program}",
            $"gradients exchanged together: {(options.Ranks.BesideWork(() => false) is null ? 0 : options.BucketBytes)} bytes",
            .. settings.Select(pair => $"{pair.Key}: {pair.Value}"),
        ]);

    /// <summary>Gives all ranks the file of the state that rank 0 begins with.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="begin">Of rank 0: prepares or finds the state, and gives its file's bytes.</param>
    public static Result<byte[], PqfError> ShareState(ICollective ranks, Func<Result<byte[], PqfError>> begin) =>
        ranks
            .Agree(() =>
            {
                try
                {
                    return ranks.Rank == 0 ? begin() : (byte[])[];
                }
                finally
                {
                    ranks.Barrier(); // a compression may take rank 0 hours
                }
            })
            .Map(bytes => ranks.Share(bytes));

    /// <summary>The bytes of a state's file.</summary>
    public static Result<byte[], PqfError> Bytes(string path) => IoProblem.Try(path, () => File.ReadAllBytes(path));

    /// <summary>Puts a state that rank 0 has sent into a file for as long as it is read.</summary>
    public static Result<T, PqfError> WithFile<T>(byte[] state, Func<string, Result<T, PqfError>> read)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.state");
        try
        {
            return IoProblem
                .Try(
                    path,
                    () =>
                    {
                        File.WriteAllBytes(path, state);
                        return default(Unit);
                    }
                )
                .Bind(_ => read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Collectives;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>The processes that <c>mpirun</c> or <c>srun</c> has started. Without a launcher no library is looked for.</summary>
/// <param name="environment">Variables of the environment by name: launchers leave their marks there.</param>
sealed class LaunchedRanks(Func<string, string?> environment)
{
    static readonly ImmutableArray<string> OpenMpi = ["libmpi.so.40", "libmpi.so"],
        Mpich = ["libmpich.so.12", "libmpi.so.12"],
        Standard = ["libmpi_abi.so.0", "libmpi_abi.so"];

    MpiCollective? joined;
    bool hasTried,
        areTogether;

    /// <summary>Whether a launcher has started several processes.</summary>
    public bool AreLaunched => Launcher().Size > 1;

    /// <summary>Joins the other ranks, if there are any.</summary>
    /// <param name="patience">How long they wait for each other.</param>
    public Result<ICollective, PqfError> Join(RankPatience patience)
    {
        hasTried = true;
        var (names, size) = Launcher();
        if (size is null or 1)
            return Alone.Instance;
        return MpiCollective
            .Join(names, size, patience)
            .Map<ICollective>(ranks =>
            {
                joined = ranks;
                return ranks;
            });
    }

    /// <summary>An error from before the ranks were joined, which all or some of them have found: each cause is printed by one
    /// rank.</summary>
    /// <param name="error">Of this rank.</param>
    /// <param name="patience">As for <see cref="Join"/>.</param>
    public PqfError Common(PqfError error, RankPatience patience)
    {
        if (hasTried || !AreLaunched)
            return error;
        return Join(patience)
            .Match(
                ranks =>
                {
                    var common = ranks.Agree<Unit>(() => error);
                    Meet();
                    return common.Match(_ => error, own => own);
                },
                _ => error
            );
    }

    /// <summary>All ranks stand at the same place: they end together, whatever their exit codes.</summary>
    public void Meet() => areTogether = true;

    /// <summary>The process's last call: leaves the run, or ends it for all ranks where this one alone has failed.</summary>
    public void End(ExitCode code)
    {
        if (areTogether)
            joined?.Finish();
        else
            joined?.Abort((int)code);
    }

    /// <summary>Which launcher started the process: libraries that may belong to it, the most likely first, and how many ranks it
    /// started; null without one.</summary>
    (ImmutableArray<string> Names, int? Size) Launcher()
    {
        if (Number("OMPI_COMM_WORLD_SIZE") is { } open)
            return ([.. OpenMpi, .. Standard], open);
        if (Number("PMI_SIZE") is { } mpich)
            return ([.. Mpich, .. Standard, .. OpenMpi], mpich);
        // Only srun sets it, for MPI or not.
        return Number("SLURM_STEP_NUM_TASKS") is { } slurm
            ? ([.. environment("PMIX_RANK") is null ? Mpich.AddRange(OpenMpi) : OpenMpi.AddRange(Mpich), .. Standard], slurm)
            : ([], null);
    }

    int? Number(string name) =>
        int.TryParse(environment(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}

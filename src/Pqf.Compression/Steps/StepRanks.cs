using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>A step that every rank of a run calls: it shares its work out by <see cref="CompressionState.Ranks"/>, or does the same little
/// work everywhere. Other steps run on rank 0 alone, which gives its values to the others.</summary>
public interface IRankedStep : ICompressionStep;

/// <summary>A part of a step's work, of which each rank does some.</summary>
/// <typeparam name="T">What a part gives.</typeparam>
/// <param name="Work">Events of a part, by its number; the last argument takes what it gave.</param>
/// <param name="Pack">The bytes of what a part gave.</param>
/// <param name="Unpack">Reads them: of which part, and the bytes.</param>
sealed record StepParts<T>(Func<int, Action<T>, IEnumerable<CompressionEvent>> Work, Func<T, byte[]> Pack, Func<int, byte[], T> Unpack);

/// <summary>How the ranks of a run do a step together.</summary>
static class StepRanks
{
    /// <summary>Does this rank's parts of a step and gives every rank all of them.</summary>
    /// <param name="ranks">The run.</param>
    /// <param name="costs">Of each part, in any unit.</param>
    /// <param name="parts">The work.</param>
    /// <param name="results">Receives what each part gave, by its number.</param>
    /// <returns>Events of this rank's parts.</returns>
    /// <exception cref="RanksStoppedException">Some rank was cancelled.</exception>
    public static IEnumerable<CompressionEvent> Run<T>(
        ICollective ranks,
        ImmutableArray<double> costs,
        StepParts<T> parts,
        IDictionary<int, T> results
    )
    {
        var owners = RankParts.Owners(costs, ranks.Size);
        bool isStopped = false;
        for (int part = 0; part < owners.Length && !isStopped; part++)
        {
            if (owners[part] != ranks.Rank)
                continue;
            int number = part;
            using var events = parts.Work(number, result => results[number] = result).GetEnumerator();
            while (!isStopped && Next(ranks, events, ref isStopped))
                yield return events.Current;
        }

        if (ranks.Size == 1)
            yield break;
        ranks.Meet(isStopped);
        for (int part = 0; part < owners.Length; part++)
        {
            byte[] bytes = ranks.Share(owners[part] == ranks.Rank ? parts.Pack(results[part]) : [], owners[part]);
            if (owners[part] != ranks.Rank)
                results[part] = parts.Unpack(part, bytes);
        }
    }

    /// <summary>Runs a step on rank 0 and gives the other ranks the values that it changed. They have no reports of it.</summary>
    /// <param name="step">Of any kind.</param>
    /// <param name="state">What the step before gave, with ranks.</param>
    /// <param name="cancellation">Ends the iterator.</param>
    /// <returns>As of <see cref="ICompressionStep.Run"/>.</returns>
    public static IEnumerable<CompressionEvent> RunOnFirst(ICompressionStep step, CompressionState state, CancellationToken cancellation)
    {
        var ranks = state.Ranks;
        Result<CompressionState, PqfError> reached = state;
        bool isStopped = false;
        if (ranks.Rank == 0)
        {
            using var events = step.Run(state, cancellation).GetEnumerator();
            while (!isStopped && Next(ranks, events, ref isStopped))
                switch (events.Current)
                {
                    case CompressionEvent.StepFinished finished:
                        reached = finished.State;
                        break;
                    case CompressionEvent.Failed failed:
                        reached = failed.Error;
                        break;
                    default:
                        yield return events.Current;
                        break;
                }
        }

        ranks.Meet(isStopped);
        yield return ranks
            .Agree(() => reached)
            .Match<CompressionEvent>(
                own => new CompressionEvent.StepFinished(step, own with { Parameters = Share(ranks, state.Parameters, own.Parameters) }),
                error => new CompressionEvent.Failed(error)
            );
    }

    static bool Next(ICollective ranks, IEnumerator<CompressionEvent> events, ref bool isStopped)
    {
        try
        {
            return events.MoveNext();
        }
        catch (OperationCanceledException) when (ranks.Size > 1)
        {
            isStopped = true; // the others are told where all ranks meet
            return false;
        }
    }

    /// <summary>Gives all ranks the values that rank 0 has changed.</summary>
    static Parameters Share(ICollective ranks, Parameters before, Parameters after)
    {
        string[] changed =
        [
            .. after
                .Values.Where(pair => !ReferenceEquals(pair.Value, before.Values.GetValueOrDefault(pair.Key)))
                .Select(pair => pair.Key)
                .Order(StringComparer.Ordinal),
        ];
        byte[] text = ranks.Share(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', changed)));
        changed = text.Length == 0 ? [] : System.Text.Encoding.UTF8.GetString(text).Split('\n');
        return changed.Aggregate(
            after,
            (all, name) =>
            {
                byte[] bytes = ranks.Share(ranks.Rank == 0 ? WeightBytes.Of(all[name]) : []);
                return ranks.Rank == 0 ? all : all.With(name, WeightBytes.Read(bytes, before.Tensors().First().Device));
            }
        );
    }
}

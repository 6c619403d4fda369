using System.Text;
using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Compression.Tests.Collectives;

public sealed class AgreementTests
{
    [Fact]
    public void Work_that_all_have_done_gives_each_its_own_result() =>
        Assert.Equal(
            ["0", "1", "2"],
            RankThreads.Run(3, ranks => ranks.Agree<string>(() => $"{ranks.Rank}").Match(value => value, error => "error " + error.Message))
        );

    // By rank: what its work gives, and the lines that it prints.
    [Theory]
    [InlineData(new[] { "", "a", "" }, new[] { "", "mpi: a", "" })]
    [InlineData(new[] { "a", "a", "a" }, new[] { "mpi: a", "", "" })]
    [InlineData(new[] { "a", "b", "a" }, new[] { "mpi: a", "mpi: b", "" })]
    public void Each_cause_of_a_failure_is_printed_by_one_rank_and_known_to_all(string[] problems, string[] printed) =>
        Assert.Equal(
            printed,
            RankThreads.Run(
                3,
                ranks =>
                    ranks
                        .Agree<Unit>(() =>
                            problems[ranks.Rank].Length == 0 ? default(Unit) : new PqfError.File("mpi", problems[ranks.Rank])
                        )
                        .Match(_ => "done", error => Assert.IsType<PqfError.OfRanks>(error).Message)
            )
        );

    [Fact]
    public void A_rank_that_is_asked_to_stop_stops_all() =>
        Assert.All(
            RankThreads.Run(
                3,
                ranks =>
                    Record.Exception(() =>
                        ranks.Agree<Unit>(() => ranks.Rank == 1 ? throw new OperationCanceledException() : default(Unit))
                    )
            ),
            error => Assert.IsType<RanksStoppedException>(error)
        );

    [Fact]
    public void What_rank_0_shares_may_have_any_length() =>
        Assert.All(
            RankThreads.Run(3, ranks => Encoding.UTF8.GetString(ranks.Share(ranks.Rank == 0 ? "settings"u8.ToArray() : []))),
            text => Assert.Equal("settings", text)
        );
}

using Xunit;

namespace Pqf.Tensors.Tests;

public class ResultTests
{
    static readonly Result<int, string> Two = 2;
    static readonly Result<int, string> Bad = "bad";

    [Fact]
    public void Match_takes_the_branch_of_the_case_at_hand()
    {
        Assert.Equal("ok 2", Two.Match(value => $"ok {value}", error => $"error {error}"));
        Assert.Equal("error bad", Bad.Match(value => $"ok {value}", error => $"error {error}"));
    }

    [Fact]
    public void Map_changes_a_value_and_leaves_an_error()
    {
        Assert.Equal(new Result<double, string>.Ok(2.5), Two.Map(value => value + 0.5));
        Assert.Equal(new Result<double, string>.Error("bad"), Bad.Map(value => value + 0.5));
    }

    [Fact]
    public void Bind_may_fail_in_its_turn()
    {
        Assert.Equal(Bad, Two.Bind(_ => Bad));
        Assert.Equal(Two, Two.Bind(_ => Two));
        Assert.Equal(Bad, Bad.Bind(_ => Two));
    }

    [Fact]
    public void Query_syntax_ends_at_the_first_error()
    {
        Assert.Equal(new Result<int, string>.Ok(6), from a in Two from b in Two from c in Two select a + b + c);
        Assert.Equal(new Result<int, string>.Error("bad"), from a in Two from b in Bad from c in Two select a + b + c);
        Assert.Equal(new Result<int, string>.Error("bad"), from a in Bad select a + 1);
    }

    [Fact]
    public void Many_results_are_all_values_or_the_first_error()
    {
        Assert.Equal([2, 2], Result.All([Two, Two]).Match(values => values.ToArray(), _ => []));
        Assert.Equal("bad", Result.All([Two, Bad, "later"]).Match(_ => "", error => error));
    }

    [Fact]
    public void An_error_can_be_thrown_with_its_message()
    {
        Result<int, PqfError> good = 2,
            bad = new PqfError.File("a.pqf", "no such file");
        Assert.Equal(2, good.ValueOrThrow());
        var thrown = Assert.Throws<PqfException>(() => bad.ValueOrThrow());
        Assert.Equal("a.pqf: no such file", thrown.Message);
        Assert.Equal(new PqfError.File("a.pqf", "no such file"), thrown.Error);
    }

    [Fact]
    public void Errors_say_where_and_what_in_one_line_each()
    {
        PqfError[] errors =
        [
            new PqfError.File("a.pqf", "no such file"),
            new PqfError.Tensor("a.pqf", "fc.weight", "is missing"),
            new PqfError.Config("c.yaml", "model.k", "is not a number"),
            new PqfError.Layer("fc", "cannot be cut"),
            new PqfError.Device("cuda", "is not there"),
        ];
        string[] messages =
        [
            "a.pqf: no such file",
            "a.pqf: fc.weight: is missing",
            "c.yaml: model.k: is not a number",
            "fc: cannot be cut",
            "device cuda: is not there",
        ];
        Assert.Equal(messages, errors.Select(error => error.Message));
        Assert.Equal(string.Join(Environment.NewLine, messages), new PqfError.Several([.. errors]).Message);
    }
}

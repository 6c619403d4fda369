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

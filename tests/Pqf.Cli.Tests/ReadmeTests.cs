using Pqf.Cli.Commands;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

public sealed class ReadmeTests
{
    static readonly string Readme = File.ReadAllText(Path.Combine(SharedData.Repository, "README.md"));

    [Fact]
    public void Every_command_and_every_exit_code_is_there()
    {
        Assert.All(AllCommands.Create(), entry => Assert.Contains(entry.Syntax.Name, Readme, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"| {(int)code} |", Readme, StringComparison.Ordinal));
    }
}

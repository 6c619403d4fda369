using Xunit;

namespace Pqf.Properties;

public class SmokeTests
{
    [Fact]
    public void The_runner_runs() => Assert.True(true);
}

using System.Globalization;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class BenchTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_batch_size_has_a_line_of_times_and_images_per_second()
    {
        TestNetworks.Write(folder.File("a.safetensors"));
        var result = Cli.Run(
            "bench",
            folder.File("a.safetensors"),
            "--batch",
            "1,3",
            "--threads",
            "1",
            "--device",
            "host",
            "--preprocessing.resize",
            "40",
            "--preprocessing.crop",
            "32"
        );
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.StartsWith("network  resnet18, 10 classes", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal("on       host, 1 threads", result.Lines[2]);
        foreach (var (line, batch) in result.Lines[^2..].Zip((int[])[1, 3]))
        {
            var fields = Regex
                .Match(line, @"^ *(\d+) +([\d.]+) +([\d.]+) … ([\d.]+) +([\d.]+)$")
                .Groups.Values.Skip(1)
                .Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture))
                .ToArray();
            Assert.Equal(batch, fields[0]);
            Assert.InRange(fields[1], fields[2], fields[3]);
            Assert.Equal(batch * 1000 / fields[1], fields[4], 0.05 * fields[4]); // the median is rounded to 0.01 ms
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1,,2")]
    [InlineData("1,x")]
    public void Batch_sizes_that_are_none_are_usage_errors(string list)
    {
        var result = Cli.Run("bench", "a.pqf", "--batch", list);
        Assert.Equal(
            (ExitCode.Usage, $"error: command line: --batch: expected numbers from 1 to 65536 with commas between them, got {list}"),
            (result.Code, result.ErrorLine)
        );
    }
}

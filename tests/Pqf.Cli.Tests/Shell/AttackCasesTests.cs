using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

/// <summary>Control characters and line breaks in names, keys and values of files: they are shown escaped, in one line.</summary>
public class AttackCasesTests
{
    [Theory]
    [InlineData("onnx-esc.onnx", @"a\u001b[2J\r\nb: F32 [9] needs 36 bytes, but it has 4")]
    [InlineData(
        "pkl-esc-global.pth",
        @"expected a dictionary of tensors, got an object of class os\u001b[31m.sys\u0007tem: save model.state_dict() instead"
    )]
    [InlineData("pkl-newline-key.pth", @"a\nb\nc: storage \u001b[2J is not in the file")]
    [InlineData("st-esc-name.safetensors", @"a\u001b[31m\nerror: fake\n: F32 [1] needs 4 bytes, data_offsets [0, 400] give 400")]
    public void Names_in_networks_are_escaped(string name, string problem)
    {
        string path = SharedData.Path($"cases/attack/{name}");
        foreach (string command in (string[])["inspect", "classify"])
        {
            var result = Cli.Run(command == "inspect" ? [command, path] : [command, path, "x.jpg"]);
            Assert.Equal((ExitCode.Failure, $"error: {path}: {problem}"), (result.Code, result.ErrorLine));
        }
    }

    [Fact]
    public void Names_in_a_table_are_escaped()
    {
        var result = Cli.Run("inspect", SharedData.Path("cases/attack/st-esc-name-ok.safetensors")); // a sound file
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains(@"a\u001b]0;pwned\u0007  F32   [1]        4", result.Lines);
        Assert.DoesNotContain(result.Out, character => char.IsControl(character) && character != '\n');
    }

    [Theory]
    [InlineData("y-esc.yaml", @"seed: expected a whole number, got '\u001b[31mred\u0007\nfoo'")]
    [InlineData("y-esckey.yaml", @"\u001b[31mx\ny: unknown key")]
    public void Keys_and_values_are_escaped(string name, string problem)
    {
        string path = SharedData.Path($"cases/attack/{name}");
        var result = Cli.Run("devices", "--config", path);
        Assert.Equal((ExitCode.Usage, $"error: {path}: {problem}"), (result.Code, result.ErrorLine));
    }
}

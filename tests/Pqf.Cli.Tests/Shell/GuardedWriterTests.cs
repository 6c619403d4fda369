using System.Text;
using Pqf.Cli.Shell;
using Xunit;

namespace Pqf.Cli.Tests.Shell;

public class GuardedWriterTests
{
    [Fact]
    public void What_cannot_be_written_is_lost_and_the_first_reason_is_kept()
    {
        var failing = new FailingWriter();
        using var writer = new GuardedWriter(failing);

        writer.WriteLine("seen");
        failing.Failure = new IOException("No space left on device");
        writer.WriteLine("lost");
        failing.Failure = new UnauthorizedAccessException();
        writer.Write('x');
        failing.Failure = null;
        writer.Write("seen again");
        writer.Flush();

        Assert.Equal($"seen{Environment.NewLine}seen again", failing.Text.ToString());
        Assert.Equal("No space left on device", writer.Problem);
    }

    [Fact]
    public void What_is_no_fault_of_the_system_passes_on()
    {
        using var writer = new GuardedWriter(new FailingWriter { Failure = new InvalidOperationException() });

        Assert.Throws<InvalidOperationException>(() => writer.WriteLine("x"));
    }

    [Fact]
    public void A_full_standard_output_is_a_line_and_an_exit_code()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        string program = Path.ChangeExtension(typeof(CommandLine).Assembly.Location, ".dll");
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("sh", ["-c", $"exec dotnet '{program}' devices > /dev/full"])
            {
                RedirectStandardError = true,
            }
        )!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal((int)ExitCode.Failure, process.ExitCode);
        Assert.Equal("error: standard output: No space left on device; results were lost", error.TrimEnd());
    }

    sealed class FailingWriter : TextWriter
    {
        public StringBuilder Text { get; } = new();

        public Exception? Failure { get; set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            if (Failure is not null)
                throw Failure;
            Text.Append(value);
        }
    }
}

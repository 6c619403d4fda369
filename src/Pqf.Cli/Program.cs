using System.Runtime.InteropServices;
using Pqf.Cli;
using Pqf.Cli.Shell;

using var cancellation = new CancellationTokenSource();

// The first Ctrl-C, or request to terminate, asks the run to stop, so that no file is left half written and a training is saved; the second
// ends the process.
void Stop(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}

// A terminal that does not know its width has 0 columns.
static int Columns() => Console.WindowWidth > 0 ? Console.WindowWidth : HelpText.Width;

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop);
var ranks = new LaunchedRanks(Environment.GetEnvironmentVariable);

// Open MPI gives rank 0 a terminal of its own, whatever the results go to: the console must not write sequences for a keypad there, and the
// terminal's width says nothing.
if (ranks.AreLaunched)
    Environment.SetEnvironmentVariable("TERM", "dumb");
using var results = new GuardedWriter(Console.Out);
using var problems = new GuardedWriter(Console.Error);
var terminal = new Terminal(results, problems, !Console.IsErrorRedirected, TimeProvider.System, cancellation.Token)
{
    Ranks = ranks,
    OutColumns = ranks.AreLaunched || Console.IsOutputRedirected ? null : Columns(),
    ErrorColumns = ranks.AreLaunched || Console.IsErrorRedirected ? null : Columns(),
};
var code = CommandLine.Run(args, terminal);
results.Flush();
problems.Flush();
terminal.Ranks.End(code);
if (results.Problem is not { } lost)
    return (int)code;
problems.WriteLine($"error: standard output: {lost}; results were lost");
return (int)(code is ExitCode.Success ? ExitCode.Failure : code);

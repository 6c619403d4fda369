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

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var terminal = new Terminal(Console.Out, Console.Error, !Console.IsErrorRedirected, TimeProvider.System, cancellation.Token);
return (int)CommandLine.Run(args, terminal);

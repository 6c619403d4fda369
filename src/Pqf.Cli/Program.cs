using System.Runtime.InteropServices;
using Pqf.Cli;
using Pqf.Cli.Commands;
using Pqf.Cli.Shell;

using var cancellation = new CancellationTokenSource();
// The first Ctrl-C asks the run to stop, so that no file is left half written; the second ends the process.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
{
    context.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
});
var terminal = new Terminal(Console.Out, Console.Error, !Console.IsErrorRedirected, TimeProvider.System, cancellation.Token);
return (int)CommandLine.Run(args, terminal);

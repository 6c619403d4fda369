using System.CommandLine;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf devices</c>.</summary>
static class DevicesCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create() =>
        new(new Command("devices", "List the devices of this machine, by the names that --device takes."), ["pqf devices"], Run);

    static Result<Unit, PqfError> Run(RunContext run)
    {
        run.Conclude(
            new DevicesResult([
                .. DeviceCatalog.List().Select(device => new DeviceResult(device.Id, device.Name, device.MemoryBytes, device.Problem)),
            ])
        );
        return default(Unit);
    }
}

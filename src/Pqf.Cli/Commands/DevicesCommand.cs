using System.CommandLine;
using System.Globalization;
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
        foreach (var device in DeviceCatalog.List())
        {
            string memory = string.Create(CultureInfo.InvariantCulture, $"{device.MemoryBytes / (double)(1L << 30):0.0} GiB");
            run.WriteLine(
                $"{device.Id, -10}  {memory, 10}  {device.Name}{(device.Problem is null ? "" : $" (unusable: {device.Problem})")}"
            );
        }

        return default(Unit);
    }
}

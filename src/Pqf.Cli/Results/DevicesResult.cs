using System.Globalization;

namespace Pqf.Cli.Results;

/// <summary>The machine's devices.</summary>
/// <param name="Devices">The host first.</param>
sealed record DevicesResult(IReadOnlyList<DeviceResult> Devices) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => Devices.SelectMany(device => device.Lines());
}

/// <summary>A device.</summary>
/// <param name="Id">The name that <c>--device</c> takes.</param>
/// <param name="Name">The maker's name.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Problem">Why it cannot be used; null where it can.</param>
sealed record DeviceResult(string Id, string Name, long MemoryBytes, string? Problem) : IShown
{
    /// <inheritdoc/>
    public IEnumerable<string> Lines()
    {
        string memory = string.Create(CultureInfo.InvariantCulture, $"{MemoryBytes / (double)(1L << 30):0.0} GiB");
        return [$"{Id, -10}  {memory, 10}  {Name}{(Problem is null ? "" : $" (unusable: {Problem})")}"];
    }
}

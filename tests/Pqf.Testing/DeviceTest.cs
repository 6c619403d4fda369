using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Testing;

/// <summary>A test of ops: opens a scope on the device it uses and checks that nothing is left on the device in the end.</summary>
public abstract class DeviceTest(DeviceSet devices) : IDisposable
{
    readonly Stack<(Device Device, Scope Scope, int Baseline)> used = [];

    /// <summary>A device with a scope open on it until the test ends; skips the test where this machine has none.</summary>
    /// <param name="kind">Which device.</param>
    /// <param name="workItems">How many work items the largest launch has: tests over the simulator's limit are skipped there.</param>
    protected Device Use(DeviceKind kind, int workItems = 0)
    {
        Assert.SkipWhen(
            kind == DeviceKind.Simulator && workItems > DeviceSet.SimulatorItems,
            $"{workItems} work items are too many for the simulator"
        );
        var device = devices.Get(kind);
        used.Push((device, device.BeginScope(), device.LiveBuffers));
        return device;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (used.TryPop(out var use))
        {
            use.Scope.Dispose();
            Assert.Equal(use.Baseline, use.Device.LiveBuffers);
        }

        GC.SuppressFinalize(this);
    }
}
